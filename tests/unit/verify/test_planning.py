"""What is asked of a program when it is sent: the calls that are certain, in order, and the names for all else."""

from __future__ import annotations

import ast

import pytest

from leti.verify.harness.names import wanted_names
from leti.verify.harness.planning import Plan, Planner
from programs import OneLane


def plan_of(*tests: str) -> Plan:
    trees = [ast.parse(test) for test in tests]
    return Planner(wanted_names(list(tests), trees), trees).plan


@pytest.mark.parametrize(
    ("tests", "sources"),
    [
        (["assert f(1) == 2", "assert f(2, k=[3]) == g('a')"], ["f(1)", "f(2, k=[3])", "g('a')"]),
        (["assert sorted(f(1)) == [f(2)]"], ["f(1)", "f(2)"]),
        (["assert not f({1: (2,)})[0] + f()"], ["f({1: (2,)})", "f()"]),
        (["assert f(list(range(3))) == 1"], ["f(list(range(3)))"]),
        (["def check(c):\n    assert c(1) == 2\n    assert c(2) == 3\ncheck(f)"], ["c(1)", "c(2)"]),
        (["def outer(d):\n    check(d)\ndef check(c):\n    assert c(1)\nouter(f)"], ["c(1)"]),
        (["import math\nM = 3\ndef close(a, b): return abs(a - b) < M", "assert close(f(1), 2)"], ["f(1)"]),
        (["x = [1]\nassert f(2) == x"], ["f(2)"]),
        (["def check(c):\n    assert f(1) == 2\ncheck(f)\ncheck(f)"], ["f(1)", "f(1)"]),
        (["def check(c):\n    assert c(1)\ndef outer():\n    check(f)\nouter()\nouter()"], ["c(1)", "c(1)"]),
        (["def check(c):\n    assert c(1)\ndef outer():\n    check(f)\nouter()\ncheck(f)"], ["c(1)", "c(1)"]),
        (["def check(c):\n    assert c(1)\ndef outer():\n    check(f)\ncheck(f)\nouter()"], ["c(1)", "c(1)"]),
        (["def check(c, n):\n    assert c(1) == n\ncheck(f, 2)\nassert f(3)\ncheck(g, 3)"], ["c(1)", "f(3)", "c(1)"]),
    ],
)
def test_calls_that_are_certain_are_sent_along(tests: list[str], sources: list[str]) -> None:
    plan = plan_of(*tests)
    assert plan.sources == sources
    assert plan.names == []
    assert len(plan.calls) == len(plan.arguments) == len(sources)


@pytest.mark.parametrize(
    ("tests", "sources"),
    [
        (["assert f(x) == 1", "assert f(2)"], []),
        (["x = f(1)\nassert x == 1", "assert f(2)"], []),
        (["assert f(1) and f(2)", "assert f(3)"], []),
        (["assert 1 < f(1) < f(2)"], []),
        (["assert [n and f(n), f(2)] == 3" for n in ["g"]], []),
        (["assert f(f(1)) == 1"], ["f(1)"]),
        (["assert [f(f(1)), f(2)]", "assert f(3)"], ["f(1)"]),
        (["assert f(*[1])"], []),
        (["assert f(lambda: 1)"], []),
        (["def h(v=f(0)): return v", "assert f(1)"], []),
        (["def h(): return f(0)", "assert h() + h() == 1", "assert f(1) == 2"], []),
        (["def h(): return f(0)\ndef i(): return h()", "assert i() and i()", "assert f(1) == 2"], []),
        (["def check(c):\n    assert c(1)\ncheck(lambda x: f(x))", "assert f(2)"], []),
        (["def check(f):\n    assert f(1)\ncheck(str.upper)", "assert f(2)"], []),
        (["def check(c):\n    yield\n    assert c(1)\ncheck(f)"], []),
        (["def check(c):\n    c = g\n    assert c(1)\ncheck(f)"], []),
        (["f = g", "assert f(1)"], []),
        (["assert f(1) == 2\nassert f(2) == 3", "assert f(3) == 4"], ["f(1)"]),
        (["assert len(f(1)) == f(2)", "assert f(3)"], ["f(1)"]),
        (["def len(x): return 5", "assert f(len('a')) == 1"], []),
        (["def check(c):\n    return\n    assert c(1)\ncheck(f)"], []),
        (["def check(c, d=[]):\n    assert c(1)\ncheck(f)\ncheck(f)"], []),
        (["def check(c):\n    assert c(1)\ncheck(f)\nx = check"], []),
        (["def check(c):\n    assert c(1)\ndef outer():\n    if 1: check(f)\nouter()\nouter()"], []),
        (["def check(c):\n    assert c(1)\ndef outer():\n    check(f)\n    check(g)\nouter()"], []),
        (["def check(c):\n    assert c(1)\n    check(c)\ncheck(f)"], []),
        (["def check(c):\n    assert c(1)\ndef outer():\n    check(f)\nx = outer\ncheck(f)"], []),
        (["def check(c):\n    return 1\ndef outer():\n    assert check(f)\nouter()\nouter()"], []),
        (["def check(c):\n    assert c(1)\nfor n in [1]: check(f)"], []),
        (["def check(c):\n    assert c(1)\ndef check(c):\n    assert c(2)\ncheck(f)"], []),
    ],
)
def test_after_what_is_not_certain_nothing_is(tests: list[str], sources: list[str]) -> None:
    plan = plan_of(*tests)
    assert plan.sources == sources
    assert "f" in plan.names


