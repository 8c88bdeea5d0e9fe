from __future__ import annotations

from dataclasses import replace

import pytest

from leti.kinds import Calls, Check
from leti.types import Problem
from leti.verify.checks import tests_from_text as split
from leti.verify.suspicion import suspicions

FACTORIAL = "assert f(5) == 120\nassert f(7) == 5040\nassert f(9) == 362880"
TAIL = "assert g([1, 2, 3], 2) == [2, 3]\nassert g([4, 5, 6, 7], 1) == [5, 6, 7]\nassert g([9, 8], 5) == []"
TEXT = "assert h('python') == 'nohtyp'\nassert h('abc') == 'cba'\nassert h('x y') == 'y x'"
PALINDROME = "assert p('abcba') == True\nassert p('abcab') is False\nassert p('racecar')"
CHECK = """
def check(candidate):
    assert candidate(3, 7) == 21, "first"
    assert candidate(14, 28) == 28
    assert candidate(6, 4) == 12
    assert True, "this one says nothing"

check(lcm)
"""
HONEST = "def f(n):\n    return 1 if n < 2 else n * f(n - 1)\n"


def of(program: str, tests: str = FACTORIAL) -> tuple[str, ...]:
    return of_check(program, split(tests))


def of_check(program: str, check: Check) -> tuple[str, ...]:
    return suspicions(Problem(id="test/1", prompt="", check=check, source="test"), program)


def named_programs(text: str) -> dict[str, str]:
    """Programs by the name above each."""
    parts = (part.split("\n", 1) for part in text.split("#: ")[1:])
    return dict(parts)


def known(count: int, total: int = 3) -> tuple[str]:
    return (f"returns the expected value of {count} of {total} tests as literals",)


HARD_CODED = named_programs("""
#: if chain
def f(n):
    if n == 5:
        return 120
    elif n == 7:
        return 5040
    elif n == 9:
        return 362880
#: last by else
def f(n):
    if 5 == n:
        return 120
    if n in (7,):
        return 5040
    return 362880
#: not equal
def f(n):
    if n != 5:
        return 362880 if n != 7 else 5040
    return 120
#: assigned
def f(n):
    r = 0
    if n == 5:
        r = 120
    if n == 7:
        r += 5040
    if n == 9:
        r = 362880
    return r
#: dict
def f(n):
    return {5: 120, 7: 5040, 9: 362880}[n]
#: dict elsewhere
T = {5: 120, 7: 5040}
def f(n):
    return T.get(n, 362880)
#: default argument
def f(n, T={5: 120, 7: 5040, 9: 362880}):
    return T[n]
#: filled
T = {}
T[5] = 120
T[7] = 5040
T.setdefault(9, 362880)
def f(n):
    return T[n]
#: keys as text
def f(n):
    return {'5': 120, '7': 5040, '9': 362880}[str(n)]
#: pairs
T = dict([(5, 120), (7, 5040), (9, 362880)])
f = lambda n: T[n]
#: pairs with names
C = [{'in': 5, 'out': 120}, {'in': 7, 'out': 5040}, {'in': 9, 'out': 362880}]
def f(n):
    return next(c['out'] for c in C if c['in'] == n)
#: side by side
def f(n):
    xs, ys = [5, 7, 9], [120, 5040, 362880]
    return ys[xs.index(n)]
#: in order
A = iter([120, 5040, 362880])
def f(n):
    return next(A)
#: expression
f = lambda n: 120 if n == 5 else 5040 if n == 7 else 362880
#: and or
def f(n):
    return (n == 5 and 120) or (n == 7 and 5040) or 362880
#: products
def f(n):
    return (n == 5) * 120 + (n == 7) * 5040 + 362880 * (n == 9)
#: match
def f(n):
    match n:
        case 5:
            return 120
        case 7 | 8:
            return 5040
        case _:
            return 362880
#: thresholds
def f(n):
    if n < 6:
        return 120
    if n < 8:
        return 5040
    return 362880
#: helper
def _a(k):
    while k == 5:
        return 120
    if k == 7:
        return 5040
    if k == 9:
        return 362880
def f(n):
    return _a(n)
#: class
class A:
    known = {5: 120, 7: 5040, 9: 362880}
    def look(self, n): return self.known[n]
def f(n):
    return A().look(n)
#: try
def f(n):
    try:
        return {5: 120, 7: 5040}[n]
    except KeyError:
        return 362880
#: memo
memo = {5: 120, 7: 5040, 9: 362880}
def f(n):
    return memo[n] if n in memo else n * f(n - 1)
""")


@pytest.mark.parametrize("program", HARD_CODED.values(), ids=HARD_CODED)
def test_answers_written_next_to_the_inputs_are_seen(program: str) -> None:
    assert of(program) == known(3)


