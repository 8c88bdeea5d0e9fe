"""Evidence -> Verdict. Pure.

PASSED rests on positive evidence alone: every test reported passed, in order, and then the end. How the process ended
is only asked where the reports do not say.
"""

from __future__ import annotations

import signal
from dataclasses import replace
from typing import TYPE_CHECKING

from leti.types import ErrorRecord, Frame, Outcome, TestStatus, Verdict
from leti.verify.events import Event, EventKind
from leti.verify.sandbox import How

if TYPE_CHECKING:
    from leti.verify.sandbox import Evidence, Job


def judge(job: Job, evidence: Evidence) -> Verdict:
    """Return the verdict that the evidence supports."""
    passed = _passed_in_order(evidence.events)
    last = evidence.events[-1] if evidence.events else None
    statuses = [TestStatus.PASSED] * min(passed, len(job.tests))
    outcome, error = _ending(job, evidence, last, passed)
    if outcome is not Outcome.PASSED and last is not None and last.kind is EventKind.RAISED and last.test == passed:
        statuses.append(TestStatus.FAILED if outcome is Outcome.FAILED else TestStatus.RAISED)
    statuses += [TestStatus.NOT_REACHED] * (len(job.tests) - len(statuses))
    return Verdict(
        outcome=outcome,
        tests=tuple(statuses[: len(job.tests)]),
        error=error,
        output=evidence.output,
        seconds=evidence.seconds,
    )


def _passed_in_order(events: tuple[Event, ...]) -> int:
    passed = 0
    for event in events:
        if event.kind is EventKind.PASSED and event.test == passed:
            passed += 1
    return passed


def _ending(job: Job, evidence: Evidence, last: Event | None, passed: int) -> tuple[Outcome, ErrorRecord | None]:
    if last is not None and last.kind is EventKind.DONE and _complete(job, evidence.events):
        return Outcome.PASSED, None
    if last is not None and last.kind is EventKind.RAISED and last.error is not None:
        return _raised(last), _filled(job, last, last.error)
    loaded = any(event.kind is EventKind.LOADED for event in evidence.events)
    running = job.tests[passed] if loaded and passed < len(job.tests) else None
    return _silent(job, evidence, running)


def _complete(job: Job, events: tuple[Event, ...]) -> bool:
    """Whether the events are exactly: loaded, each test passed in order, done."""
    wanted = [(EventKind.LOADED, None), *((EventKind.PASSED, index) for index in range(len(job.tests)))]
    return [(event.kind, event.test) for event in events] == [*wanted, (EventKind.DONE, len(job.tests))]


def _raised(event: Event) -> Outcome:
    if event.family == "MemoryError":
        return Outcome.OUT_OF_MEMORY
    if event.family == "SystemExit":
        return Outcome.EXITED
    return Outcome.FAILED if event.asserted else Outcome.RAISED


def _silent(job: Job, evidence: Evidence, running: str | None) -> tuple[Outcome, ErrorRecord]:
    """Judge a run whose process ended without a last word."""
    ended = evidence.ended
    if ended.how is How.DEADLINE or (ended.how is How.LIMIT and ended.code == signal.SIGXCPU):
        message = f"the program did not end within {job.timeout:g} s"
        return Outcome.TIMED_OUT, ErrorRecord(type="ProcessTimeout", message=message, check=running)
    if ended.how is How.EXIT:
        message = f"the program left with exit status {ended.code} before the tests were done"
        return Outcome.EXITED, ErrorRecord(type="ProcessExited", message=message, check=running)
    if ended.how is How.LOST:
        message = "the program took down the sandbox it ran in, twice"
    else:
        message = f"the program was killed by {_signal_name(ended.code)}"
    return Outcome.CRASHED, ErrorRecord(type="ProcessKilled", message=message, check=running)


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


def _filled(job: Job, event: Event, error: ErrorRecord) -> ErrorRecord:
    """Put the source lines into an error record: they come from the texts, not from the program."""
    text = "\n".join([job.program, *([job.setup] if job.setup else []), *job.tests])
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    check = None
    if event.check is not None:
        first, last = event.check
        check = "\n".join(lines[max(0, first - 1) : last]).strip() or None
    elif event.test is not None and 0 <= event.test < len(job.tests):
        check = job.tests[event.test].strip()
    frames = tuple(replace(frame, source=_source(lines, frame)) for frame in error.frames)
    return replace(error, frames=frames, check=check)


def _source(lines: list[str], frame: Frame) -> str:
    """Return a frame's source line.

    The text that a program evaluates is not kept. Such a frame carries the line which the official code shows for it
    (it takes two from the number and counts from the end where the result is negative); only `paper` feedback uses it.
    """
    index = frame.line - 3 if frame.evaluated else frame.line - 1
    return lines[index].strip() if -len(lines) <= index < len(lines) else ""
