"""Calls of one function, compared outside as plain data."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from leti.kinds import Calls
from leti.types import Ending, Outcome, Problem, Solution, TestStatus, Verdict
from leti.verify import Limits, PythonVerifier
from programs import OneLane, pair

HALF = Calls(function="half", arguments=("4", "10", "7"), expected=("2.0", "5.0", "3.5"))


@pytest.fixture(scope="module")
def lane() -> Iterator[OneLane]:
    one = OneLane()
    yield one
    one.close()


def check(*pairs: tuple[str, str], **rules: object) -> Calls:
    arguments, expected = zip(*pairs, strict=True)
    return Calls(function="f", arguments=arguments, expected=expected, **rules)  # type: ignore[arg-type]


def returns(value: str, before: str = "") -> str:
    return f"{before}\ndef f(*_, **__):\n    return {value}"


def statuses(verdict: Verdict) -> list[str]:
    return [test.status.value for test in verdict.tests]


def test_each_call_is_a_test(lane: OneLane) -> None:
    assert lane.judged("def half(n):\n    return n / 2", HALF).passed
    verdict = lane.judged("def half(n):\n    return n // 2", HALF)
    assert verdict.outcome is Outcome.FAILED
    assert statuses(verdict) == ["passed", "passed", "failed"]
    assert verdict.trusted


def test_what_failed_is_told(lane: OneLane) -> None:
    error = lane.judged("def half(n):\n    return [n, {'a': 1.5}]", HALF).error
    assert error is not None
    assert (error.type, error.check, error.expected, error.got) == ("WrongAnswer", "half(4)", "2.0", "[4, {'a': 1.5}]")
    assert error.frames == ()


def test_every_wrong_call_is_told_and_the_first_only_if_asked(lane: OneLane) -> None:
    wrong = "def half(n):\n    return 0"
    told = lane.judged(wrong, HALF)
    assert [test.error.check for test in told.tests if test.error] == ["half(10)", "half(7)"]
    assert statuses(lane.judged(wrong, HALF, every=False)) == ["failed", "not-reached", "not-reached"]


def test_a_raise_has_the_frames_of_the_program_alone(lane: OneLane) -> None:
    program = "def inner(n):\n    return 1 / (n - 10)\n\ndef half(n):\n    inner(n)\n    return n / 2"
    verdict = lane.judged(program, HALF)
    assert (verdict.outcome, statuses(verdict)) == (Outcome.RAISED, ["passed", "raised", "passed"])
    assert verdict.error is not None
    assert (verdict.error.type, verdict.error.check) == ("ZeroDivisionError", "half(10)")
    assert [(frame.line, frame.function) for frame in verdict.error.frames] == [(5, "half"), (2, "inner")]


@pytest.mark.parametrize(
    ("program", "outcome", "kind"),
    [
        ("x = 1", Outcome.RAISED, "NameError"),
        ("from builtins import *", Outcome.RAISED, "NameError"),
        ("half = 3", Outcome.RAISED, "TypeError"),
        ("def half(n) return", Outcome.RAISED, "SyntaxError"),
        ("def half(n): return [0] * 10**12", Outcome.OUT_OF_MEMORY, "MemoryError"),
        ("def half(n): raise SystemExit(0)", Outcome.EXITED, "SystemExit"),
        ("import os\ndef half(n): os._exit(0)", Outcome.EXITED, "ProcessExited"),
        ("import os\ndef half(n): os.kill(os.getpid(), 9)", Outcome.CRASHED, "ProcessKilled"),
        ("def half(n):\n    while True: pass", Outcome.TIMED_OUT, "ProcessTimeout"),
        ("raise KeyError(1)", Outcome.RAISED, "KeyError"),
    ],
)
def test_other_ends(lane: OneLane, program: str, outcome: Outcome, kind: str) -> None:
    verdict = lane.judged(program, HALF, timeout=0.5)
    assert verdict.outcome is outcome
    assert verdict.error is not None
    assert verdict.error.type == kind
    assert TestStatus.PASSED not in {test.status for test in verdict.tests}


@pytest.mark.parametrize(
    ("got", "expected"),
    [
        ("1", "1"), ("True", "1"), ("1.0", "1"), ("-0.0", "0.0"), ("10**5000", "0x" + f"{10**5000:x}"),
        ("(1, [2, {3: None}])", "(1, [2, {3: None}])"), ("{1, 2}", "{2, 1}"), ("frozenset({1})", "{1}"),
        ("1e400", "1e999"), ("[float('inf')]", "[1e999]"), ("b'x'", "b'x'"), ("2 + 1j", "2+1j"), ("''", "''"),
        ("__import__('collections').Counter('aa')", "{'a': 2}"), ("None", "None"), ("'\\ud800'", "'\\ud800'"),
    ],
)  # fmt: skip
def test_what_is_equal_passes(lane: OneLane, got: str, expected: str) -> None:
    assert lane.judged(returns(got), check(("", expected))).passed


@pytest.mark.parametrize(
    ("got", "expected"),
    [
        ("0", "1"), ("'1'", "1"), ("[1]", "(1,)"), ("None", "0"), ("0.1 + 0.2", "0.3"), ("10**5000 + 1", hex(10**5000)),
        ("[1, 2]", "[2, 1]"), ("{}", "set()"), ("iter([1])", "[1]"), ("float('nan')", "0.0"),
        ("float('-inf')", "1e999"),
        ("(x for x in [1])", "[1]"), ("f", "None"), ("type", "None"), ("NotImplemented", "True"), ("...", "None"),
    ],
)  # fmt: skip
def test_what_is_not_equal_fails(lane: OneLane, got: str, expected: str) -> None:
    assert lane.judged(returns(got), check(("", expected))).outcome is Outcome.FAILED


@pytest.mark.parametrize(
    ("got", "expected", "tolerance", "passes"),
    [
        ("0.1 + 0.2", "0.3", 1e-9, True),
        ("0.31", "0.3", 1e-3, False),
        ("43", "42", 1.0, True),
        ("44", "42", 1.0, False),
        ("10**9 + 1", "1000000000", 1e-6, False),
        ("1e9 + 1", "1000000000.0", 1e-6, True),
        ("[1, (2.0000001, {'a': 3})]", "[1, (2, {'a': 3.0000001})]", 1e-6, True),
        ("[1.0, 2.0]", "[1.0]", 1e-6, False),
        ("[1.0]", "(1.0,)", 1e-6, False),
        ("{'a': 1.0}", "{'b': 1.0}", 1e9, False),
        ("'a'", "'b'", 1e9, False),
        ("5.0", "1e999", 1e9, False),
        ("float('inf')", "5.0", 1e9, False),
        ("10**400", "1.5", 1e9, False),
        ("1.5", hex(10**400), 1e9, False),
        ("float('nan')", "1.5", 1e9, False),
        ("1 + 1e-9j", "1.0", 1e-6, True),
        ("__import__('fractions').Fraction(1, 3)", "0.3333333", 1e-6, True),
        ("__import__('decimal').Decimal('sNaN')", "0.5", 1e-6, False),
    ],
)
def test_numbers_may_be_off_by_the_tolerance(
    lane: OneLane, got: str, expected: str, tolerance: float, *, passes: bool
) -> None:
    assert lane.judged(returns(got), check(("", expected), tolerance=tolerance)).passed is passes


@pytest.mark.parametrize(
    ("got", "passes"),
    [
        ("[3, 1, 2]", True),
        ("(1, 2, 3, 3)", True),
        ("{1, 2, 3}", True),
        ("[1, 2]", False),
        ("[1, 2, 3, 4]", False),
        ("'123'", False),
        ("123", False),
        ("iter([1, 2, 3])", False),
        ("range(10**18)", False),
    ],
)
def test_unordered_compares_members(lane: OneLane, got: str, *, passes: bool) -> None:
    assert lane.judged(returns(got), check(("", "[1, 2, 3]"), unordered=True)).passed is passes


def test_members_that_cannot_stand_in_a_set_are_compared_too(lane: OneLane) -> None:
    right = check(("", "[[1], {2: [3]}, {4}]"), unordered=True)
    assert lane.judged(returns("[{4}, {2: [3]}, [1]]"), right).passed
    assert not lane.judged(returns("[{4}, {2: [3]}, (1,)]"), right).passed


YES = "    def __eq__(self, other): return True"
LIARS = {
    "equal to all": f"class A:\n{YES}\n    __hash__ = None\nX = A()",
    "a float equal to all": f"class A(float):\n{YES}\nX = A(7)",
    "an int near to all": "class A(int):\n    def __sub__(self, o): return 0\n    __rsub__ = __sub__\nX = A(7)",
    "a list equal to all": f"class A(list):\n{YES}\nX = A()",
    "inside a list": f"class A:\n{YES}\nX = [A()]",
    "a key of a dictionary": f"class A:\n{YES}\n    def __hash__(self): return 1\nX = {{A(): A()}}",
    "mock.ANY": "from unittest.mock import ANY as X",
    "a class": f"class M(type):\n{YES}\n    __hash__ = None\nclass X(metaclass=M): pass",
    "nan in all": "class A(float):\n    def __ne__(self, other): return False\nX = A('nan')",
    "a text equal to all": f"class A(str):\n{YES}\n    __hash__ = str.__hash__\nX = A()",
}


@pytest.mark.parametrize("program", LIARS.values(), ids=LIARS)
@pytest.mark.parametrize("rules", [{}, {"tolerance": 1e-3}, {"unordered": True}], ids=["equal", "near", "unordered"])
@pytest.mark.parametrize("expected", ["3", "[3]", "{3: 4}", "'a'"])
def test_an_object_has_no_say_in_what_it_is_equal_to(
    lane: OneLane, program: str, rules: dict[str, object], expected: str
) -> None:
    verdict = lane.judged(returns("X", program), check(("", expected), **rules))
    assert (verdict.outcome, verdict.trusted) == (Outcome.FAILED, True)


FORGERS = {
    "a line too many": "import os\nos.write(3, b'{\"value\":[1]}\\n' * 9)",
    "no JSON": "import os\nos.write(3, b'hello\\n')",
    "an object of many keys": 'import os\nos.write(3, b\'{"value":1,"value":2}\\n\')',
    "an error of nothing": "import os\nos.write(3, b'{\"error\":7}\\n')",
    "an error of texts": 'import os\nos.write(3, b\'{"error":{"bases":"x","frames":[[1]]}}\\n\')',
    "deep": "import os\nos.write(3, b'{\"value\":' + b'[' * 5000 + b']' * 5000 + b'}\\n')",
    "a handle of anything": 'import os\nos.write(3, b\'{"value":{"handle":[{},{},[]]}}\\n\')',
    "a name with a zero": 'import os\nos.write(3, b\'{"value":{"handle":[0,"a\\\\u0000b",""]}}\\n\')',
    "not text": "import os\nos.write(3, b'\\xff\\xfe\\n')",
}


@pytest.mark.parametrize("program", FORGERS.values(), ids=FORGERS)
def test_what_is_written_to_the_channel_is_no_pass(lane: OneLane, program: str) -> None:
    where = "\n".join(f"    {line}" for line in program.split("\n"))
    verdict = lane.judged(f"def half(n):\n{where}\n    return 0", HALF)
    assert not verdict.passed
    assert lane.judged("def half(n):\n    return n / 2", HALF).passed


def test_a_result_that_is_too_large_is_wrong(lane: OneLane) -> None:
    verdict = lane.judged(returns("'x' * (9 << 20)"), check(("", "1")))
    assert verdict.outcome is Outcome.FAILED
    assert verdict.error is not None
    assert verdict.error.got == f"<a result of {(9 << 20) + 13} bytes>"
    assert verdict.error.expected == "1"


def test_arguments_are_made_anew_for_each_call(lane: OneLane) -> None:
    program = "SEEN = []\ndef f(a, *, b=0):\n    SEEN.append(a)\n    a.append(b)\n    return a"
    pairs = [("[]", "[0]"), ("[], b=1", "[1]"), ("*[[2]], **{'b': 3}", "[2, 3]")]
    assert lane.judged(program, check(*pairs)).passed


def test_a_builtin_of_that_name_is_not_the_programs(lane: OneLane) -> None:
    longest = Calls(function="max", arguments=("[1, 3]",), expected=("3",))
    assert not lane.judged("", longest).passed
    assert lane.judged("def max(x):\n    return sorted(x)[-1]", longest).passed


def test_as_many_frames_are_left_as_in_a_test(lane: OneLane) -> None:
    deep = "def f(n):\n    return n and f(n - 1)"
    most = next(n for n in range(1100, 900, -1) if lane.judged(deep, f"assert f({n}) == 0").passed)
    assert lane.judged(deep, check((str(most), "0"))).passed
    assert not lane.judged(deep, check((str(most + 1), "0"))).passed


@pytest.mark.parametrize(
    "broken",
    [
        Calls(function="f", arguments=("1", "2)("), expected=("1", "1")),
        Calls(function="f", arguments=("1", "("), expected=("1", "1")),
        Calls(function="f", arguments=("1", "2"), expected=("1", "f(1)")),
        Calls(function="f", arguments=("1", "2"), expected=("1", "1"), accept="def"),
        Calls(function="f", arguments=("1", "2"), expected=None),
    ],
    ids=["two calls", "open", "no literal", "no function", "no reference"],
)
def test_a_check_that_cannot_decide_passes_nobody(lane: OneLane, broken: Calls) -> None:
    verdict = lane.judged(returns("1"), broken)
    assert verdict.outcome is Outcome.RAISED
    assert verdict.error is not None
    assert verdict.error.type == "BrokenCheck"


ROOT = Calls(
    function="f",
    arguments=("4", "9"),
    expected=("2", "3"),
    accept="lambda got, expected, n: abs(got * got - n) < 1e-6",
)


def test_what_is_not_equal_may_be_accepted(lane: OneLane) -> None:
    assert lane.judged("def f(n): return -n ** 0.5", ROOT).passed
    assert statuses(lane.judged("def f(n): return -2", ROOT)) == ["passed", "failed"]
    assert statuses(lane.judged("def f(n): return 'text'", ROOT)) == ["failed", "failed"]
    assert statuses(lane.judged(returns("X", LIARS["equal to all"]), ROOT)) == ["failed", "failed"]


ASKED = Calls(function="f", arguments=("[3, 1]", "[]"), expected=None, tolerance=1e-6)
REFERENCE = "def f(x):\n    return sum(x) / 3"


def judged(programs: list[str], calls: Calls = ASKED, reference: str | None = REFERENCE) -> list[Verdict]:
    problem = Problem(id="a/1", prompt="", check=calls, source="a", reference=reference)
    pairs = [
        (problem, Solution(problem="a/1", sample=n, completion="", tokens=(), program=text, ending=Ending.TOKEN))
        for n, text in enumerate(programs)
    ]
    with PythonVerifier(workers=2, limits=Limits(slack=20.0)) as verifier:
        return list(verifier.verify(pairs))


def test_the_reference_says_what_is_expected() -> None:
    right, near, wrong = judged([REFERENCE, "def f(x): return sum(x) * 0.3333333333", "def f(x): return sum(x)"])
    assert right.passed
    assert near.passed
    assert statuses(wrong) == ["failed", "passed"]
    assert wrong.error is not None
    assert (wrong.error.expected, wrong.error.got) == (repr(4 / 3), "4")


def test_nan_is_right_where_the_reference_returns_it() -> None:
    reference = "def f(x): return [float('nan')]"
    right, wrong = judged([reference, "def f(x): return [1.0]"], reference=reference)
    assert right.passed
    assert not wrong.passed


@pytest.mark.parametrize(
    ("reference", "why"),
    [
        ("def f(x): return x[0]", "IndexError"),
        ("def g(x): return x", "name 'f' is not defined"),
        ("def f(x) return", "did not get that far"),
        ("1 / 0", "ZeroDivisionError: division by zero"),
        (None, "did not get that far"),
    ],
)
def test_a_reference_that_returns_nothing_is_told(reference: str | None, why: str) -> None:
    (verdict,) = judged(["def f(x): return 3"], reference=reference)
    assert not verdict.passed
    told = [error for error in (verdict.error, *(test.error for test in verdict.tests)) if error is not None]
    assert any(error.type == "BrokenCheck" and why in error.message for error in told)


LOOKS = """
import gc, sys, ctypes

