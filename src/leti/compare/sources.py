"""The runs that are compared, as far as they have got: what was set, what is scored. Rows are read later."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate
from typing import TYPE_CHECKING, Any

from leti.errors import RunError
from leti.runs import Run, flat, learning_seconds

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from leti.runs import Place

STEPS, PROGRAMS, SECONDS = "steps on examples", "programs learned from", "seconds of learning"


@dataclass(frozen=True)
class Source:
    """One run."""

    run: Run
    name: str
    """Its path, without what all the runs' paths begin with."""
    config: Mapping[str, Any]
    """By dotted key; what an older run does not name is as it would be now."""

    @property
    def seed(self) -> str:
        """As it is written."""
        return json.dumps(self.config.get("seed"))

    @cached_property
    def places(self) -> tuple[Place, ...]:
        """The base and the iterations, up to the first that is not scored."""
        found: list[Place] = []
        for place in (self.run.base, *self.run.iterations()):
            if place.scores is None:
                break
            found.append(place)
        return tuple(found)

    @property
    def splits(self) -> tuple[str, ...]:
        """What is scored at the base, and so at every place."""
        return tuple(self.places[0].scores or {}) if self.places else ()

    @property
    def planned(self) -> int | None:
        """How many places there are to be, the base among them."""
        found = self.config.get("iterations")
        return found + 1 if isinstance(found, int) else None

    @property
    def unfinished(self) -> bool:
        """Whether there are more to come."""
        return self.planned is not None and len(self.places) < self.planned

    def took(self) -> dict[str, list[float]]:
        """What it took to get to each place, by the way to count it; no seconds where some are not known."""
        trained = self.places[1:]
        steps: list[float] = [sum(step.kind == "examples" for step in place.metrics) for place in trained]
        programs: list[float] = [place.attempts.size()[0] for place in trained]
        found = {STEPS: steps, PROGRAMS: programs}
        if (seconds := _seconds(self.run, [place.name for place in trained])) is not None:
            found[SECONDS] = seconds
        return {name: [0.0, *accumulate(each)] for name, each in found.items()}


def open_runs(paths: Sequence[Path], defaults: Mapping[str, Any]) -> list[Source]:
    """The runs at some paths, in order.

    Args:
        paths: of run directories.
        defaults: what a key is that a run's configuration does not name: it came later.

    Raises:
        RunError: fewer than two, one of them twice, or one that is no run.
    """
    if len(paths) < 2:
        raise RunError("One run is not compared with anything: type two or more. `leti report RUN` shows one.")
    whole = [os.path.abspath(path) for path in paths]  # noqa: PTH100 - as typed: a link keeps its name
    for path, again in zip(paths, whole, strict=True):
        if whole.count(again) > 1:
            raise RunError(f"{path} is there twice: two times the same run is no second one. Type it once.")
    known = flat(defaults)
    above = os.path.commonpath([os.path.dirname(path) for path in whole])  # noqa: PTH120 - what `abspath` gave
    return [
        Source(run=Run(path), name=os.path.relpath(each, above), config=known | flat(Run(path).config))
        for path, each in zip(paths, whole, strict=True)
    ]


def _seconds(run: Run, names: Sequence[str]) -> list[float] | None:
    spent = run.spent()
    found = [learning_seconds(spent.get(name, {})) for name in names]
    known = [seconds for seconds in found if seconds is not None]
    return known if len(known) == len(found) else None
