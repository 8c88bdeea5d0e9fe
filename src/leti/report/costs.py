"""What an iteration took: programs and tokens. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from leti.report.reading import Reading


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """Of one place."""

    name: str
    programs: int
    """That were learned from."""
    sampled: int
    """Tokens of them."""
    scored: int
    """Tokens of the programs that were scored."""
    trained: int
    """Tokens that bore loss."""
    passed: int
    solved: int
    """Problems that at least one of the programs solved."""

    @property
    def of_learning(self) -> int:
        """Tokens that were sampled to learn from, and trained on."""
        return self.sampled + self.trained

    def each(self, count: int) -> str:
        """The cost of learning for each of so many, in words."""
        return f"{self.of_learning / count:,.0f}" if count and self.of_learning else "\N{EN DASH}"


def costs(reading: Reading) -> tuple[Cost, ...]:
    """By place, the base first."""
    return tuple(_costs(reading))


def _costs(reading: Reading) -> Iterator[Cost]:
    for place in reading.places:
        training = reading.training.get(place.name)
        scored = sum(found[place.name].tokens.total() for found in reading.held_out.values() if place.name in found)
        yield Cost(
            name=place.name,
            programs=training.census.programs if training else 0,
            sampled=training.census.tokens.total() if training else 0,
            scored=scored,
            trained=sum(step.tokens for step in training.steps) if training else 0,
            passed=training.census.passed if training else 0,
            solved=sum(tally.passed > 0 for tally in training.census.tallies.values()) if training else 0,
        )
