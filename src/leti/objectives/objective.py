"""An objective, complete: which attempts, laid out how."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from leti.objectives import fcft, passing_only, reward_only
from leti.objectives.choose import Choice, choose
from leti.objectives.layout import Layout
from leti.types import Attempt, Example
from leti.vocabulary import GOOD

OBJECTIVES: dict[str, tuple[Callable[[Sequence[Attempt], Layout], list[Example]], str]] = {
    "fcft": (fcft.examples, GOOD),
    "reward-only": (reward_only.examples, GOOD),
    "passing-only": (passing_only.examples, ""),
}
"""By name: the function, and the token that the trained model is asked for good programs with."""


@dataclass(frozen=True, slots=True)
class Objective:
    """Attempts -> Examples, with its options."""

    name: str
    layout: Layout = field(default_factory=Layout)
    choice: Choice = field(default_factory=Choice)

    @property
    def prefix(self) -> str:
        """What stands before the prompt when the trained model is sampled."""
        return OBJECTIVES[self.name][1]

    def examples(self, attempts: Sequence[Attempt], key: str) -> list[Example]:
        """The examples of one iteration, in the order of the attempts. `key` decides what is left out at random."""
        return OBJECTIVES[self.name][0](choose(attempts, self.choice, key=key), self.layout)