@pytest.mark.parametrize(
    ("tests", "names"),
    [
        (["import math\nassert math.floor(f) == y"], ["f", "y"]),
        (["from os import path as f\nassert f"], []),
        (["x = 1\nassert x == y"], ["y"]),
        (["x = x\nassert x"], ["x"]),
        (["x += 1\nassert x"], ["x"]),
        (["assert f\nx = 1", "assert x"], ["f", "x"]),
        (["try: x = g()\nexcept ValueError: pass", "assert x"], ["g", "x"]),
        (["def f(): return 1\nassert f() == len([])"], []),
        (["class A: b = c\nassert A"], ["c"]),
        (["assert all(n for n in [1])"], []),
        (["assert (lambda n: n + m)(1)"], ["m"]),
        (["def check(c): assert c\ncheck(sum)"], ["sum"]),
        (["assert sum([1]) == 1", "assert max([1]) == 1"], []),
    ],
)
def test_names_that_the_program_has_to_define(tests: list[str], names: list[str]) -> None:
    assert sorted(plan_of(*tests).names) == names


STATE = """
log = []
def add(x, *, to=None):
    log.append(x)
    if to is not None: to.append(x)
    return len(log)
def each():
    for x in log: yield x
def late():
    global found
    found = 1
"""
ONCE = "def check(c, n):\n    assert c(1) == n"


@pytest.mark.parametrize(
    "tests",
    [
        "assert add(1) == 1\nassert log == [1]\nassert add(2) == 2\nassert log == [1, 2]",
        "x = []\nadd(7, to=x)\nassert x == [7]",
        "log.append(0)\nassert log == [0]\nassert add(1) == 1\nassert log == [1]",
        "late()\nassert found == 1",
        "def twice(): return add(1) + add(2)\nassert twice() == 3\nassert add(3) == 3\nassert twice() == 9",
        "add = __import__('functools').partial(add, 1)\nassert add() == 1",
        "assert list(each()) == []\nassert add(1) == 1\nassert list(each()) == [1]",
        "assert [log and add(1), add(2)] == [[], 1]",
        "def check(c):\n    assert c(1) == 1\n    assert log == [1]\n    assert c(2) == 2\ncheck(add)",
        f"{ONCE}\ndef outer(n):\n    check(add, n)\nouter(1)\nouter(2)\nassert log == [1, 1]",
        f"{ONCE}\ndef outer(n):\n    if n: check(add, n)\nouter(0)\nouter(1)\nouter(2)",
        f"{ONCE}\ndef outer(n):\n    check(add, n)\ncheck(add, 1)\nouter(2)\ncheck(add, 3)\nassert log == [1, 1, 1]",
        f"{ONCE}\ndef outer(n):\n    check(add, n)\n    check(add, n + 1)\nouter(1)\nouter(3)",
        f"{ONCE}\ncheck(add, 1)\nadd(5)\ncheck(add, 3)\nassert log == [1, 5, 1]",
    ],
)
def test_programs_with_a_memory_are_judged_right(lane: OneLane, tests: str) -> None:
    verdict = lane.judged(STATE, tests)
    assert verdict.passed, verdict


def test_calls_after_one_that_raised_are_not_made(lane: OneLane) -> None:
    verdict = lane.judged(STATE, "assert add(1) + add([], to=3) + add(2) == 1\nassert add(3) == 3")
    assert [test.status for test in verdict.tests] == ["raised", "passed"]
