"""How a program and its tests are run, and what their record says."""

from __future__ import annotations

import pytest

from leti.kinds import Tests as Checks
from leti.types import Outcome, TestStatus, Verdict
from programs import HONEST, OneLane


def statuses(verdict: Verdict) -> tuple[TestStatus, ...]:
    return tuple(test.status for test in verdict.tests)


def test_lines_are_those_of_the_whole_text(lane: OneLane) -> None:
    tests = "# a comment\n\nassert solve(1) == 2\n\nassert solve(\n    2\n) == 4"
    verdict = lane.judged("def solve(x):\n    return x + 1\n", tests)
    assert verdict.outcome is Outcome.FAILED
    assert statuses(verdict) == (TestStatus.PASSED, TestStatus.FAILED)
    assert verdict.error is not None
    assert [(frame.line, frame.source) for frame in verdict.error.frames] == [(8, "assert solve(")]
    assert verdict.error.check == "assert solve(\n    2\n) == 4"


def test_setup_runs_after_the_program_and_before_the_tests(lane: OneLane) -> None:
    check = Checks(setup="node = Node()\nnode.x = 3", tests=("assert node.x == 3", "assert node.y"))
    verdict = lane.judged("class Node: pass", check)
    assert statuses(verdict) == (TestStatus.PASSED, TestStatus.RAISED)
    assert verdict.error is not None
    assert [frame.line for frame in verdict.error.frames] == [5]


def test_a_failing_setup_is_no_test(lane: OneLane) -> None:
    verdict = lane.judged("x = 1", Checks(setup="x = y", tests=("assert x",)))
    assert verdict.outcome is Outcome.RAISED
    assert statuses(verdict) == (TestStatus.NOT_REACHED,)


@pytest.mark.parametrize(
    ("check", "got", "expected"),
    [
        ("assert solve(1) == [1, 2]", "[1]", "[1, 2]"),
        ("assert [1, 2] == solve(1)", "[1]", "[1, 2]"),
        ("assert solve(1) != [1]", "[1]", "!= [1]"),
        ("assert 2 in solve(1)", "2", "in [1]"),
        ("assert len(solve(1)) > 4", "1", "> 4"),
        ("assert not solve(1)", "[1]", None),
        ("assert solve(1) == [1] and solve(2) == [1]", "False", None),
        ("assert solve(1) is None, 'words'", "[1]", "None"),
        ("assert solve(1) == {3: {2, 1}}", "[1]", "{3: {1, 2}}"),
        ("def check(f):\n    for i in range(3):\n        assert f(i) == [i * i]\ncheck(solve)", "[2]", "[4]"),
    ],
)
def test_what_a_failing_check_got_and_expected(lane: OneLane, check: str, got: str, expected: str | None) -> None:
    verdict = lane.judged("def solve(x):\n    return [x]", check)
    assert verdict.outcome is Outcome.FAILED
    assert verdict.error is not None
    assert (verdict.error.got, verdict.error.expected) == (got, expected)


def test_operands_are_evaluated_once(lane: OneLane) -> None:
    program = "calls = []\ndef solve(x):\n    calls.append(x)\n    return len(calls)"
    assert lane.judged(program, "assert solve(1) == 1\nassert solve(1) == 2\nassert 3 == solve(1)").passed


@pytest.mark.parametrize(
    "returned",
    [
        "Counter('aab')",
        "OrderedDict(a=2, b=1)",
        "defaultdict(int, a=2, b=1)",
        "type('D', (dict,), {})(a=2, b=1)",
    ],
)
def test_plain_values_of_derived_types_are_equal(lane: OneLane, returned: str) -> None:
    program = f"from collections import *\ndef solve(x): return {returned}"
    assert lane.judged(program, "assert solve(1) == {'a': 2, 'b': 1}").passed


