"""`leti report`."""

from __future__ import annotations

import typer

from leti.cli.options import RunDirectory


def report(run: RunDirectory) -> None:
    """Write a run's report: one HTML file."""
    from leti.report import write_report
    from leti.runs import Run

    typer.echo(f"Open {write_report(Run(run))} in a browser.")
