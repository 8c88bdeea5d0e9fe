"""`leti report`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from leti.cli.options import RunDirectory


def report(
    run: RunDirectory,
    out: Annotated[Path | None, typer.Option(help="The file to write; report.html in the run if left out.")] = None,
) -> None:
    """Write a run's report: one HTML file."""
    from leti.report import write_report
    from leti.rows import refuse_unwritable
    from leti.runs import Run

    if out is not None:
        refuse_unwritable(out)
    typer.echo(f"Open {write_report(Run(run), out)} in a browser.")
