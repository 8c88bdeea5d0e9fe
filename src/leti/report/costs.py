"""What an iteration took: programs, tokens and, where they are known, seconds. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from leti.progress import duration
from leti.runs import learning_seconds
from leti.types import Work

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

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
    spent: Mapping[Work, float]
    """Seconds; no such work where they are not known."""

    @property
    def of_learning(self) -> int:
        """Tokens that were sampled to learn from, and trained on."""
        return self.sampled + self.trained

    def seconds(self) -> list[str]:
        """Of each kind of work, and of all, in words."""
        return [_words(self.spent.get(work)) for work in Work] + [_words(sum(self.spent.values()) or None)]

    def seconds_each(self, count: int) -> str:
        """The seconds of learning for each of so many, in words."""
        learning = learning_seconds(self.spent)
        return _words(learning / count if count and learning is not None else None)

    def each(self, count: int) -> str:
        """The cost of learning for each of so many, in words."""
        return f"{self.of_learning / count:,.0f}" if count and self.of_learning else "\N{EN DASH}"


def costs(reading: Reading) -> tuple[Cost, ...]:
    """By place, the base first."""
    return tuple(_costs(reading))


def together(found: Sequence[Cost]) -> list[str]:
    """Seconds of each kind of work at all places, and of all, in words."""
    sums = [sum(cost.spent.get(work, 0.0) for cost in found) for work in Work]
    return [_words(seconds or None) for seconds in (*sums, sum(sums))]


def _words(seconds: float | None) -> str:
    return "\N{EN DASH}" if seconds is None else duration(seconds).replace(" ", "\N{NO-BREAK SPACE}")


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
            spent=reading.spent.get(place.name, {}),
        )