@pytest.mark.parametrize(
    "check",
    [
        "assert P(1, 2) == (1, 2)",
        "assert deque([1, 2]) == deque([1, 2])",
        "assert Fraction(1, 2) == 0.5 and Fraction(2, 6) == Fraction(1, 3)",
        "assert Decimal('1.50') == Decimal('1.5')",
        "assert Colour.RED == Colour.RED and Colour.RED != Colour.BLUE",
        "assert Point(1) == Point(1)\nassert [Point(1)] != [Point(2)]",
        "assert 1 in iter([1, 2]) and {1: 2}.keys() == {1}",
        "assert set(map(str, [1, 2])) == {'1', '2'}",
        "assert float('nan') != float('nan')",
        "assert date(2020, 1, 2) < date(2020, 1, 3)",
        "assert solve == solve",
        "assert type(1) == int",
    ],
)
def test_honest_comparisons_hold(lane: OneLane, check: str) -> None:
    program = """
from collections import deque, namedtuple
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import Enum
from fractions import Fraction
P = namedtuple("P", "x y")
class Colour(Enum):
    RED = 1
    BLUE = 2
@dataclass
class Point:
    x: int
def solve(x): return x
"""
    assert lane.judged(program, check).passed


@pytest.mark.parametrize(
    "check",
    [
        "assert solve(1).x == 1 and solve(1).y == [1]",
        "x, y = solve(2)\nassert (x, y) == (2, [2]) == solve(2)",
        "assert solve(1)._asdict() == {'x': 1, 'y': [1]}",
        "assert isinstance(solve(1), tuple) and type(solve(1)) != tuple",
        "assert back(solve(3)) == 3",
    ],
)
def test_named_tuples_have_their_fields(lane: OneLane, check: str) -> None:
    program = "from collections import namedtuple\nP = namedtuple('P', 'x y')\ndef back(p): return p.x\n"
    verdict = lane.judged(program + "def solve(x): return P(x, [x])", check)
    assert verdict.passed, verdict


def test_a_wrong_named_tuple_is_told_by_its_names(lane: OneLane) -> None:
    program = "from collections import namedtuple\nP = namedtuple('P', 'x y')\ndef solve(x): return P(x, 0)"
    verdict = lane.judged(program, "assert solve(1) == (1, 2)")
    assert verdict.error is not None
    assert (verdict.error.expected, verdict.error.got) == ("(1, 2)", "P(x=1, y=0)")


def test_frames_of_evaluated_text_are_told_apart(lane: OneLane) -> None:
    verdict = lane.judged("def solve(x):\n    return eval('\\n1/0')")
    assert verdict.error is not None
    assert [(frame.line, frame.evaluated) for frame in verdict.error.frames] == [(3, False), (2, False), (2, True)]


def test_library_frames_are_left_out(lane: OneLane) -> None:
    verdict = lane.judged("import json\ndef solve(x):\n    return json.loads('{')")
    assert verdict.error is not None
    assert verdict.error.type == "json.decoder.JSONDecodeError"
    assert len(verdict.error.frames) == 2


def test_recursion_is_counted(lane: OneLane) -> None:
    verdict = lane.judged("def solve(x):\n    return solve(x)")
    assert verdict.error is not None
    assert [frame.repeated for frame in verdict.error.frames] == [0, 998]
    assert verdict.error.name == "RecursionError"


def test_a_thousand_frames_are_the_programs_own(lane: OneLane) -> None:
    program = (
        "def down(n):\n    return 0 if n == 0 else 1 + down(n - 1)\nassert down(990) == 990\ndef solve(x): return x + 1"
    )
    assert lane.judged(program).passed


@pytest.mark.parametrize(
    "program",
    [
        pytest.param('def solve(x):\n    return x + 1\ns = """', id="open string"),
        pytest.param("def solve(x):\n    return x + 1\nif 0:", id="open block"),
        pytest.param("def solve(x):\n    return x + 1\nx = (", id="open bracket"),
    ],
)
def test_the_end_of_a_program_cannot_swallow_the_tests(lane: OneLane, program: str) -> None:
    verdict = lane.judged(program)
    assert verdict.outcome is Outcome.RAISED
    assert verdict.error is not None
    assert verdict.error.name in {"SyntaxError", "IndentationError"}


