"""A run, read once. Rows are streamed: aggregates and a few attempts remain, however large the run is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from leti.report.census import PASSED, Cause, Census, take

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from leti.runs import AttemptRow, Place, Programs, Run
    from leti.types import Example, Key, TrainStep

SELECTS = "validation"
"""The split that chooses an iteration; the others are only reported."""
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
    steps: int
    pretrain: int
    """Of the steps, those on plain code."""
    mean_loss: float | None
    """Over the steps on examples."""
    last_loss: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What the page is made of."""

    places: tuple[Place, ...]
    """The base and the iterations that have begun."""
    scores: Mapping[str, Mapping[str, Any]]
    """By place, of those that are scored."""
    training: Mapping[str, Training]
    """By iteration."""
    held_out: Mapping[str, Mapping[str, Census]]
    """By split, the one the headline is about first; then by place."""

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
    return Reading(
        places=places,
        scores=scores,
        training={place.name: _training(place) for place in places[1:]},
        held_out={split: _held_out(places, scores, split) for split in order},
    )


def frequent(census: Census) -> list[Cause]:
    """Passed, then the most frequent causes of a census, as many as are shown."""
    others = sorted(census.causes.keys() - {PASSED}, key=lambda cause: (-census.causes[cause], cause))
    return [PASSED, *others[: CAUSES_SHOWN - 1]]


def kept(census: Census) -> list[AttemptRow]:
    """The attempts of a census that are shown."""
    return [row for cause in frequent(census) for row in census.kept.get(cause, ())]


def fetch(programs: Programs, keys: Collection[Key]) -> dict[Key, AttemptRow]:
    """The attempts of these keys."""
    return {row.key: row for row in programs.attempts if row.key in keys}


def _held_out(places: tuple[Place, ...], scores: Mapping[str, Any], split: str) -> dict[str, Census]:
    """Of whole scores only: the first problems of a split that is being scored are not a sample of it."""
    return {place.name: take(place.scored(split).attempts) for place in places if split in scores.get(place.name, {})}


def _training(place: Place) -> Training:
    census = take(place.attempts)
    wanted = {row.key for row in kept(census)}
    examples, found = 0, {}
    for example in place.examples:
        examples += 1
        if example.key in wanted:
            found[example.key] = example
    steps: list[TrainStep] = list(place.metrics)
    losses = [step.loss for step in steps if step.kind == "examples"]
    return Training(
        name=place.name,
        done=place.weights.exists(),
        census=census,
        examples=examples,
        found=found,
        steps=len(steps),
        pretrain=len(steps) - len(losses),
        mean_loss=sum(losses) / len(losses) if losses else None,
        last_loss=losses[-1] if losses else None,
    )
