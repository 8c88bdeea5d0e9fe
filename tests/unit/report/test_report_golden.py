"""The page of the hand-made run, whole. `LETI_REGOLD=1 pytest tests/unit/report` writes it anew: then read the diff."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from leti.report import write_report

if TYPE_CHECKING:
    from leti.runs import Run

GOLDEN = Path(__file__).parents[2] / "golden" / "report.html"


def test_the_page_is_the_golden_one(finished: Run) -> None:
    page = write_report(finished).read_text("utf-8")
    if os.environ.get("LETI_REGOLD"):
        GOLDEN.parent.mkdir(exist_ok=True)
        GOLDEN.write_text(page, "utf-8")
    assert page == GOLDEN.read_text("utf-8")
