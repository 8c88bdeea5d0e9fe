"""A run, read once. Rows are streamed: aggregates and a few attempts remain, however large the run is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from leti.report.census import PASSED, Cause, Census, take

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from leti.runs import AttemptRow, Place, Run
    from leti.types import Example, Key, TrainStep, Work

SELECTS = "validation"
"""The split that chooses an iteration; the others are only reported."""
FOLLOWED = 12
CAUSES_SHOWN = 8
"""Causes of an iteration of which attempts are shown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Training:
    """What one iteration learned from, and how."""

    name: str
    done: bool
    census: Census
    examples: int
    found: Mapping[Key, Example]
    """The examples of the attempts that are shown."""
    steps: tuple[TrainStep, ...]

    @property
    def losses(self) -> tuple[float, ...]:
        """Of the steps on examples; the others are on plain code."""
        return tuple(step.loss for step in self.steps if step.kind == "examples")


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What the page is made of."""

    places: tuple[Place, ...]
    """The base and the iterations that have begun."""
    scores: Mapping[str, Mapping[str, Any]]
    """By place, of those that are scored."""
    training: Mapping[str, Training]
    """By iteration."""
    followed: tuple[str, ...]
    """Problems that are trained on and whose first attempt is shown at every iteration."""
    held_out: Mapping[str, Mapping[str, Census]]
    """By split, the one the headline is about first; then by place."""
    spent: Mapping[str, Mapping[Work, float]]
    """Seconds by place and work, as far as they are known."""

    @property
    def split(self) -> str | None:
        """The split the headline is about."""
        return next(iter(self.held_out), None)


def read(run: Run) -> Reading:
    """Reads a run, whatever it has got to.

    Raises:
        RunError: a file in it is damaged.
    """
    places = (run.base, *run.iterations())
    scores = {place.name: found for place in places if (found := place.scores) is not None}
    splits = dict.fromkeys(split for found in scores.values() for split in found)
    # A split that selects is not the one to report, unless there is no other.
    order = sorted(splits, key=lambda split: (split == SELECTS, split != "test"))
    taken = {place.name: take(place.attempts) for place in places[1:]}
    names = followed(taken.values())
    return Reading(
        places=places,
        scores=scores,
        training={place.name: _training(place, taken[place.name], names) for place in places[1:]},
        followed=tuple(names),
        held_out={split: _held_out(places, scores, split) for split in order},
        spent=run.spent(),
    )


def frequent(census: Census) -> list[Cause]:
    """Passed, then the most frequent causes of a census, as many as are shown."""
    others = sorted(census.causes.keys() - {PASSED}, key=lambda cause: (-census.causes[cause], cause))
    return [PASSED, *others[: CAUSES_SHOWN - 1]]


def kept(census: Census, followed: Iterable[str]) -> list[AttemptRow]:
    """The attempts of a census that are shown, in the order of their problems.

    They are a few of each cause, and the first at each problem that is followed through the iterations.
    """
    rows = [row for cause in frequent(census) for row in census.kept.get(cause, ())]
    rows += [census.first[name] for name in followed if name in census.first]
    order = {name: at for at, name in enumerate(census.by_problem)}
    return sorted({row.key: row for row in rows}.values(), key=lambda row: (order[row.key[0]], row.key[1]))


def followed(censuses: Iterable[Census]) -> list[str]:
    """A few problems out of all of them, evenly spread: the same at every place."""
    names = list(dict.fromkeys(name for census in censuses for name in census.by_problem))
    apart = max(1, len(names) // FOLLOWED)
    return names[::apart][:FOLLOWED]


def _held_out(places: tuple[Place, ...], scores: Mapping[str, Any], split: str) -> dict[str, Census]:
    """Of whole scores only: the first problems of a split that is being scored are not a sample of it."""
    return {place.name: take(place.scored(split).attempts) for place in places if split in scores.get(place.name, {})}


def _training(place: Place, census: Census, names: Iterable[str]) -> Training:
    wanted = {row.key for row in kept(census, names)}
    examples, found = 0, {}
    for example in place.examples:
        examples += 1
        if example.key in wanted:
            found[example.key] = example
    return Training(
        name=place.name,
        done=place.weights.exists(),
        census=census,
        examples=examples,
        found=found,
        steps=tuple(place.metrics),
    )
