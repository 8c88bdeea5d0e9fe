"""For any tests: run outside, with the calls sent along or asked for one by one, they find what they find inside."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leti.kinds import Tests as Checks
from leti.types import ErrorRecord, Verdict
from leti.verify import Job, judge
from leti.verify.sandbox import builtin
from programs import OneLane

pytestmark = pytest.mark.filterwarnings("ignore::SyntaxWarning")

PROGRAM = """
count = 0
TABLE = {"a": [1, 2], "b": (3, {4})}
def tick():
    global count
    count += 1
    return count
def add(x, y=1): return x + y
def pick(xs, i=0): return xs[i]
def pair(*given, **named): return (given, named)
def boom(x):
    if x: raise ValueError(x)
    return x
def grow(xs):
    xs.append(len(xs))
    return len(xs)
def each(n=2):
    for i in range(n): yield i + tick()
class Box:
    sides = 4
    def __init__(self, size): self.size = size
    def area(self): return self.size ** 2
"""
DEEP = """
def deep(n=0):
    try: return deep(n + 1)
    except RecursionError: return n
def sum(*given): return len(given)
"""
atoms = st.sampled_from(
    ["-1", "0", "1", "2", "'a'", "[]", "[1, 2]", "(1,)", "{'a': 1}", "None", "True", "x", "count", "TABLE", "tick()"]
)
SHAPES = [
    *("add({}, {})", "add({}, y={})", "add(*[{}, {}])", "pick([{}, {}], 1)", "pair({}, {})", "pair({}, k={})"),
    *("boom({})", "Box({}).size", "Box({}).area()", "[{}, {}]", "({}, {})", "{} + {}", "{} * 2", "-{}", "(not {})"),
    *("({} and {})", "({} or {})", "({} if {} else {})", "({} == {})", "({} < {} < {})", "{}[0]", "len({})"),
    *("[add(v) for v in [{}, {}]]", "[tick() for _ in {}]", "sorted({})", "max({}, {})", "(lambda: {})()", "str({})"),
    *(
        "{{'k': {}, 'l': {}}}",
        "f'{{tick()}}' + str({})",
        "(x := {})",
        "pick({}, i={})",
        "list(each())",
        "next(each({}))",
    ),
    *("(yes := {}) and {}", "TABLE[{}]", "isinstance({}, int)", "Box.sides + {}", "add(add({}, {}), tick())"),
]
"""The parts that a pair of braces stands for are expressions."""
expressions = st.recursive(
    atoms,
    lambda inner: st.sampled_from(SHAPES).flatmap(
        lambda shape: st.tuples(*[inner] * shape.replace("{{", "").count("{")).map(lambda parts: shape.format(*parts))
    ),
    max_leaves=6,
)
STATEMENTS = [
    *("x = {}", "assert {}", "assert {} != {}, {}", "assert {} in {}", "{}", "y = {}; assert y == {}"),
    *("for v in [1, 2]: assert add(v, {})", "if {}: x = {}", "try: {}\nexcept ValueError: pass"),
    *("def check(f): assert f({}) == {}\ncheck(add)", "def twice(f): return f({}), f({})\nassert twice(boom)"),
    *("z = [1, 2]\nassert grow(z) == {}\nassert z == {}", "import math\nassert math.floor({}) == {}", "add = boom"),
    *(
        "class Mine:\n    def value(self): return {}\nassert Mine().value() == {}",
        "del x",
        "while tick() < 9: assert {} != {}",
    ),
]
ENDS = ["assert {} == {}", "assert {} != {}", "assert {}", "assert tick() == {}", "assert pair({}, {}) == {}"]


def filled(shapes: list[str]) -> st.SearchStrategy[str]:
    def fill(shape: str) -> st.SearchStrategy[str]:
        return st.tuples(*[expressions] * shape.count("{}")).map(lambda parts: shape.format(*parts))

    return st.sampled_from(shapes).flatmap(fill)


def compiles(text: str) -> bool:
    try:
        compile(text, "<test>", "exec")
    except SyntaxError:
        return False
    return True


tests = st.tuples(st.lists(filled(STATEMENTS), max_size=2), filled(ENDS)).map(
    lambda parts: "\n".join([*parts[0], parts[1]])
)
checks = st.lists(tests.filter(compiles), min_size=1, max_size=4).map(tuple)


@pytest.fixture(scope="module")
def lane() -> Iterator[OneLane]:
    one = OneLane()
    yield one
    one.close()


@pytest.fixture(scope="module")
def asking(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OneLane]:
    """A lane whose judge finds no call certain: it asks for each when the test runs."""
    harness = tmp_path_factory.mktemp("asking")
    shutil.copytree(builtin.HARNESS / "harness", harness / "harness")
    planning = harness / "harness" / "planning.py"
    text = planning.read_text()
    assert text.count("self._certain = True") == 1
    planning.write_text(text.replace("self._certain = True", "self._certain = False"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(builtin, "HARNESS", harness)
        one = OneLane(builtin.namespaces())
        assert one.still_works()
    yield one
    one.close()


def without_times(verdict: Verdict) -> Verdict:
    """Return what both ways have to agree in: not the words for the calls inside a check."""

    def plain(error: ErrorRecord | None) -> ErrorRecord | None:
        return error and replace(error, where=())

    results = tuple(replace(test, error=plain(test.error)) for test in verdict.tests)
    return replace(verdict, seconds=0.0, tests=results, error=plain(verdict.error))


def inside(program: str, check: Checks) -> list[str]:
    """Return what becomes of the tests in the program's own world. What is run is what this file makes."""
    world: dict[str, Any] = {"__name__": "program"}
    exec(program, world)
    found = []
    for test in check.tests:
        try:
            exec(compile(test, "<test>", "exec"), world)
        except AssertionError:
            found.append("failed")
        except Exception as error:  # noqa: BLE001 - whatever a test raises is its result
            found.append(type(error).__name__)
        else:
            found.append("passed")
    return found


