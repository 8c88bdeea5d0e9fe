"""docs/results.md and its figures, from the results that are there."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import matplotlib as mpl
import numpy as np
import stats
from arms import HERE, arms
from matplotlib.figure import Figure
from tables import TABLES

from leti.compare import intervals
from leti.problems import TEST

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from arms import Arm, Claim

mpl.rcParams["svg.hashsalt"] = "leti"  # the same figure is the same bytes
mpl.rcParams["svg.fonttype"] = "none"
START, END = "<!-- claims -->", "<!-- end of claims -->"
CURVES = {
    "first": ("text", "binary", "scrambled", "rejection", "supervised"),
    "second": ("second-text", "second-binary"),
}


def write_page(docs: Path, claims: Sequence[Claim], results: Path = HERE / "results") -> None:
    """Writes the part of the page between its marks; what stands around it is left alone."""
    found, known = read(results), arms()
    sections = [_section(claim, found, known) for claim in claims]
    drawn = []
    for scale, names in CURVES.items():
        if there := [name for name in names if name in found]:
            file = docs / "figures" / f"claims-{scale}.svg"
            figure(file, found, there)
            drawn.append(f"![{scale} scale: test pass@1 over optimiser steps]({file.relative_to(docs)})\n\n")
    page = docs / "results.md"
    text = page.read_text("utf-8")
    before, after = text.split(START)[0], text.split(END)[1]
    page.write_text(
        before + START + "\n\n" + _arms(found, known) + "".join(drawn) + "\n".join(sections) + "\n" + END + after,
        "utf-8",
    )


def read(results: Path) -> dict[str, list[dict[str, Any]]]:
    """Results by arm, in the order of the seeds."""
    files = sorted(results.glob("*/*.json"), key=lambda file: (file.parent.name, int(file.stem)))
    found: dict[str, list[dict[str, Any]]] = {}
    for file in files:
        found.setdefault(file.parent.name, []).append(json.loads(file.read_text("utf-8")))
    return found


def _arms(found: Mapping[str, Sequence[Any]], known: Mapping[str, Arm]) -> str:
    rows = [f"- `{arm.name}`: {arm.about} ({_made(found[arm.name])})" for arm in known.values() if arm.name in found]
    return "Arms:\n\n" + "\n".join(rows) + "\n\n"


def _made(results: Sequence[Any]) -> str:
    """How many seeds, and on which days."""
    return f"seeds {len(results)}, {' and '.join(sorted({result['date'] for result in results}))}"


def _section(claim: Claim, found: Mapping[str, Any], known: Mapping[str, Arm]) -> str:
    there = [name for name in claim.arms if name in found]
    missing = [f"`{name}`" for name in claim.arms if name not in found]
    number = claim.name[0]
    text = f"## {number}. {claim.title}\n\nThe paper: {claim.paper}\n\n    python bench/claims --claims {number}\n\n"
    if there:
        tables = TABLES[claim.name](found, replace(claim, arms=there), known)
        text += "\n".join(table.markdown() for table in tables) + "\n"
    if missing:
        text += f"Not run yet: {', '.join(missing)}.\n\n"
    return text + (f"{claim.reading.strip()}\n" if claim.reading else "")


def figure(file: Path, found: Mapping[str, Any], names: Sequence[str]) -> None:
    """Test pass@1 over optimiser steps on examples, mean and 95 % band."""
    drawing = Figure(figsize=(7, 4), layout="constrained")
    axes = drawing.subplots()
    for name in names:
        curve = stats.curve(found[name], TEST)
        means = [intervals.mean(rates) for rates in curve.rates]
        steps = curve.steps.mean(axis=1)
        (line,) = axes.plot(steps, [100 * each.value for each in means], marker="o", label=name)
        low, high = ([100 * getattr(each, end) for each in means] for end in ("low", "high"))
        axes.fill_between(steps, np.array(low), np.array(high), alpha=0.12, color=line.get_color(), linewidth=0)
    axes.set(xlabel="optimiser steps on examples", ylabel="test pass@1, %")
    axes.grid(alpha=0.3)
    axes.legend(frameon=False)
    file.parent.mkdir(parents=True, exist_ok=True)
    drawing.savefig(file, metadata={"Date": None})
