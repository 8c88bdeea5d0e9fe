"""`leti export`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from leti.cli.options import RunDirectory


def export(
    run: RunDirectory,
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="The folder to make; it may not be there yet.")],
    iteration: Annotated[
        str | None, typer.Option(metavar="N", help="Whose weights; the last ones if left out.")
    ] = None,
    push: Annotated[
        str | None,
        typer.Option(metavar="OWNER/NAME", help="Upload to the Hugging Face Hub, too; a new model is private."),
    ] = None,
) -> None:
    """Write a plain Hugging Face folder that asks for good programs by itself, with a model card."""
    from leti.export import chosen, export_run, refuse_name
    from leti.runs import Run

    if push is not None:
        refuse_name(push)
    this = Run(run)
    place = chosen(this, iteration)
    export_run(this, place, folder=folder)
    typer.echo(f"Iteration {place.name} is in {folder}. To serve it: vllm serve {folder}")
    if push is not None:
        from leti.export import hub

        typer.echo(f"It is at {hub.push(folder, push)}.")
