"""The facts as HTML."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Any

from leti.errors import RunError
from leti.page.charts import curves
from leti.page.sealed import Sealed
from leti.report.bars import shares
from leti.report.facts import Facts, gather
from leti.rows import write

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from markupsafe import Markup

    from leti.report.attempts import Group
    from leti.runs import Run

ATTEMPT_BYTES = 5_000_000
"""What the attempts may take of the page; the rest of it is tables."""


def write_report(run: Run, out: Path | None = None) -> Path:
    """Writes the run's HTML file, whatever the run has got to.

    Args:
        run: the run.
        out: the file; `report.html` in the run if it is None.

    Returns:
        Its path. The same run gives the same bytes.

    Raises:
        RunError: this is no run, a file in it is damaged, or it cannot be written to.
    """
    page, place = render(gather(run)).encode("utf-8"), out or run.report
    try:
        write(place, page)
    except OSError as error:
        raise RunError(f"{place} cannot be written: {error.strerror}. Make the directory writable.") from None
    return place


def render(facts: Facts) -> str:
    """The page."""
    sealed = Sealed("leti.report")
    return sealed.page("page.html.j2", script="filter.js", **contents(sealed, facts))


def contents(sealed: Sealed, facts: Facts) -> dict[str, Any]:
    """What the page's templates are given: the facts, and what is drawn and cut to size."""
    parts: Any = sealed.template("attempts.html.j2").make_module({"causes": facts.causes})
    allowance = ATTEMPT_BYTES // max(1, len(facts.groups) + len(facts.pairs))
    groups = [_fitting(group, [parts.attempt(shown) for shown in group.shown], allowance) for group in facts.groups]
    return {
        "facts": facts,
        "plots": [(plot, curves(plot)) for plot in facts.plots],
        "shares": {group.title: shares(group, facts.causes) for group in facts.endings if group.columns},
        "places": [(place, list(fitting)) for place, fitting in groupby(groups, key=lambda group: group.place)],
        "pairs": [(title, *_within(allowance, [parts.pair(pair) for pair in found])) for title, found in facts.pairs],
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class Fitting:
    """A group of attempts as HTML, as many as there is room for."""

    place: str
    title: str
    shown: list[Markup]
    left_out: int


def _fitting(group: Group, rendered: list[Markup], allowance: int) -> Fitting:
    shown, left_out = _within(allowance, rendered)
    return Fitting(place=group.place, title=group.title, shown=shown, left_out=left_out)


def _within(allowance: int, rendered: Iterable[Markup]) -> tuple[list[Markup], int]:
    """The first of the parts that fit together into so many bytes, and how many were left out."""
    fitting: list[Markup] = []
    left_out = 0
    for part in rendered:
        allowance -= len(part.encode("utf-8"))
        if allowance >= 0:
            fitting.append(part)
        else:
            left_out += 1
    return fitting, left_out
