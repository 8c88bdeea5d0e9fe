"""The files of a run that hold attempts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from leti.report.attempts import title_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from leti.rows import Rows
    from leti.runs import AttemptRow, Place, Run
    from leti.types import Example

LEARNED = "learned from"
"""What stands in an address for the attempts that are of no scored split."""


@dataclass(frozen=True)
class Source:
    """One of them: what an iteration learned from, or what a place wrote for a split that is scored."""

    place: Place
    split: str | None

    @property
    def title(self) -> str:
        """What it holds, in words."""
        return title_of(self.split)

    @property
    def attempts(self) -> Rows[AttemptRow]:
        """In the order of their problems."""
        return (self.place if self.split is None else self.place.scored(self.split)).attempts

    @property
    def examples(self) -> tuple[Rows[Example], ...]:
        """What was made of the attempts: a file, or none of a split that is scored."""
        return (self.place.examples,) if self.split is None else ()

    @property
    def files(self) -> tuple[Rows[Any], ...]:
        """All that belongs to it."""
        return (self.attempts, *self.examples)

    @property
    def settled(self) -> bool:
        """Whether the report counts it: of a split that is being scored there are only the first problems yet."""
        return self.split is None or self.split in (self.place.scores or {})

    def among(self, place: str, split: str) -> bool:
        """Whether it is of that place and that split; an empty text is any."""
        return place in {"", self.place.name} and split in {"", LEARNED if self.split is None else self.split}


def sources(run: Run) -> Iterator[Source]:
    """Of the base model, then of the iterations; some may not be there yet."""
    for place in (run.base, *run.iterations()):
        yield Source(place, None)
        yield from (Source(place, split) for split in place.splits)
