"""What a run came to, on a terminal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from leti.runs import Place, Run
from leti.scores import Tally, in_words, paired_difference, tally

SELECTING = "validation"


def outcome(run: Run, splits: Sequence[str]) -> str:
    """For each split: the base model, the last iteration, and the paired difference of pass@1."""
    places = [place for place in run.iterations() if place.scores]
    lines = []
    for split in splits:
        lines.append(f"{split}: base {in_words((run.base.scores or {})[split])}")
        lines.extend(f"{split}: {place.name}  {in_words((place.scores or {})[split])}" for place in places[-1:])
        if places:
            change = paired_difference(_tallies(run.base, split), _tallies(places[-1], split), k=1)
            lines.append(
                f"{split}: pass@1 changed by {100 * change.value:+.1f} points, "
                f"95 % interval [{100 * change.low:+.1f}, {100 * change.high:+.1f}], paired over problems"
            )
    if SELECTING in splits and (best := run.selected(SELECTING)):
        lines.append(f"best on {SELECTING}: iteration {best.name}, weights in {best.weights}")
    return "\n".join(lines)


def _tallies(place: Place, split: str) -> Mapping[str, Tally]:
    return tally((row.solution.problem, row.verdict.passed) for row in place.scored(split).attempts)