def outside(verdict: Verdict) -> list[str]:
    errors = [test.error for test in verdict.tests]
    first = next((n for n, test in enumerate(verdict.tests) if test.status != "passed"), None)
    if first is not None:
        errors[first] = verdict.error
    return [
        str(test.status) if test.status != "raised" or error is None else error.name
        for test, error in zip(verdict.tests, errors, strict=True)
    ]


@settings(max_examples=100)
@given(
    st.lists(tests.map(lambda text: text.replace("Box.sides", "deep()")).filter(compiles), min_size=1, max_size=4).map(
        tuple
    )
)
def test_whether_calls_are_sent_along_makes_no_difference(
    lane: OneLane, asking: OneLane, texts: tuple[str, ...]
) -> None:
    check = Checks(tests=texts)
    one, other = lane.judged(PROGRAM + DEEP, check), asking.judged(PROGRAM + DEEP, check)
    assert without_times(one) == without_times(other)


@settings(max_examples=100)
@given(checks)
def test_tests_find_outside_what_they_find_inside(lane: OneLane, texts: tuple[str, ...]) -> None:
    check = Checks(tests=texts)
    assert outside(lane.judged(PROGRAM, check)) == inside(PROGRAM, check)


literals = st.sampled_from(
    ["-1", "0", "2", "'a'", "[1, 2]", "(1,)", "{'a': [1]}", "{1, 'b'}", "None", "10 ** 400", "1e400"]
)
certain = st.tuples(
    st.sampled_from(["add", "boom", "pick", "pair", "tick", "each", "absent", "Box"]),
    st.lists(literals, max_size=2),
    st.sampled_from(["== 0", "== ((1,), {})", "!= 2", "in [1, 2]", "", "is None", "< 3", "== 10 ** 400"]),
).map(lambda parts: f"assert {parts[0]}({', '.join(parts[1])}) {parts[2]}")


@settings(max_examples=100)
@given(st.lists(st.lists(certain, min_size=1, max_size=4).map(tuple), min_size=1, max_size=4))
def test_a_shared_process_makes_no_difference(lane: OneLane, several: list[tuple[str, ...]]) -> None:
    jobs = [Job(program=PROGRAM, check=Checks(tests=texts)) for texts in several]
    for job, evidence in zip(jobs, lane.lane.together(jobs), strict=True):
        assert judge(job, evidence) == judge(job, lane.lane.run(job))
