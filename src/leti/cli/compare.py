"""`leti compare`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def compare(
    runs: Annotated[list[Path], typer.Argument(metavar="RUN...", help="Run directories; the first is compared with.")],
    out: Annotated[Path, typer.Option(help="The file to write.")] = Path("compare.html"),
    split: Annotated[str | None, typer.Option(help="Which split; test, if every run has it.")] = None,
    target: Annotated[
        float | None,
        typer.Option(min=0.0, max=1.0, metavar="RATE", help="Count steps and seconds to this pass@1, such as 0.4."),
    ] = None,
) -> None:
    """Runs side by side, seeds together: one HTML file, and a table."""
    from leti.compare import compare as compared
    from leti.compare import in_words, write_page
    from leti.config import Config, resolved
    from leti.rows import refuse_unwritable

    refuse_unwritable(out)
    found = compared(runs, split=split, target=target, defaults=resolved(Config()))
    write_page(found, out)
    typer.echo(in_words(found))
    typer.echo(f"\nOpen {out} in a browser.")
