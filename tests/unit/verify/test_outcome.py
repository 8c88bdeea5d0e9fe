from __future__ import annotations

import signal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leti.types import ErrorRecord, Outcome, TestStatus
from leti.verify import Ended, Event, EventKind, Evidence, How, Job, judge

JOB = Job(program="x = 1\n", tests=("assert x", "assert x == 1"))
LOADED = Event(kind=EventKind.LOADED)
PASSED = [Event(kind=EventKind.PASSED, test=number) for number in range(2)]
DONE = Event(kind=EventKind.DONE, test=2)
WHOLE = (LOADED, *PASSED, DONE)
EXIT = Ended(how=How.EXIT)

events = st.builds(
    Event,
    kind=st.sampled_from(EventKind),
    test=st.none() | st.integers(-1, 3),
    error=st.none() | st.builds(ErrorRecord, type=st.just("E"), message=st.text(max_size=5)),
    asserted=st.booleans(),
    check=st.none() | st.tuples(st.integers(-3, 9), st.integers(-3, 9)),
)
ends = st.builds(Ended, how=st.sampled_from(How), code=st.integers(0, 130))


def verdict_of(*found: Event, ended: Ended = EXIT) -> Outcome:
    return judge(JOB, Evidence(events=found, ended=ended)).outcome


@given(st.lists(events, max_size=6), ends)
def test_only_whole_evidence_passes(found: list[Event], ended: Ended) -> None:
    verdict = judge(JOB, Evidence(events=tuple(found), ended=ended))
    told = [(event.kind, event.test) for event in found]
    assert verdict.passed == (told == [(event.kind, event.test) for event in WHOLE])
    assert len(verdict.tests) == 2
    assert (verdict.error is None) == verdict.passed


@given(st.integers(0, 3))
def test_no_event_can_be_missing(missing: int) -> None:
    assert verdict_of(*(event for number, event in enumerate(WHOLE) if number != missing)) is Outcome.EXITED


def test_whole_evidence_passes_however_the_process_ended() -> None:
    assert verdict_of(*WHOLE, ended=Ended(how=How.SIGNAL, code=9)) is Outcome.PASSED


@pytest.mark.parametrize(
    ("ended", "outcome", "words"),
    [
        (EXIT, Outcome.EXITED, "exit status 0"),
        (Ended(how=How.DEADLINE), Outcome.TIMED_OUT, "within 5 s"),
        (Ended(how=How.LIMIT, code=signal.SIGXCPU), Outcome.TIMED_OUT, "within 5 s"),
        (Ended(how=How.LIMIT, code=signal.SIGXFSZ), Outcome.CRASHED, "SIGXFSZ"),
        (Ended(how=How.SIGNAL, code=11), Outcome.CRASHED, "SIGSEGV"),
        (Ended(how=How.SIGNAL, code=99), Outcome.CRASHED, "signal 99"),
        (Ended(how=How.LOST), Outcome.CRASHED, "twice"),
    ],
)
def test_the_end_of_the_process_is_asked_where_the_reports_do_not_say(
    ended: Ended, outcome: Outcome, words: str
) -> None:
    verdict = judge(JOB, Evidence(events=(LOADED, PASSED[0]), ended=ended))
    assert verdict.outcome is outcome
    assert verdict.tests == (TestStatus.PASSED, TestStatus.NOT_REACHED)
    assert verdict.error is not None
    assert words in verdict.error.message
    assert verdict.error.check == "assert x == 1"


@pytest.mark.parametrize(
    ("family", "asserted", "outcome"),
    [
        ("", True, Outcome.FAILED),
        ("", False, Outcome.RAISED),
        ("MemoryError", False, Outcome.OUT_OF_MEMORY),
        ("SystemExit", False, Outcome.EXITED),
    ],
)
def test_what_was_raised(family: str, asserted: bool, outcome: Outcome) -> None:  # noqa: FBT001
    event = Event(kind=EventKind.RAISED, test=1, error=ErrorRecord(type="E"), asserted=asserted, family=family)
    verdict = judge(JOB, Evidence(events=(LOADED, PASSED[0], event), ended=EXIT))
    assert verdict.outcome is outcome
    assert verdict.tests == (TestStatus.PASSED, TestStatus.FAILED if asserted else TestStatus.RAISED)
