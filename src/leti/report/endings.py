"""What became of the programs, by iteration. Pure."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from leti.report.census import PASSED, Cause, Census, Missing

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

CAUSES = 8
"""Causes that get a row and a colour of their own; the rest are one."""


NAMES = 10
"""Missing names that are told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lacking:
    """A name that was not there."""

    missing: Missing
    counts: tuple[tuple[str, int], ...]
    """Programs that missed it, by iteration."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One iteration's programs."""

    name: str
    programs: int
    counts: tuple[int, ...]
    """One per cause, then that of all others."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Endings:
    """One group of programs over the iterations."""

    title: str
    columns: tuple[Column, ...]

    @property
    def seen(self) -> tuple[int, ...]:
        """The causes that occur in this group."""
        causes = len(self.columns[0].counts) - 1
        return tuple(index for index in range(causes) if any(column.counts[index] for column in self.columns))

    @property
    def others(self) -> bool:
        """Whether any other cause does."""
        return any(column.counts[-1] for column in self.columns)


def ranking(censuses: Iterable[Census]) -> tuple[Cause, ...]:
    """Passed, then the most frequent causes of the whole run: one order, and so one colour each, for every group."""
    total: Counter[Cause] = Counter()
    for census in censuses:
        total.update(census.causes)
    others = sorted((cause for cause in total if cause != PASSED), key=lambda cause: (-total[cause], cause))
    return (PASSED, *others[:CAUSES])


def endings(title: str, censuses: Mapping[str, Census], *, causes: Sequence[Cause]) -> Endings:
    """A group, from its censuses by iteration; those without programs are left out."""
    columns = []
    for name, census in censuses.items():
        if census.programs:
            counts = [census.causes.get(cause, 0) for cause in causes]
            columns.append(Column(name=name, programs=census.programs, counts=(*counts, census.programs - sum(counts))))
    return Endings(title=title, columns=tuple(columns))


def missing(censuses: Mapping[str, Census]) -> tuple[Lacking, ...]:
    """The names that were missed most often, over all iterations."""
    total: Counter[Missing] = Counter()
    for census in censuses.values():
        total.update(census.missing)
    order = sorted(total, key=lambda one: (-total[one], one))[:NAMES]
    return tuple(
        Lacking(missing=one, counts=tuple((name, census.missing[one]) for name, census in censuses.items()))
        for one in order
    )