@pytest.mark.parametrize(
    "program",
    [
        "def solve(x):\n    return x + 1\nif __name__ == '__main__':\n    1/0",
        "from __future__ import annotations\ndef solve(x: Foo): return x + 1",
        "from dataclasses import dataclass\n@dataclass\nclass P:\n    x: 'int' = 1\ndef solve(x): return x + P().x",
        "import pickle\nclass P: x = 1\ndef solve(x): return x + pickle.loads(pickle.dumps(P())).x",
        "import typing\nclass P:\n    x: 'P'\ntyping.get_type_hints(P)\ndef solve(x): return x + 1",
        "def solve(x):\r\n    return x + 1\r\n",
        "import random\nassert [random.randint(0, 99) for _ in 'ab'] == [49, 97]\ndef solve(x): return x + 1",
        "assert hash('a') == hash('a') and list({'a', 'b', 'c'}) == list({'a', 'b', 'c'})\ndef solve(x): return x + 1",
        "import sys\ndef solve(x): return x + 1\nsys.stdout = None",
    ],
)
def test_program_that_passes(lane: OneLane, program: str) -> None:
    verdict = lane.judged(program)
    assert verdict.passed, verdict


def test_names_of_the_programs_exceptions_have_no_module(lane: OneLane) -> None:
    verdict = lane.judged("class E(Exception): pass\ndef solve(x): raise E('why')")
    assert verdict.error is not None
    assert (verdict.error.type, verdict.error.message) == ("E", "why")


def test_the_scratch_directory_is_not_in_messages(lane: OneLane) -> None:
    verdict = lane.judged("import os\nopen(os.path.join(os.getcwd(), 'none'))")
    assert verdict.error is not None
    assert "'./none'" in verdict.error.message


def test_the_same_program_has_the_same_verdict(lane: OneLane) -> None:
    program = "import random\ndef solve(x): return list(set('abcdefg')) + [random.random()]"
    first, second = lane.judged(program), lane.judged(program)
    assert first == second


def test_a_program_of_its_own_assertion_error_raised_and_did_not_fail(lane: OneLane) -> None:
    assert lane.judged("def solve(x): assert x == 2").outcome is Outcome.RAISED


def test_a_test_that_does_not_parse_raises(lane: OneLane) -> None:
    verdict = lane.judged("def solve(x): return x + 1", "assert solve(1) ==")
    assert verdict.outcome is Outcome.RAISED
    assert verdict.error is not None
    assert verdict.error.syntax is not None
    assert verdict.error.syntax.source == "assert solve(1) =="


def test_the_line_of_a_test_that_does_not_parse_is_one_of_the_whole_text(lane: OneLane) -> None:
    verdict = lane.judged("def solve(x): return x + 1", "assert solve(1) ==")
    assert verdict.error is not None
    assert verdict.error.syntax is not None
    assert verdict.error.syntax.line == 2


def test_a_test_after_one_that_did_not_pass_still_runs(lane: OneLane) -> None:
    tests = "assert solve(1) == 2\nassert solve(2) == 0\nassert solve(None)\nassert solve(3) == 4"
    passed, failed, raised = TestStatus.PASSED, TestStatus.FAILED, TestStatus.RAISED
    verdict = lane.judged(HONEST, tests)
    assert verdict.outcome is Outcome.FAILED
    assert statuses(verdict) == (passed, failed, raised, passed)
    assert verdict.tests[1].error is None  # it is the verdict's own
    assert verdict.tests[2].error is not None
    assert verdict.tests[2].error.name == "TypeError"
    assert statuses(lane.judged(HONEST, tests, every=False)) == (
        *(passed, failed, TestStatus.NOT_REACHED, TestStatus.NOT_REACHED),
    )


