"""A comparison as HTML."""

from __future__ import annotations

from typing import TYPE_CHECKING

from leti.errors import RunError
from leti.page.charts import curves
from leti.page.sealed import Sealed
from leti.rows import write

if TYPE_CHECKING:
    from pathlib import Path

    from leti.compare.comparison import Comparison


def write_page(found: Comparison, out: Path) -> None:
    """Writes the page. The same runs, in the same order, give the same bytes.

    Raises:
        RunError: it cannot be written there.
    """
    try:
        write(out, render(found).encode("utf-8"))
    except OSError as error:
        raise RunError(f"{out} cannot be written: {error.strerror}. Type another: --out FILE") from None


def render(found: Comparison) -> str:
    """The page."""
    drawn = {measure: [(plot, curves(plot)) for plot in plots] for measure, plots in found.plots.items()}
    return Sealed("leti.compare").page("compare.html.j2", facts=found, drawn=drawn)
