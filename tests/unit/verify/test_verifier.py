from __future__ import annotations

import time
from dataclasses import dataclass, replace

import pytest

from leti.errors import SandboxError
from leti.kinds import Calls, Case, Check, Streams
from leti.kinds import Tests as Checks
from leti.types import Outcome, Problem, Solution
from leti.verify import Limits, PythonVerifier
from leti.verify.sandbox import Cell, Cover, Role
from leti.verify.sandbox.builtin import process
from programs import HONEST, TESTS, pair, verdicts

ENDLESS = "while True: pass"


@dataclass
class Counting:
    """The weakest sandbox, which counts what it starts."""

    started: int = 0
    level: str = "counting"
    covers: frozenset[Cover] = frozenset()

    def start(self, role: Role) -> Cell:
        self.started += 1
        return process().start(role)


class Broken(Counting):
    """A sandbox in which nothing can be started."""

    def start(self, role: Role) -> Cell:
        raise SandboxError(f"no {role}")


def test_order_is_kept_although_some_are_slow() -> None:
    slow = "import time\ntime.sleep(0.3)\ndef solve(x): return x + 1"
    programs = [slow, "def solve(x): return x", HONEST, slow + " ", "raise ValueError", HONEST + " "]
    found = [verdict.outcome for verdict in verdicts(programs, workers=2)]
    passed, failed, raised = Outcome.PASSED, Outcome.FAILED, Outcome.RAISED
    assert found == [passed, failed, passed, passed, raised, passed]


def test_the_same_program_with_the_same_tests_runs_once() -> None:
    other = "assert solve(1) == 2"
    with PythonVerifier(workers=2) as verifier:
        found = list(verifier.verify([pair(HONEST)] * 50 + [pair(HONEST, other)] * 50))
    assert len(found) == 100
    assert len(set(map(id, found))) == 2
    assert [len(verdict.tests) for verdict in (found[0], found[-1])] == [2, 1]


CHECKS: list[Check] = [
    Checks(tests=("assert solve(1) == 2",)),
    Checks(tests=("assert solve(1) == 3",)),
    Checks(tests=("assert solve(1) == 3",), setup="def solve(x): return 3"),
    Checks(tests=("", "assert solve(1) == 3")),
    Calls(function="solve", arguments=("1",), expected=("2",)),
    Calls(function="solve", arguments=("1",), expected=("3",)),
    Calls(function="solve", arguments=("1",), expected=("3",), tolerance=1.0),
    Calls(function="solve", arguments=("1",), expected=("3",), accept="lambda *_: True"),
    Streams(cases=(Case(stdin="", stdout=""),)),
    Streams(cases=(Case(stdin="", stdout="1"),)),
]


def test_no_two_checks_are_taken_for_the_same() -> None:
    with PythonVerifier(workers=1) as verifier:
        together = list(verifier.verify(pair(HONEST, check) for check in CHECKS))
        alone = [next(iter(verifier.verify([pair(HONEST, check)]))) for check in CHECKS]
    assert len(set(map(id, together))) == len(CHECKS)
    assert [one.outcome for one in together] == [one.outcome for one in alone]


def test_a_reference_tells_two_problems_apart() -> None:
    check = Calls(function="solve", arguments=("1",), expected=None)
    problem, solution = pair(HONEST, check)
    problems = [replace(problem, reference=f"def solve(x): return x + {more}") for more in (1, 2)]
    with PythonVerifier(workers=1) as verifier:
        found = list(verifier.verify((one, solution) for one in problems))
    assert [verdict.passed for verdict in found] == [True, False]


def test_no_programs_need_no_sandbox() -> None:
    with PythonVerifier(sandbox=Broken()) as verifier:
        assert list(verifier.verify([])) == []


def test_no_tests_pass_if_the_program_runs() -> None:
    assert [verdict.passed for verdict in verdicts(["x = 1", "1/0"], Checks(tests=()))] == [True, False]


def test_our_own_fault_stops_the_work() -> None:
    with PythonVerifier(workers=1, sandbox=Broken()) as verifier, pytest.raises(SandboxError, match="no program"):
        list(verifier.verify([pair(HONEST)]))


def test_a_lane_is_started_once_and_only_when_it_is_needed() -> None:
    sandbox = Counting()
    with PythonVerifier(workers=1, sandbox=sandbox) as verifier:
        assert sandbox.started == 0
        for number in range(5):
            list(verifier.verify([pair(f"{HONEST}\nx = {number}")]))
        assert sandbox.started == 2


def test_a_verifier_can_be_used_again_after_it_was_closed() -> None:
    verifier = PythonVerifier(workers=1)
    assert [verdict.passed for verdict in verifier.verify([pair(HONEST)])] == [True]
    verifier.close()
    verifier.close()
    assert [verdict.passed for verdict in verifier.verify([pair(HONEST, TESTS + "\n")])] == [True]
    verifier.close()


def test_a_caller_who_leaves_does_not_wait_for_what_runs() -> None:
    with PythonVerifier(workers=2, limits=Limits(timeout=30.0)) as verifier:
        found = verifier.verify([pair(HONEST), pair(ENDLESS), pair(ENDLESS + " "), pair(ENDLESS + "  ")])
        assert next(found).passed
        time.sleep(0.3)
        began = time.monotonic()
        found.close()  # type: ignore[attr-defined]
        assert time.monotonic() - began < 5
        assert [verdict.passed for verdict in verifier.verify([pair(HONEST)])] == [True]


def test_limits_are_those_that_were_given() -> None:
    limits = Limits(timeout=0.3, memory=128 << 20)
    late, large = verdicts([ENDLESS, "x = bytearray(200 << 20)"], limits=limits)
    assert (late.outcome, large.outcome) == (Outcome.TIMED_OUT, Outcome.OUT_OF_MEMORY)
    assert late.error is not None
    assert large.error is not None
    assert (late.error.limit, large.error.limit) == ("time: 0.3 s", "memory: 128 MiB")


def test_a_quick_reference_leaves_less_time() -> None:
    problem, solution = pair(ENDLESS)
    pairs: list[tuple[Problem, Solution]] = [(replace(problem, reference=HONEST), solution), (problem, solution)]
    with PythonVerifier(workers=2, limits=Limits(timeout=1.0, slack=3.0)) as verifier:
        found = [verdict.error for verdict in verifier.verify(pairs)]
    assert [error and error.limit for error in found] == ["time: 0.25 s", "time: 1 s"]


@pytest.mark.parametrize("fast", [False, True])
def test_fast_and_strict_verdicts_are_the_same(*, fast: bool) -> None:
    programs = [HONEST, "def solve(x): return x", "def solve(x): return y", "def solve(x):", "import os\nsolve = id"]
    found = verdicts(programs, fast=fast)
    passed, failed, raised = Outcome.PASSED, Outcome.FAILED, Outcome.RAISED
    assert [verdict.outcome for verdict in found] == [passed, failed, raised, raised, failed]


@pytest.mark.parametrize(
    "wrong", [{"workers": 0}, {"limits": Limits(timeout=0)}, {"limits": Limits(memory=0)}], ids=repr
)
def test_wrong_options(wrong: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="above 0"):
        PythonVerifier(**wrong)  # type: ignore[arg-type]
