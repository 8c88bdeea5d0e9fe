"""`leti show`."""

from __future__ import annotations

from typing import Annotated

import typer

from leti.cli.options import RunDirectory


def show(
    run: RunDirectory,
    iteration: Annotated[str, typer.Argument(help="An iteration's number, or 'base'.")],
    attempt: Annotated[str, typer.Argument(metavar="PROBLEM#SAMPLE", help="As in 'mbpp/17#4'.")],
) -> None:
    """One attempt whole: prompt, program, verdict, feedback, and the example with its weights."""
    from leti.attempts import find_attempt, in_words
    from leti.runs import Run

    typer.echo(in_words(find_attempt(Run(run), iteration, name=attempt)))