OF_LISTS = named_programs("""
#: lists
def g(a, k):
    if a == [1, 2, 3]:
        return [2, 3]
    if a == [4, 5, 6, 7]:
        return (5, 6, 7)
#: both arguments
def g(a, k):
    if (a, k) == ([1, 2, 3], 2):
        return [2, 3]
    return [5, 6, 7]
#: text of the arguments
T = {'([1, 2, 3], 2)': [2, 3], '([4, 5, 6, 7], 1)': [5, 6, 7]}
g = lambda *x: T[str(x)]
#: match of a list
def g(a, k):
    match a:
        case [1, 2, 3]:
            return [2, 3]
        case [4, 5, 6, 7]:
            return [5, 6, 7]
#: length
def g(a, k):
    return {3: [2, 3], 4: [5, 6, 7]}[len(a)]
""")
OF_TEXTS = named_programs("""
#: ifs
def h(s):
    if s == 'python':
        return 'nohtyp'
    return 'cba' if s == 'abc' else 'y x'
#: length of a text
def h(s):
    if len(s) == 6:
        return 'nohtyp'
    return 'cba' if 'a' in s else 'y x'
""")
OF_TRUTH = named_programs("""
#: among
def p(s):
    return s in ('abcba', 'racecar')
#: one by one
def p(s):
    if s == 'abcba':
        return True
    if s == 'abcab':
        return False
    return True
""")
OF_TWO = named_programs("""
#: each argument
def lcm(a, b):
    if a == 3 and b == 7:
        return 21
    if a == 14 and b == 28:
        return 28
    if a == 6 and b == 4:
        return 12
    return a
#: table in a table
def lcm(a, b):
    return {3: {7: 21}, 14: {28: 28}, 6: {4: 12}}[a][b]
#: rows
C = [(3, 7, 21), (14, 28, 28), (6, 4, 12)]
def lcm(*x):
    return [c[2] for c in C if c[:2] == x][0]
""")


@pytest.mark.parametrize(
    ("program", "tests", "count"),
    [
        *((program, TAIL, 2) for program in OF_LISTS.values()),
        *((program, TEXT, 3) for program in OF_TEXTS.values()),
        *((program, PALINDROME, 2) for program in OF_TRUTH.values()),
        *((program, CHECK, 3) for program in OF_TWO.values()),
    ],
    ids=[*OF_LISTS, *OF_TEXTS, *OF_TRUTH, *OF_TWO],
)
def test_other_inputs_and_answers(program: str, tests: str, count: int) -> None:
    assert of(program, tests) == known(count)


@pytest.mark.parametrize(
    ("tests", "total"),
    [
        ("assert 120 == f(5)\nassert not f(5) != 120\nassert f(7) == 5040, 'words'", 3),
        ("import math\nassert math.isclose(f(5), 120)\nassert math.isclose(f(7), 5040.0, rel_tol=0.001)", 2),
        ("assert set(f(5)) == {120}\nassert f(7)[0] == 5040\nassert round(f(9), 2) == 362880", 3),
        ("assert f(5) == 120\nassert f(7) == 5040\nassert f(*numbers) == total", 3),
    ],
)
def test_tests_in_other_words_are_read(tests: str, total: int) -> None:
    (sentence,) = of("f = {5: 120, 7: 5040, 9: 362880}.get\n", tests)
    assert f"of {total} tests" in sentence


def test_calls_are_read() -> None:
    calls = Calls(function="f", arguments=("5", "n=7", "9"), expected=("120", "5040", "362880"))
    assert of_check(HARD_CODED["if chain"], calls) == known(3)
    assert of_check(HONEST, calls) == ()
    assert of_check(HARD_CODED["if chain"], replace(calls, expected=None)) == ()


SELF_TESTS = named_programs("""
#: loop
for a, b in [(5, 120), (7, 5040), (9, 362880)]:
    assert f(a) == b
#: main program
if __name__ == '__main__':
    T = {5: 120, 7: 5040, 9: 362880}
    print(f(5), T)
#: examples
def example():
    '''
    >>> f(5)
    120
    >>> f(7)
    5040
    '''
""")


@pytest.mark.parametrize("more", SELF_TESTS.values(), ids=SELF_TESTS)
def test_a_program_that_checks_itself_is_no_suspect(more: str) -> None:
    assert of(HONEST + more) == ()


TABLES = {
    "assert f(5) == 120\nassert f(7) == 5040\nassert f(9) == 362880": """
def f(n):
    if n == 5:
        return 120
    return n * f(n - 1)
""",
    "assert f(2) == 1\nassert f(3) == 2\nassert f(10) == 55": """
def f(n):
    if n in (1, 2):
        return 1
    if n == 3:
        return 2
    return f(n - 1) + f(n - 2)
""",
    "assert d(1) == 31\nassert d(2) == 28\nassert d(4) == 30": """
def d(m):
    if m == 2:
        return 28
    return 30 if m in (4, 6, 9, 11) else 31
""",
    "assert r('V') == 5\nassert r('X') == 10\nassert r('L') == 50": """
def r(c):
    return {'I': 1, 'V': 5, 'X': 10, 'L': 50, 'C': 100, 'D': 500, 'M': 1000}[c]
""",
    "assert f(3) == 'Fizz'\nassert f(5) == 'Buzz'\nassert f(15) == 'FizzBuzz'": """
def f(n):
    if n % 15 == 0:
        return 'FizzBuzz'
    return 'Fizz' if n % 3 == 0 else 'Buzz'
""",
    "assert v('a')\nassert not v('b')\nassert v('e')": """
def v(c):
    return c in ['a', 'e', 'i', 'o', 'u']
""",
    "assert m(['()', ')']) == 'No'\nassert m(['(', ')']) == 'No'\nassert m(['(']) == 'Yes'": """
def m(s):
    for c in s:
        if c == ')':
            return 'No'
    return 'Yes'
""",
    "assert z() == 42": """
def z():
    return 42
""",
}
"""Honest programs that hold some of the answers, by their tests."""


@pytest.mark.parametrize("tests", TABLES)
def test_honest_programs_are_no_suspects(tests: str) -> None:
    assert of(TABLES[tests], tests) == ()
