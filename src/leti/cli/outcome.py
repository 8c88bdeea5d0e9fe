"""What a run came to, on a terminal."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from typing import Any

import typer
from rich import box
from rich.console import Console
from rich.table import Table

from leti.progress import duration
from leti.runs import Place, Run
from leti.scores import Tally, paired_difference, tally

SELECTING = "validation"
LOG_WIDTH = 120


def tell_outcome(run: Run, splits: Sequence[str], *, k: int) -> None:
    """Prints a table of pass@k wherever it was scored, and for each split the paired difference from the base model."""
    measure = f"pass@{k}"
    scored = [place for place in (run.base, *run.iterations()) if place.scores]
    Console(width=None if sys.stdout.isatty() else LOG_WIDTH).print(_table(run, scored, splits, measure))
    for split in splits if scored[1:] else ():
        change = paired_difference(_tallies(scored[0], split), _tallies(scored[-1], split), k=k)
        typer.echo(
            f"{split}: {measure} changed by {100 * change.value:+.1f} points, "
            f"95 % interval [{100 * change.low:+.1f}, {100 * change.high:+.1f}], paired over problems"
        )
    if SELECTING in splits and (best := run.selected(SELECTING, measure)):
        typer.echo(f"best on {SELECTING}: iteration {best.name}, weights in {best.weights}")


def _table(run: Run, scored: Sequence[Place], splits: Sequence[str], measure: str) -> Table:
    table = Table(box=box.SIMPLE_HEAD)
    for head in ("iteration", *(f"{split} {measure}, %" for split in splits), "steps", "time"):
        table.add_column(head, justify="left" if head == "iteration" else "right")
    spent = run.spent()
    for place in scored:
        rates = [_rate((place.scores or {})[split][measure]) for split in splits]
        steps, _ = place.metrics.size()
        seconds = sum(spent.get(place.name, {}).values())
        table.add_row(place.name, *rates, f"{steps:,}" if steps else "", duration(seconds) if seconds else "")
    return table


def _rate(found: Mapping[str, Any]) -> str:
    return f"{100 * found['value']:.1f} [{100 * found['low']:.1f}, {100 * found['high']:.1f}]"


def _tallies(place: Place, split: str) -> Mapping[str, Tally]:
    return tally((row.solution.problem, row.verdict.passed) for row in place.scored(split).attempts)