def f(x):
    seen = []
    frame = sys._getframe()
    while frame is not None:
        seen += [repr(frame.f_locals), repr(frame.f_globals)]
        frame = frame.f_back
    for thing in gc.get_objects():
        try:
            seen.append(repr(thing))
        except BaseException:
            pass
    return "".join(("902", "107", "77")) in "".join(seen)
"""


def test_nothing_expected_is_in_the_memory_of_a_program(lane: OneLane) -> None:
    known = check(("1", "90210777"), ("2", "[90210777]"))
    verdict = lane.judged(LOOKS, known)
    assert verdict.error is not None
    assert (verdict.error.expected, verdict.error.got) == ("90210777", "False")
    assert lane.judged(f"X = 90210777\n{LOOKS}", check(("1", "True"))).passed, "it would have been found"
    (verdict,) = judged([LOOKS], reference="def f(x): return 90210777")
    assert verdict.error is not None
    assert (verdict.error.expected, verdict.error.got) == ("90210777", "False")


def test_a_shared_process_gives_the_same_verdicts() -> None:
    programs = ["def half(n):\n    return n / 2", "def half(n):\n    return n // 2", "def half(n):\n    return {}[n]"]
    pairs = [pair(program, HALF) for program in programs]
    with PythonVerifier(workers=1, fast=True) as verifier:
        assert list(verifier.verify(pairs)) == list(verifier.verify(pairs, scored=True))


@pytest.mark.parametrize("asked", [check(("1", "2")), "assert f(1) == 2"], ids=["calls", "tests"])
@pytest.mark.parametrize("early", [True, False])
def test_a_program_tells_nothing_but_its_exception(lane: OneLane, asked: Calls | str, *, early: bool) -> None:
    told = {
        "type": "Odd\nName", "message": "m", "bases": ["ValueError"], "own": False, "arguments": None,
        "frames": [[10**200, "f\n", True, -(10**200)]], "expected": "1", "got": "2", "where": ["w"], "check": [1, 1],
    }  # fmt: skip
    line = (json.dumps({"error": told}) + "\n").encode()
    program = f"import os\ndef f(x): os.write(3, {line!r})\n" + ("f(1)\nos._exit(0)" if early else "")
    error = lane.judged(program, asked).error
    assert error is not None
    assert (error.type, error.message) == ("Odd\\nName", "m")
    assert (error.expected, error.got, error.where) == (None, None, ())
    frame = error.frames[-1]
    assert (frame.line, frame.function, frame.repeated) == (10**9, "f\\n", -(10**9))
    assert error.check is None or "f(1)" in error.check or error.check == "1"
