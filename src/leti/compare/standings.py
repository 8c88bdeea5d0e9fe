"""Who stands where: pass@k before and after, against the first arm, and problem by problem. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from leti.compare.intervals import APART, difference, mean
from leti.compare.measured import of_common_seeds
from leti.page.texts import NAME_CHARS, cut

if TYPE_CHECKING:
    from collections.abc import Sequence

    from leti.compare.measured import Measured
    from leti.scores import Estimate

COURSES = 200
"""Problems that are listed: those on which the arms are furthest apart."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lead:
    """By how much one arm is ahead of another after learning; below zero it is behind."""

    points: Estimate
    seeds: int
    """That both have; 0 where they have none in common, and each draws its own."""

    @property
    def clear(self) -> bool:
        """Whether the interval is on one side of zero."""
        return self.points.low > 0 or self.points.high < 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """One arm, by one pass@k."""

    before: Estimate
    after: Estimate
    change: Estimate
    lead: Lead | None
    """Over the first arm; None for that one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Turned:
    """An arm against the first, by the problems that they solve."""

    both: int
    first: int
    """That the first arm alone solves."""
    other: int
    neither: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """One problem: the share of programs that passed, by arm."""

    name: str
    rates: tuple[float, ...]


def standings(found: Sequence[Measured], problems: Sequence[str], *, at: Sequence[int], k: int) -> tuple[Standing, ...]:
    """By arm, each after the place that it is compared at."""
    rows = []
    for one, place in zip(found, at, strict=True):
        rates = one.rates(problems, k)
        rows.append(
            Standing(
                before=mean(rates[0]),
                after=mean(rates[place]),
                change=mean(rates[place] - rates[0]),
                lead=None if one is found[0] else lead((one, place), (found[0], at[0]), problems=problems, k=k),
            )
        )
    return tuple(rows)


def lead(one: tuple[Measured, int], other: tuple[Measured, int], *, problems: Sequence[str], k: int = 1) -> Lead:
    """Of an arm at a place over another one, over the same problems and the seeds that both have."""
    (first, at), (second, there) = one, other
    mine, theirs, draws = of_common_seeds(first, second)
    here, others = first.rates(problems, k)[at][mine], second.rates(problems, k)[there][theirs]
    points = difference(here, others, draws=draws)
    return Lead(points=points, seeds=0 if draws == APART else len(mine))


def turned(found: Sequence[Measured], problems: Sequence[str], *, at: Sequence[int]) -> tuple[Turned, ...]:
    """Every arm but the first against it. A problem is solved if a program passed with at least half of the seeds."""
    solved = [_solved(one, problems, place) for one, place in zip(found, at, strict=True)]
    first = solved[0]
    return tuple(
        Turned(
            both=len(first & other),
            first=len(first - other),
            other=len(other - first),
            neither=len(problems) - len(first | other),
        )
        for other in solved[1:]
    )


def courses(found: Sequence[Measured], problems: Sequence[str], *, at: Sequence[int]) -> tuple[Course, ...]:
    """The problems on which the arms are furthest apart, first."""
    rates = [one.rates(problems)[place].mean(axis=0) for one, place in zip(found, at, strict=True)]
    rows = [
        Course(name=cut(name, NAME_CHARS), rates=tuple(float(each[index]) for each in rates))
        for index, name in enumerate(problems)
    ]
    return tuple(sorted(rows, key=lambda row: min(row.rates) - max(row.rates))[:COURSES])


def _solved(one: Measured, problems: Sequence[str], place: int) -> set[str]:
    runs = one.tallies[place]
    return {name for name in problems if 2 * sum(each[name].passed > 0 for each in runs) >= len(runs)}
