"""What the arms came to on the problems that all of them were scored on."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from leti.compare.intervals import APART, TOGETHER, Curve
from leti.errors import RunError
from leti.page.texts import cut, visible
from leti.scores import pass_at_k, tally

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from leti.compare.arms import Arm
    from leti.compare.sources import Source
    from leti.runs import Place
    from leti.scores import Tally
    from leti.types import Problem

SELECTS = "validation"
"""The split that chooses an iteration; another one is compared where there is one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """One arm on one split."""

    arm: Arm
    sources: tuple[Source, ...]
    """The runs that have got as far as half of the arm's have, one for each seed."""
    behind: tuple[Source, ...]
    """Those that have not, and are left out."""
    places: tuple[str, ...]
    """The base, then the iterations."""
    tallies: tuple[tuple[Mapping[str, Tally], ...], ...]
    """By place, then by run: by problem."""
    took: Mapping[str, NDArray[np.float64]]
    """(places, seeds) by the way to count it."""

    @property
    def seeds(self) -> tuple[str, ...]:
        """In the order of the runs."""
        return tuple(source.seed for source in self.sources)

    def rates(self, problems: Sequence[str], k: int = 1) -> NDArray[np.float64]:
        """pass@k, (places, seeds, problems)."""
        return np.array([[[_rate(each[name], k) for name in problems] for each in runs] for runs in self.tallies])

    def curve(self, way: str, problems: Sequence[str]) -> Curve:
        """pass@1 over one way to count what it took."""
        return Curve(steps=self.took[way], rates=self.rates(problems))


def choose_split(arms: Sequence[Arm], asked: str | None) -> str:
    """The split that is compared: what is asked for, else one that nothing was decided on, if there is one.

    Raises:
        RunError: an arm has no scores yet, or none on the same split as the others.
    """
    scored = {arm.name: [source for source in arm.sources if source.splits] for arm in arms}
    for name, sources in scored.items():
        if not sources:
            raise RunError(
                f"{visible(name)} has not been scored yet, so there is nothing to compare: `leti learn` goes on with it"
            )
    common = [
        split
        for split in next(iter(scored.values()))[0].splits
        if all(split in source.splits for sources in scored.values() for source in sources)
    ]
    told = "; ".join(f"{one.name}: {', '.join(one.splits)}" for sources in scored.values() for one in sources)
    if asked is not None and asked not in common:
        offer = f"Type --split {common[0]}" if common else "Leave out those that lack it"
        raise RunError(f"The split {asked!r} is not scored in every run ({visible(told)}). {offer}.")
    if not common:
        raise RunError(
            f"No split is scored in every run ({visible(told)}). Compare runs with a split in common: "
            'leave some out, or learn again with --set score.splits=["test"]'
        )
    return asked or min(common, key=lambda split: (split == SELECTS, split != "test"))


def measure(arm: Arm, split: str) -> Measured:
    """An arm as far as at least half of its runs have got.

    Raises:
        RunError: a file of a run is damaged.
    """
    reached = sorted((len(source.places) for source in arm.sources), reverse=True)
    depth = reached[(len(reached) - 1) // 2] or reached[0]
    sources = tuple(source for source in arm.sources if len(source.places) >= depth)
    took = [source.took() for source in sources]
    ways = [way for way in took[0] if all(way in each for each in took)]
    return Measured(
        arm=arm,
        sources=sources,
        behind=tuple(source for source in arm.sources if source not in sources),
        places=tuple(place.name for place in sources[0].places[:depth]),
        tallies=tuple(tuple(_tallies(source.places[at], split) for source in sources) for at in range(depth)),
        took={way: np.array([each[way][:depth] for each in took]).T for way in ways},
    )


def common_problems(found: Sequence[Measured]) -> list[str]:
    """The problems that every run was scored on at every place, in order.

    Raises:
        RunError: there are none.
    """
    each = [tallies for one in found for runs in one.tallies for tallies in runs]
    common = [name for name in each[0] if all(name in tallies for tallies in each)]
    if not common:
        examples = ", ".join(dict.fromkeys(cut(next(iter(t), "none"), 40) for t in each))
        raise RunError(
            f"The runs were scored on other problems ({visible(examples)}, ...), so they cannot be compared. "
            "Type runs that have problems in common."
        )
    return common


def altered(found: Sequence[Measured], names: Sequence[str]) -> int:
    """How many of the problems are not put or checked the same way in every run."""
    first, *others = [source.run.problems for one in found for source in one.sources]
    return sum(any(_put(other.get(name)) != _put(first.get(name)) for other in others) for name in names)


def of_common_seeds(first: Measured, second: Measured) -> tuple[list[int], list[int], int]:
    """The positions of the seeds that both arms have, and how they are drawn; all where they have none in common."""
    both = [seed for seed in first.seeds if seed in second.seeds]
    if not both:
        return list(range(len(first.seeds))), list(range(len(second.seeds))), APART
    return [first.seeds.index(seed) for seed in both], [second.seeds.index(seed) for seed in both], TOGETHER


@cache
def _rate(found: Tally, k: int) -> float:
    return pass_at_k(found.samples, found.passed, k=k)


def _put(problem: Problem | None) -> object:
    return problem and (problem.prompt, problem.check)


def _tallies(place: Place, split: str) -> Mapping[str, Tally]:
    return tally((row.solution.problem, row.verdict.passed) for row in place.scored(split).attempts)
