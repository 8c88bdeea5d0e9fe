"""One pass over the attempts of a place: how many ended how. The rows are streamed; a few of them are kept."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from leti.report.texts import cut
from leti.scores import Tally
from leti.types import Outcome, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from leti.runs import AttemptRow

PER_CAUSE = 3
"""Attempts that are kept of each cause."""


class Cause(NamedTuple):
    """Why a program ended as it did: the outcome, and the error's type where it raised one."""

    outcome: Outcome
    error: str

    @property
    def label(self) -> str:
        """What a reader looks for first."""
        return self.error or self.outcome.value


PASSED = Cause(Outcome.PASSED, "")


def cause_of(verdict: Verdict) -> Cause:
    """The cause of one verdict. A type's name is the program's to choose, so it is bounded."""
    if verdict.passed:
        return PASSED
    return Cause(verdict.outcome, cut(verdict.error.name, 60) if verdict.error else "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Census:
    """What became of the programs of one place."""

    tallies: Mapping[str, Tally]
    """By problem, in order."""
    causes: Mapping[Cause, int]
    firsts: Mapping[tuple[str, bool], int]
    """(problem, passed) -> the first sample that ended so."""
    kept: Mapping[Cause, tuple[AttemptRow, ...]]
    """The first of each cause, each of another problem."""

    @property
    def programs(self) -> int:
        """How many there are."""
        return sum(self.causes.values())

    @property
    def passed(self) -> int:
        """How many passed."""
        return self.causes.get(PASSED, 0)


def take(rows: Iterable[AttemptRow]) -> Census:
    """The census of rows that come in the order of their problems."""
    causes: Counter[Cause] = Counter()
    samples: Counter[str] = Counter()
    passes: Counter[str] = Counter()
    firsts: dict[tuple[str, bool], int] = {}
    kept: dict[Cause, list[AttemptRow]] = {}
    for row in rows:
        problem, passed, cause = row.solution.problem, row.verdict.passed, cause_of(row.verdict)
        causes[cause] += 1
        samples[problem] += 1
        passes[problem] += passed
        firsts.setdefault((problem, passed), row.solution.sample)
        same = kept.setdefault(cause, [])
        if len(same) < PER_CAUSE and all(other.solution.problem != problem for other in same):
            same.append(row)
    return Census(
        tallies={problem: Tally(count, passes[problem]) for problem, count in samples.items()},
        causes=causes,
        firsts=firsts,
        kept={cause: tuple(found) for cause, found in kept.items()},
    )
