"""What is new in a run's files since they were last looked at."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from leti.rows import Rows
from leti.runs import AttemptRow, Place, Run
from leti.types import TrainStep

Row = TypeVar("Row")


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """A program has its verdict."""

    place: str
    """`base`, or the iteration."""
    split: str | None
    """The split that is scored; None: it is to be trained on."""
    row: AttemptRow
    number: int
    """How many there are now, this one included."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stepped:
    """The optimiser has taken a step."""

    place: str
    step: TrainStep
    examples: int
    """How many the iteration trains on."""
    before: int
    """Steps of the iterations before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scored:
    """All splits are scored."""

    place: str
    scores: Mapping[str, Any]
    steps: int
    """Of the whole run so far."""


News = Judged | Stepped | Scored


class Follower:
    """Reads a run's files onwards from where they end now."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._splits: tuple[str, ...] = tuple(run.config["score"]["splits"])
        self._ends: dict[Path, int] = {}
        self._counts: dict[Path, int] = {}
        self._closed: set[str] = set()
        for place in self._places():
            self._skip(place)

    def news(self) -> Iterator[News]:
        """What came since, in the order in which it came to be."""
        steps = 0
        for place in self._places():
            if place.name not in self._closed:
                yield from self._of_place(place, steps)
            steps += self._counts.get(place.metrics.path, 0)

    def _of_place(self, place: Place, steps: int) -> Iterator[News]:
        yield from self._judged(place, None)
        examples = 0
        for _, step in self._new(place.metrics):
            examples = examples or place.examples.size()[0]
            yield Stepped(place=place.name, step=step, examples=examples, before=steps)
        for split in self._splits:
            yield from self._judged(place, split)
        if (scores := place.scores) is not None:
            self._closed.add(place.name)
            steps += self._counts.get(place.metrics.path, 0)
            yield Scored(place=place.name, scores=scores, steps=steps)

    def _judged(self, place: Place, split: str | None) -> Iterator[Judged]:
        rows = (place if split is None else place.scored(split)).attempts
        for number, row in self._new(rows):
            yield Judged(place=place.name, split=split, row=row, number=number)

    def _new(self, rows: Rows[Row]) -> Iterator[tuple[int, Row]]:
        """The rows that came, each with its number in the file, from 1."""
        found, self._ends[rows.path] = rows.since(self._ends.get(rows.path, 0))
        first = self._counts.get(rows.path, 0) + 1
        self._counts[rows.path] = first - 1 + len(found)
        yield from enumerate(found, start=first)

    def _skip(self, place: Place) -> None:
        """Takes what is there for known. A torn last line is not there: it will be cut off."""
        scored = [place.scored(split).attempts for split in self._splits]
        files: list[Rows[Any]] = [place.attempts, place.metrics, *scored]
        for rows in files:
            self._counts[rows.path], self._ends[rows.path] = rows.size()
        if place.scores is not None:
            self._closed.add(place.name)

    def _places(self) -> list[Place]:
        return [self._run.base, *self._run.iterations()]
