"""Runs of a whole program: what it reads is given, what it prints is compared here, outside."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from leti.kinds import Case, Streams
from leti.types import ErrorRecord, TestStatus
from leti.verify.evidence import Ended, Evidence, How, Job, Report, Result, said, told

WRONG = "WrongAnswer"
MORE = 64 << 10
"""Bytes that are kept beyond what a program has to print: what goes on after them is not right."""
SHOWN = 2000
"""Characters of an output that a record keeps."""
_GOOD_EXITS = frozenset(f'{{"tuple":[{status}]}}' for status in ("", "0", "null", "false"))
"""What `SystemExit` is given for an exit status of 0. A text is printed, and the status is 1."""

Ran = tuple[Ended, dict[str, Any], bytes]
"""How a process ended, the template's header, and what the process said."""


def run_cases(job: Job, check: Streams, *, run: Callable[[Job, Case], Ran]) -> Evidence:
    """Run a program once per case; stops after one that did not end by itself.

    Args:
        job: what is run.
        check: its cases.
        run: runs the program for one of them.
    """
    evidence = Evidence(ended=Ended(how=How.EXIT), loaded=True)
    for number, case in enumerate(check.cases):
        kept = len(case.stdout.encode("utf-8", "surrogatepass")) + MORE
        ended, header, blob = run(replace(job, output=kept), case)
        result = _result(number, case, ended, (str(header["output"]), kept, blob))
        evidence = _with(evidence, result, ended, header)
        if result.status is not TestStatus.PASSED and _is_last(job, result):
            break
    return replace(evidence, output=evidence.output[: job.output])


def _with(evidence: Evidence, result: Result, ended: Ended, header: dict[str, Any]) -> Evidence:
    """Add one run; the output is the first wrong run's, or else the last one's."""
    went_well = all(one.status is TestStatus.PASSED for one in evidence.results)
    return replace(
        evidence,
        ended=ended,
        results=(*evidence.results, result),
        output=str(header["output"]) if went_well else evidence.output,
        seconds=evidence.seconds + float(header["seconds"]),
        cpu=max(evidence.cpu, float(header["cpu"])),
    )


def _is_last(job: Job, result: Result) -> bool:
    """Whether there is nothing to be learned from further cases, or it would take too long."""
    never = result.report is not None and bool({"SyntaxError", "MemoryError"} & result.report.bases)
    return not job.every or never or result.status is TestStatus.STOPPED


def _result(number: int, case: Case, ended: Ended, printed: tuple[str, int, bytes]) -> Result:
    output, kept, blob = printed
    lines = blob.decode("ascii", "replace").splitlines()
    last = said(lines[0]) if lines else {}
    raised = told(last.get("error"))
    if raised is not None and not _left_well(raised, last["error"]["arguments"]):
        return Result(test=number, status=TestStatus.RAISED, report=raised)
    if ended.how is not How.EXIT or ended.code:
        return Result(test=number, status=TestStatus.STOPPED)
    where = difference(output, case.stdout)
    if not where and len(output.encode("utf-8", "surrogatepass")) >= kept:  # nobody knows how it goes on
        where = output.count("\n") + 1
    if not where:
        return Result(test=number, status=TestStatus.PASSED)
    error = ErrorRecord(
        type=WRONG,
        message=f"what it printed differs in line {where}",
        expected=_shown(case.stdout),
        got=_shown(output),
    )
    return Result(test=number, status=TestStatus.FAILED, report=Report(error=error))


def _left_well(raised: Report, arguments: Any) -> bool:
    return "SystemExit" in raised.bases and arguments in _GOOD_EXITS


def difference(got: str, expected: str) -> int:
    """Return the first line, from 1, in which two outputs differ; 0 where they are the same.

    White space at the ends of lines and empty lines at the end do not count.
    """
    lines, right = _lines(got), _lines(expected)
    for number, (line, other) in enumerate(zip(lines, right, strict=False), start=1):
        if line != other:
            return number
    return 0 if len(lines) == len(right) else min(len(lines), len(right)) + 1


def _lines(text: str) -> list[str]:
    return "\n".join(line.rstrip() for line in text.split("\n")).rstrip("\n").split("\n")


def _shown(text: str) -> str:
    text = text.rstrip()
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}..."
