"""What became of each test, in the words of the check. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from leti.page.texts import cut
from leti.types import TestStatus

if TYPE_CHECKING:
    from leti.types import ErrorRecord, Problem, Verdict

MOST = 20
"""Tests that are told of one attempt."""
CHARS = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """One test."""

    status: TestStatus
    check: str
    expected: str
    got: str
    said: str
    """What went wrong, where it was no comparison."""


def told(problem: Problem, verdict: Verdict) -> tuple[Told, ...]:
    """The first tests of the check, in order."""
    first = next((at for at, test in enumerate(verdict.tests) if test.status in BROKEN), None)
    return tuple(
        _told(problem, at, status=test.status, error=verdict.error if at == first else test.error)
        for at, test in enumerate(verdict.tests[:MOST])
    )


BROKEN = frozenset({TestStatus.FAILED, TestStatus.RAISED, TestStatus.STOPPED})


def _told(problem: Problem, at: int, *, status: TestStatus, error: ErrorRecord | None) -> Told:
    compared = error is not None and error.got is not None
    return Told(
        status=status,
        check=cut(problem.check.part(at), CHARS) if at < problem.check.count else f"test {at + 1}",
        expected=cut(error.expected or "", CHARS) if error and compared else "",
        got=cut(error.got or "", CHARS) if error and compared else "",
        said=cut(f"{error.type}: {error.message}", CHARS) if error and not compared else "",
    )
