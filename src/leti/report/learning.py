"""Did it learn? pass@k by iteration, and the paired difference from the base model, in words. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from leti.page.words import FEW, counted, percent, points, read_estimate
from leti.report.reading import SELECTS
from leti.scores import Estimate, Tally, paired_difference, pass_at_k

if TYPE_CHECKING:
    from collections.abc import Mapping

    from leti.report.census import Census

UNCLEAR = "did not clearly change"


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One place against the base model, on one split."""

    place: str
    before: Estimate
    after: Estimate
    difference: Estimate | None
    """Paired over problems; None where the two were not scored on the same problems."""
    better: int
    """Problems whose pass rate rose."""
    worse: int
    problems: int

    @property
    def verb(self) -> str:
        """What can be said at the 95 % level."""
        if self.difference is None or self.difference.low <= 0 <= self.difference.high:
            return UNCLEAR
        return "rose" if self.difference.low > 0 else "fell"


@dataclass(frozen=True, slots=True, kw_only=True)
class Headline:
    """What the run learned, on the split that nothing was decided on."""

    split: str
    metric: str
    """pass@1 wherever it is scored."""
    selects: bool
    """Whether that split also chose the selected iteration: then its figure flatters."""
    base: Estimate | None
    last: Change | None
    selected: Change | None
    selected_at: Estimate | None
    """The selected iteration's score on the split that selects."""

    @property
    def title(self) -> str:
        """The run in one sentence."""
        if self.last is not None:
            before, after = percent(self.last.before.value), percent(self.last.after.value)
            if self.last.verb == UNCLEAR:
                return f"{self.metric} on {self.split} {UNCLEAR}: {before} before, {after} after"
            return f"{self.metric} on {self.split} {self.last.verb} from {before} to {after}"
        if self.base is not None:
            return f"The base model's {self.metric} on {self.split} is {percent(self.base.value)}"
        return "Nothing has been scored yet"

    @property
    def sentences(self) -> tuple[str, ...]:
        """What the title rests on, and what it does not say."""
        if self.last is None:
            return ("No iteration has been scored yet, so there is nothing to compare.",)
        chosen = self.selected is not None and self.selected.place != self.last.place
        evidence = [_evidence(self.last), *([_evidence(self.selected)] if chosen and self.selected else [])]
        return (*evidence, self._selection(), *_doubt(self.last))

    def _selection(self) -> str:
        if self.selected is None or self.selected_at is None:
            return "No validation split was scored, so no iteration is selected: the last one is reported."
        words = (
            f"Iteration {self.selected.place} is selected: its {percent(self.selected_at.value)} is the best of all "
        )
        words += f"on {SELECTS}. "
        if self.selects:
            return f"{words}No other split was scored, and a score that chose the iteration flatters it."
        return f"{words}The {self.split} split chose nothing; it is only reported."


def headline(
    scores: Mapping[str, Mapping[str, Any]], held_out: Mapping[str, Mapping[str, Census]], *, selected: str | None
) -> Headline:
    """The headline on the first of the held-out splits.

    Args:
        scores: what `scores.json` holds, by place: the base, then the iterations that are scored.
        held_out: by split, then by place.
        selected: the iteration that the validation split chose.
    """
    split, metric = next(iter(held_out), ""), measure(scores)
    at = {name: read_estimate(found[split][metric]) for name, found in scores.items() if split in found}
    last = next(reversed(at), "")
    changes = {
        name: _change(name, (at["base"], at[name]), held_out[split], int(metric.removeprefix("pass@")))
        for name in (last, selected)
        if name in at and name != "base" and "base" in at
    }
    return Headline(
        split=split,
        metric=metric,
        selects=split == SELECTS,
        base=at.get("base"),
        last=changes.get(last),
        selected=changes.get(selected or ""),
        selected_at=read_estimate(scores[selected][SELECTS][metric]) if selected else None,
    )


def measure(scores: Mapping[str, Mapping[str, Any]]) -> str:
    """pass@1, or where it is not scored the first that is."""
    names = [
        name for found in scores.values() for split in found.values() for name in split if name.startswith("pass@")
    ]
    return "pass@1" if "pass@1" in names else next(iter(names), "pass@1")


def _change(name: str, scores: tuple[Estimate, Estimate], held_out: Mapping[str, Census], k: int) -> Change:
    """The change from the base model to a place."""
    before, after = held_out["base"].tallies, held_out[name].tallies
    same = bool(before) and before.keys() == after.keys()
    moves = [_rate(after[problem]) - _rate(before[problem]) for problem in before] if same else []
    return Change(
        place=name,
        before=scores[0],
        after=scores[1],
        difference=paired_difference(before, after, k=k) if same else None,
        better=sum(move > 0 for move in moves),
        worse=sum(move < 0 for move in moves),
        problems=len(moves),
    )


def _rate(tally: Tally) -> float:
    return pass_at_k(tally.samples, tally.passed, k=1)


def _evidence(change: Change) -> str:
    found, where = change.difference, f"From the base model to iteration {change.place}"
    if found is None:
        return f"{where}: not scored on the same problems, so the difference has no interval."
    words = (
        f"{where}: {points(found.value)} points, paired over {counted(change.problems, 'problem')}, "
        f"95\N{NO-BREAK SPACE}% interval {points(found.low)} to {points(found.high)}"
    )
    if change.verb == UNCLEAR:
        words += ". The interval includes zero: this run does not show that the model got better or worse"
    better = f"{counted(change.better, 'problem')} {'has' if change.better == 1 else 'have'}"
    return f"{words}. {better} a higher pass rate than before, {change.worse} a lower one."


def _doubt(change: Change) -> list[str]:
    if 0 < change.problems < FEW:
        return [f"With only {counted(change.problems, 'problem')} the interval is rough, and likely too narrow."]
    return []