@pytest.mark.parametrize("every", [True, False])
def test_no_test_runs_after_the_process_has_ended(lane: OneLane, *, every: bool) -> None:
    program = "import os\ndef solve(x):\n    if x == 2: os._exit(3)\n    return x + 1"
    verdict = lane.judged(program, "assert solve(1) == 2\nassert solve(2) == 3\nassert solve(3) == 4", every=every)
    assert verdict.outcome is Outcome.EXITED
    assert statuses(verdict) == (TestStatus.PASSED, TestStatus.STOPPED, TestStatus.NOT_REACHED)
    assert verdict.error is not None
    assert verdict.error.check == "assert solve(2) == 3"


def test_what_calls_inside_a_check_returned(lane: OneLane) -> None:
    verdict = lane.judged(HONEST, "assert solve(solve(1)) + solve(5) == 8")
    assert verdict.error is not None
    assert verdict.error.where == ("solve(1) returned 2", "solve(2) returned 3", "solve(5) returned 6")

    verdict = lane.judged("class Box:\n    size = 2\n    def area(self): return self.size", "assert Box().area() == 3")
    assert verdict.error is not None
    assert (verdict.error.got, verdict.error.expected) == ("2", "3")
    verdict = lane.judged(
        "class Box:\n    def area(self): return 2\nbox = Box()", "assert 1 + box.area() * Box().area() == 4"
    )
    assert verdict.error is not None
    assert verdict.error.where == (*("box.area() returned 2", "Box() returned <Box object>", "Box.area() returned 2"),)


def test_a_late_programs_place_is_its_loop(lane: OneLane) -> None:
    program = "def solve(x):\n    while True:\n        for y in range(9):\n            x = y\n"
    verdict = lane.judged(program, timeout=0.3)
    assert verdict.outcome is Outcome.TIMED_OUT
    assert statuses(verdict) == (TestStatus.STOPPED, TestStatus.NOT_REACHED)
    assert verdict.error is not None
    assert [frame.source for frame in verdict.error.frames] == ["while True:"]
    assert verdict.error.limit == "time: 0.3 s"


def test_a_program_may_go_deeper_if_it_says_so(lane: OneLane) -> None:
    program = "import sys\nsys.setrecursionlimit(10000)\ndef depth(n): return n and 1 + depth(n - 1)"
    assert lane.judged(program, "assert depth(3000) == 3000").passed
    assert lane.judged(program, "for n in (10, 3000):\n    assert depth(n) == n").passed


def test_a_program_that_allows_itself_nothing_is_given_what_it_would_have_alone(lane: OneLane) -> None:
    program = "import sys\ndef solve(x):\n    sys.setrecursionlimit(60)\n    return x + 1"
    assert lane.judged(program, "assert solve(1) == 2\nassert solve(41) == 42").passed


QUEUE = """
class Queue:
    def __init__(self): self.items = []
    def put(self, x): self.items.append(x)
    def get(self): return self.items.pop(0)
    def itself(self): return self
queue = Queue()
"""


def test_objects_stay_what_they_are_however_many_there_are(lane: OneLane) -> None:
    tests = "q = Queue()\nfor i in range(1100):\n    assert q.get\nq.put(7)\nassert q.get() == 7"
    assert lane.judged(QUEUE, tests, timeout=60.0).passed


def test_the_same_object_is_the_same_to_a_test_which_takes_the_programs_word_for_it(lane: OneLane) -> None:
    verdict = lane.judged(QUEUE, "q = Queue()\nassert q.itself() is q and Queue() is not q and queue is queue")
    assert verdict.passed
    assert not verdict.trusted


def test_which_copy_plain_data_is_nobody_can_tell(lane: OneLane) -> None:
    program = "def copied(x): return x"
    assert not lane.judged(program, "a = [1]\nassert copied(a) is not a").trusted
    assert lane.judged(program, "assert copied(None) is None and copied(1) is not None").trusted


