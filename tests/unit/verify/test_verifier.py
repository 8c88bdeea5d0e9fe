from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from leti.errors import SandboxError
from leti.types import Outcome, Problem, Solution
from leti.types import Tests as Checks
from leti.verify import Ended, Event, EventKind, Evidence, How, Job, LaneLostError, PythonVerifier
from leti.verify.lanes import AHEAD
from programs import HONEST, TESTS, pair, verdicts


class Counting:
    """A lane that runs nothing: it passes every job, and counts."""

    level = "none"
    jobs = 0
    lock = threading.Lock()

    def run(self, job: Job) -> Evidence:
        with self.lock:
            type(self).jobs += 1
        events = [Event(kind=EventKind.LOADED)]
        events += [Event(kind=EventKind.PASSED, test=number) for number in range(len(job.tests))]
        events.append(Event(kind=EventKind.DONE, test=len(job.tests)))
        return Evidence(events=tuple(events), ended=Ended(how=How.EXIT), output=job.program)

    def stop(self) -> None:
        pass

    def close(self) -> None:
        pass


class Broken(Counting):
    """A lane that is always lost."""

    started = False

    def run(self, job: Job) -> Evidence:  # noqa: ARG002
        raise LaneLostError("gone", started=self.started)


class Mine(Broken):
    started = True


def test_order_is_kept_although_some_are_slow() -> None:
    slow = "import time\ntime.sleep(0.3)\ndef solve(x): return x + 1"
    programs = [slow, "def solve(x): return x", HONEST, slow + " ", "raise ValueError", HONEST + " "]
    found = [verdict.outcome for verdict in verdicts(programs, workers=2)]
    passed, failed, raised = Outcome.PASSED, Outcome.FAILED, Outcome.RAISED
    assert found == [passed, failed, passed, passed, raised, passed]


def test_the_same_program_runs_once() -> None:
    Counting.jobs = 0
    with PythonVerifier(workers=2, sandbox=Counting) as verifier:
        found = list(verifier.verify([pair(HONEST)] * 50 + [pair(HONEST, "assert 1")] * 50))
    assert len(found) == 100
    assert Counting.jobs == 2


def test_input_is_taken_a_bounded_number_ahead() -> None:
    taken = 0

    def endless() -> Iterator[tuple[Problem, Solution]]:
        nonlocal taken
        while True:
            taken += 1
            yield pair(f"x = {taken}")

    with PythonVerifier(workers=1, sandbox=Counting) as verifier:
        found = verifier.verify(endless())
        for number in range(1, 20):
            assert next(found).output == f"x = {number}"
            assert taken <= number + AHEAD
        found.close()


def test_no_programs() -> None:
    with PythonVerifier(sandbox=Broken) as verifier:
        assert list(verifier.verify([])) == []


def test_no_tests_pass_if_the_program_runs() -> None:
    assert [verdict.passed for verdict in verdicts(["x = 1", "1/0"], Checks(tests=()))] == [True, False]


def test_our_own_fault_stops_the_work() -> None:
    with PythonVerifier(workers=1, sandbox=Broken) as verifier, pytest.raises(SandboxError, match="broke twice"):
        list(verifier.verify([pair(HONEST)]))


def test_a_program_that_takes_its_lane_down_twice_has_crashed() -> None:
    with PythonVerifier(workers=1, sandbox=Mine) as verifier:
        assert [verdict.outcome for verdict in verifier.verify([pair(HONEST)])] == [Outcome.CRASHED]


def test_a_verifier_can_be_used_again_after_it_was_closed() -> None:
    verifier = PythonVerifier(workers=1)
    assert [verdict.passed for verdict in verifier.verify([pair(HONEST)])] == [True]
    verifier.close()
    assert [verdict.passed for verdict in verifier.verify([pair(HONEST, TESTS + "\n")])] == [True]
    verifier.close()


@pytest.mark.parametrize("wrong", [{"workers": 0}, {"timeout": 0}, {"memory": 0}])
def test_wrong_options(wrong: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="above 0"):
        PythonVerifier(**wrong)
