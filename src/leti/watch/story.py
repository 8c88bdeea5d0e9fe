"""News -> where the run is now, in words; pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from leti.progress import duration
from leti.scores import in_words
from leti.watch.expected import Expected
from leti.watch.news import Judged, News, Scored, Stepped

SHOWN = 3
"""Kinds of errors that are named."""


@dataclass
class Stage:
    """One stretch of work: programs of a place, or optimiser steps."""

    label: str
    unit: str
    total: int
    began: float
    first: int
    """How much was done before it was watched."""
    seen: tuple[int, float] | None = None
    """How much was done at the first look, and when that was: until then a model was loaded, or a cache filled."""
    done: int = 0
    ends: Counter[str] = field(default_factory=Counter)
    loss: float | None = None

    def rate(self, now: float) -> float:
        """Units per second, since the first look if there is more than one."""
        first, began = self.seen if self.seen and self.done > self.seen[0] else (self.first, self.began)
        return (self.done - first) / max(now - began, 1e-9)

    @property
    def over(self) -> bool:
        """Whether all of it is done."""
        return self.done >= self.total

    def state(self) -> str:
        """The pass rate and the most frequent errors; or the loss."""
        if self.loss is not None:
            return f"loss {self.loss:.3f}"
        judged = self.ends.total()
        errors = [(name, count) for name, count in self.ends.most_common() if name != "passed"][:SHOWN]
        shares = [f"{name} {100 * count / judged:.0f} %" for name, count in errors]
        return "; ".join([f"{100 * self.ends['passed'] / judged:.1f} % passed", ", ".join(shares)]).removesuffix("; ")

    def progress(self, now: float) -> str:
        """One line, while it goes on."""
        left = (self.total - self.done) / self.rate(now) if self.rate(now) else 0.0
        pace = f"{self.rate(now):.1f}/s, {duration(left)} left"
        return f"{self.label}: {self.done} of {self.total} {self.unit}, {pace}; {self.state()}"

    def ended(self, now: float) -> str:
        """One line, when it is over."""
        return f"{self.label}: {self.done} {self.unit} in {duration(now - self.began)}; {self.state()}"


class Story:
    """The stage that a run is at."""

    def __init__(self, expected: Expected, *, now: float) -> None:
        self._expected = expected
        self._idle = now
        self.stage: Stage | None = None

    def hear(self, news: Sequence[News], *, now: float) -> list[str]:
        """Takes the news in. Returns what is over, as lines: stages, and scores."""
        lines: list[str] = []
        for item in news:
            if isinstance(item, Scored):
                lines += [f"{item.place}: {split} {in_words(scores)}" for split, scores in item.scores.items()]
                continue
            stage = self._stage_of(item, lines, now)
            _count(stage, item)
            if stage.over:
                lines.append(stage.ended(now))
                self.stage, self._idle = None, now
        if self.stage is not None and self.stage.seen is None:
            self.stage.seen = self.stage.done, now
        return lines

    def _stage_of(self, item: Judged | Stepped, lines: list[str], now: float) -> Stage:
        label = item.place
        if isinstance(item, Judged) and item.split is not None:
            label = f"{item.place} {item.split}"
        unit = "programs" if isinstance(item, Judged) else "steps"
        if self.stage is None or (self.stage.label, self.stage.unit) != (label, unit):
            if self.stage is not None:  # it had less to do than was expected
                lines.append(self.stage.ended(now))
                self._idle = now
            self.stage = Stage(
                label=label, unit=unit, total=self._total(item), began=self._idle, first=_number(item) - 1
            )
        return self.stage

    def _total(self, item: Judged | Stepped) -> int:
        if isinstance(item, Judged):
            return self._expected.total(item.split)
        return self._expected.steps(item.examples)


def _number(item: Judged | Stepped) -> int:
    return item.number if isinstance(item, Judged) else item.step.step


def _count(stage: Stage, item: Judged | Stepped) -> None:
    stage.done = _number(item)
    if isinstance(item, Stepped):
        stage.loss = item.step.loss
        return
    verdict = item.row.verdict
    stage.ends["passed" if verdict.passed else verdict.error.name if verdict.error else verdict.outcome.value] += 1