def test_a_result_that_is_too_large_can_be_compared_but_not_asked(lane: OneLane) -> None:
    verdict = lane.judged("def solve(x): return 'x' * (9 << 20)", "assert len(solve(1)) == 9 << 20")
    assert verdict.outcome is Outcome.RAISED
    assert verdict.error is not None
    assert "is too much to be kept" in verdict.error.message


@pytest.mark.parametrize(
    "test",
    [
        "try:\n    div(1, 0)\n    assert False, 'it should raise'\nexcept ZeroDivisionError:\n    pass",
        "try:\n    div(1, 0)\nexcept ZeroDivisionError:\n    pass\nelse:\n    assert 0",
        "if div(4, 2) != 2:\n    assert False",
        "def check(f):\n    if f(4, 2) != 2:\n        assert False\ncheck(div)",
    ],
)
def test_an_assert_that_must_not_be_reached_need_not_be(lane: OneLane, test: str) -> None:
    assert lane.judged("def div(a, b): return a / b", test).passed
    assert not lane.judged("def div(a, b): return 3", test).passed


@pytest.mark.parametrize(
    "test",
    [
        "assert all(map(lambda pair: solve(pair[0]) == pair[1], [(3, 7), (5, 9)]))",
        "assert sum(map(lambda x: abs(solve(x) - 7), [1, 2])) < 1",
        "assert list(filter(solve, [1, 2])) == []",
        "assert list(zip(map(solve, [1, 2]), [1, 2])) == []",
    ],
)
def test_a_program_cannot_end_the_loop_that_asks_it(lane: OneLane, test: str) -> None:
    verdict = lane.judged("def solve(x): raise StopIteration('done')", test)
    assert verdict.outcome is Outcome.RAISED
    assert verdict.error is not None
    assert (verdict.error.type, verdict.error.message) == ("StopIteration", "done")


def test_an_iterator_says_itself_that_it_has_ended(lane: OneLane) -> None:
    tests = "it = iter(numbers())\nassert next(it) == 1\ntry:\n    it.__next__()\nexcept StopIteration:\n    pass"
    assert lane.judged("def numbers(): yield 1", tests + "\nassert list(numbers()) == [1]").passed


def test_a_comparison_by_the_program_is_not_trusted(lane: OneLane) -> None:
    program = "def isclose(a, b): return True\ndef solve(x): return 0"
    assert not lane.judged(program, "assert isclose(solve(3), 7310)").trusted
    assert lane.judged(program, "assert solve(3) == 0").trusted


def test_what_a_stand_in_answers_is_not_trusted(lane: OneLane) -> None:
    program = "def mk(x=0): return object()\ndef solve(x): return [x]"
    for test in ("assert callable(mk())", "assert hasattr(mk(), '__len__')"):
        assert not lane.judged(program, test).trusted
    iterators = "from collections.abc import Iterator\nassert isinstance(mk(), Iterator)"
    assert not lane.judged(program, iterators).trusted
    assert lane.judged(program, "assert isinstance(solve(1), (list, tuple)) and not isinstance(mk(), int)").trusted


OBJECTS = """
class P:
    def __init__(self, n): self._name = self._kind = self.n = n
    def named(self): return self.n
    def __enter__(self): return self
    def __exit__(self, kind, error, trace):
        self.n = 'committed' if kind is None else f'rolled back: {kind.__name__}, {type(error).__name__}'
        return True
def srt(ps): ps.sort(key=lambda p: p.n)
def swap(ps): ps[0], ps[1] = ps[1], ps[0]
def transfer(accounts, fail):
    accounts['b'] += 1
    if fail: raise ValueError('no')
def drain(queue):
    while True: queue.pop()
def rotate(d): d.rotate(1)
def reverse(b): b.reverse()
def fill(pair): pair[0].append(1)
def visit(graph, start): return [start, *graph[start], *graph[7]]
class Bad(ValueError):
    def __init__(self, code): super().__init__(code); self.code = code
    def __str__(self): return f'code {self.code}'
def bad(): raise Bad(7)
def load(): import json; return json.loads('{')
def wordy(): raise ValueError('x' * 3000)
def two(): return 2
def total(numbers): return sum(numbers)
class Cut:
    def __getitem__(self, part): return part.start, part.stop, part.step
"""


