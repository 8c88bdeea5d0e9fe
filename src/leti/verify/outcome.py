"""Evidence -> Verdict. Pure.

PASSED rests on positive evidence alone: every test was run by the judge and held. How the process ended is only asked
where the judge does not say.
"""

from __future__ import annotations

import re
import signal
from dataclasses import replace

from leti.kinds import Check, Tests
from leti.types import ErrorRecord, Frame, Outcome, TestResult, TestStatus, Verdict
from leti.verify.evidence import Evidence, How, Job, Report, Result
from leti.verify.harness.watch import FILE_SIZE

LIMITS = {
    "[Errno 24]": "open files: 64",
    "[Errno 28]": "scratch directory: 32 MiB, 1024 files",
    "can't start new thread": "threads: none",
}
MAX_PART = 1000
"""Characters of a call, or of what is read, that a record keeps."""


def _settled(text: str) -> str:
    """Take out what differs from process to process: where in memory an object lay."""
    return re.sub(r" at 0x[0-9a-fA-F]{4,16}\b", " at 0x...", text)


def judge(job: Job, evidence: Evidence) -> Verdict:
    """Return the verdict that the evidence supports."""
    by_test = {result.test: result for result in evidence.results}
    first = next((result for result in evidence.results if result.status is not TestStatus.PASSED), None)
    outcome, error = _ending(job, evidence, first)
    tests = tuple(_result(job, evidence, by_test.get(number), first) for number in range(job.check.count))
    if outcome is Outcome.PASSED and any(test.status is not TestStatus.PASSED for test in tests):
        outcome, error = _silent(job, evidence, None)
    return Verdict(
        outcome=outcome,
        tests=tests,
        error=error,
        trusted=evidence.trusted,
        output=_settled(evidence.output),
        seconds=evidence.seconds,
    )


def _result(job: Job, evidence: Evidence, result: Result | None, first: Result | None) -> TestResult:
    if result is None:
        return TestResult(status=TestStatus.NOT_REACHED)
    error = None
    if result is not first and result.status is TestStatus.STOPPED:
        error = _silent(job, evidence, result.test)[1]
    elif result is not first and result.report is not None:
        error = _filled(job, result.report, result.test)
    return TestResult(status=result.status, error=error)


def _ending(job: Job, evidence: Evidence, first: Result | None) -> tuple[Outcome, ErrorRecord | None]:
    if evidence.report is not None:
        return _raised(evidence.report), _filled(job, evidence.report, None)
    if not evidence.loaded:
        return _silent(job, evidence, None)
    if first is None:
        return Outcome.PASSED, None
    if first.report is None:
        return _silent(job, evidence, first.test)
    outcome = Outcome.FAILED if first.status is TestStatus.FAILED else _raised(first.report)
    return outcome, _filled(job, first.report, first.test)


def _raised(report: Report) -> Outcome:
    if "MemoryError" in report.bases:
        return Outcome.OUT_OF_MEMORY
    return Outcome.EXITED if "SystemExit" in report.bases else Outcome.RAISED


def _silent(job: Job, evidence: Evidence, test: int | None) -> tuple[Outcome, ErrorRecord]:
    """Judge a run whose process ended without a last word.

    Args:
        job: what was run.
        evidence: of it.
        test: the one that was running.
    """
    ended = evidence.ended
    running = _part(job, test)
    record = ErrorRecord(type="ProcessKilled", check=running)
    if ended.how is How.DEADLINE or (ended.how is How.LIMIT and ended.code == signal.SIGXCPU):
        message = f"the program did not end within {job.timeout:g} s"
        frames = _where(job.program, ended.place)
        limit = f"time: {job.timeout:g} s"
        return Outcome.TIMED_OUT, replace(record, type="ProcessTimeout", message=message, frames=frames, limit=limit)
    if ended.how is How.EXIT:
        message = f"the program left with exit status {ended.code} before the tests were done"
        return Outcome.EXITED, replace(record, type="ProcessExited", message=message)
    if ended.how is How.LOST:
        return Outcome.CRASHED, replace(record, message="the program took down the sandbox it ran in, twice")
    if ended.how is How.FLOOD:
        limit = f"values returned: {job.answers >> 20} MiB"
        return Outcome.CRASHED, replace(record, message="the program said too much", limit=limit)
    return Outcome.CRASHED, replace(record, message=f"the program was killed by {_signal_name(ended.code)}")


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


def _where(program: str, place: tuple[int, ...]) -> tuple[Frame, ...]:
    """Return where a program that had to be stopped was: its outermost loop in the outermost call.

    The line it happened to be in differs from time to time; the loop around it does not.
    """
    lines = _split(program)
    if not place or not 0 < place[0] <= len(lines):
        return ()
    found = place[0]
    indent = _indent(lines[found - 1])
    for number in range(place[0] - 1, 0, -1):
        line = lines[number - 1]
        if not line.strip() or line.lstrip().startswith("#") or _indent(line) >= indent:
            continue
        indent = _indent(line)
        if re.match(r"\s*(async )?(def|class)\b", line):
            break
        if re.match(r"\s*(while|(async )?for)\b", line):
            found = number
    return (Frame(line=found, function="", source=lines[found - 1].strip()),)


def _indent(line: str) -> int:
    expanded = line.expandtabs()
    return len(expanded) - len(expanded.lstrip())


def _filled(job: Job, report: Report, test: int | None) -> ErrorRecord:
    """Put the source lines into an error record: they come from the texts, not from the program."""
    lines = _split("\n".join([job.program, following(job.check)]))
    check = _part(job, test)
    if report.check is not None:
        first, last = report.check
        check = "\n".join(lines[max(0, first - 1) : last]).strip() or None
    error = report.error
    frames = tuple(replace(frame, source=_source(lines, frame)) for frame in error.frames)
    message = _settled(error.message)
    return replace(error, message=message, frames=frames, check=check, limit=_limit(job, report))


def _part(job: Job, test: int | None) -> str | None:
    """Return one test as it is shown; None for the tests' setup."""
    if test is None or not 0 <= test < job.check.count:
        return None
    text = job.check.part(test)
    return text if isinstance(job.check, Tests) or len(text) <= MAX_PART else f"{text[:MAX_PART]}..."


def following(check: Check) -> str:
    """Return the text that stands after a program, and whose lines are counted on from it."""
    return check.text if isinstance(check, Tests) else ""


def _limit(job: Job, report: Report) -> str | None:
    """Return the limit that an exception tells of."""
    if "MemoryError" in report.bases:
        return f"memory: {job.memory >> 20} MiB"
    if "OSError" in report.bases and report.error.message.startswith("[Errno 27]"):
        return f"file size: {FILE_SIZE >> 20} MiB"
    if "BlockingIOError" in report.bases:
        return "processes: none besides its own"
    return next((limit for words, limit in LIMITS.items() if report.error.message.startswith(words)), None)


def _split(text: str) -> list[str]:
    return text.replace("\r\n", "\n").replace("\r", "\n").split("\n")


def _source(lines: list[str], frame: Frame) -> str:
    """Return a frame's source line.

    The text that a program evaluates is not kept. Such a frame carries the line which the official code shows for it
    (it takes two from the number and counts from the end where the result is negative); only `paper` feedback uses it.
    """
    index = frame.line - 3 if frame.evaluated else frame.line - 1
    return lines[index].strip() if -len(lines) <= index < len(lines) else ""
