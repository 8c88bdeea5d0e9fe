"""What it took to reach a pass rate: steps, programs, seconds. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from leti.compare.intervals import estimate_steps, steps_ratio
from leti.compare.measured import of_common_seeds

if TYPE_CHECKING:
    from collections.abc import Sequence

    from leti.compare.measured import Measured
    from leti.scores import Estimate

LEAST_WAY = 0.005
"""A rise below which there is no way to go half of."""
SHARES = (("half of the way", 0.5), ("three quarters", 0.75))


@dataclass(frozen=True, slots=True, kw_only=True)
class Goal:
    """A pass rate to reach."""

    words: str
    """How far it is from the base model to the last of them."""
    rate: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """One arm on its way to one goal."""

    took: Estimate
    """Infinite where it never got there."""
    ratio: Estimate | None
    """Times what the first arm took; None for the first arm itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Effort:
    """By one way to count it."""

    way: str
    rows: tuple[tuple[Reach, ...], ...]
    """By arm, then by goal."""


def goals(found: Sequence[Measured], problems: Sequence[str], *, target: float | None) -> tuple[Goal, ...]:
    """Shares of the way from the base models' pass@1 to the target.

    The target, if none is given, is the highest pass@1 that every arm reaches: of the arms' best places the lowest. An
    arm that does not rise above its base has no say in it. None where no way is left.
    """
    courses = [one.rates(problems).mean(axis=(1, 2)) for one in found]
    start = sum(float(course[0]) for course in courses) / len(courses)
    risen = [float(course.max()) for course in courses if course.max() - course[0] >= LEAST_WAY]
    end = min(risen, default=start) if target is None else target
    if end - start < LEAST_WAY:
        return (Goal(words="as asked", rate=end),) if target is not None else ()
    on_the_way = [Goal(words=words, rate=start + share * (end - start)) for words, share in SHARES]
    return (*on_the_way, Goal(words="all of it", rate=end))  # the arm's own figure: a sum may miss it by a rounding


def efforts(found: Sequence[Measured], problems: Sequence[str], *, reached: Sequence[Goal]) -> tuple[Effort, ...]:
    """What each arm took, by each way that is known for all of them."""
    ways = [way for way in found[0].took if all(way in one.took for one in found)]
    return tuple(
        Effort(way=way, rows=tuple(_reaches(found[0], one, way, problems=problems, reached=reached) for one in found))
        for way in ways
    )


def _reaches(
    first: Measured, one: Measured, way: str, *, problems: Sequence[str], reached: Sequence[Goal]
) -> tuple[Reach, ...]:
    mine, theirs = one.curve(way, problems), first.curve(way, problems)
    here, there, draws = of_common_seeds(one, first)
    return tuple(
        Reach(
            took=estimate_steps(mine, goal.rate),
            ratio=None if one is first else steps_ratio(mine.of(here), theirs.of(there), target=goal.rate, draws=draws),
        )
        for goal in reached
    )