@pytest.mark.parametrize(
    "check",
    [
        "assert P('Bob')._name == 'Bob' and P(1)._kind == 1 and P(3).named() == 3",
        "p = P(1)\np._name = 'z'\nassert p._name == 'z'",
        "assert P.__doc__ is None",
        "ps = [P(2), P(1)]\nsrt(ps)\nassert [p.n for p in ps] == [1, 2]",
        "a = {'b': 0}\ntry:\n    transfer(a, True)\nexcept ValueError:\n    pass\nassert a == {'b': 1}",
        "q = [1, 2]\ntry:\n    drain(q)\nexcept IndexError:\n    pass\nassert q == []",
        "from collections import deque\nd = deque([1, 2, 3])\nrotate(d)\nassert d == deque([3, 1, 2])",
        "b = bytearray(b'abc')\nreverse(b)\nassert b == b'cba'",
        "t = ([],)\nfill(t)\nassert t == ([1],)",
        "from collections import defaultdict\ng = defaultdict(list, {1: [2]})\nassert visit(g, 1) == [1, 2]",
        "p = P(1)\nwith p:\n    raise KeyError('x')\nassert p.n == 'rolled back: KeyError, KeyError'",
        "p = P(1)\nwith p:\n    pass\nassert p.n == 'committed'",
        "try:\n    bad()\nexcept ValueError as error:\n    assert str(error) == 'code 7' and error.args == (7,)",
        "try:\n    bad()\nexcept ValueError as error:\n    assert error.code == 7",
        "assert total(x for x in range(4)) == 6 and total(map(int, '12')) == 3 and total(iter([1])) == 1",
        "xs = [1, 2]\nassert total(x * y for x, y in zip(xs, xs)) == 5",
        "assert Cut()[1:3] == (1, 3, None) and Cut()[::-1] == (None, None, -1)",
        "try:\n    wordy()\nexcept ValueError as error:\n    assert len(str(error)) == 3000",
        "import json\ntry:\n    load()\nexcept json.JSONDecodeError as error:\n    assert 'Expecting' in str(error)",
    ],
)
def test_what_holds_in_one_process_holds_in_two(lane: OneLane, check: str) -> None:
    exec(OBJECTS + check, {"__name__": "program"})
    verdict = lane.judged(OBJECTS, check)
    assert verdict.passed, verdict.error


@pytest.mark.parametrize(
    "check",
    [
        "a = {'b': 0}\ntry:\n    transfer(a, True)\nexcept ValueError:\n    pass\nassert a == {'b': 0}",
        "a, b = P(1), P(2)\nps = [a, b]\nswap(ps)\nassert [p.n for p in ps] == [1, 2]",
        "with P(1):\n    assert two() == 3",
        "from itertools import count\nassert total(count()) == 1",
    ],
)
def test_what_fails_in_one_process_fails_in_two(lane: OneLane, check: str) -> None:
    assert not lane.judged(OBJECTS, check).passed


@pytest.mark.parametrize(
    ("check", "expected", "got"),
    [
        ("assert 4 == two()", "4", "2"),
        ("expected = 4\nassert expected == two()", "4", "2"),
        ("assert two() == 4", "4", "2"),
        ("assert 2 != two()", "!= 2", "2"),
        ("assert two() == 2\nif two() != 3: raise AssertionError('should be 3')", None, None),
        ("import unittest\nunittest.TestCase().assertEqual(two(), 3)", None, None),
    ],
)
def test_what_was_expected_and_what_was_got_are_told_apart(
    lane: OneLane, check: str, expected: str | None, got: str | None
) -> None:
    verdict = lane.judged(OBJECTS, check)
    assert verdict.outcome == "failed"
    assert verdict.error is not None
    assert (verdict.error.expected, verdict.error.got) == (expected, got)
