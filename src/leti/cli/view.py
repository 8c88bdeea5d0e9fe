"""`leti view`."""

from __future__ import annotations

from contextlib import suppress
from typing import Annotated

import typer

from leti.cli.options import RunDirectory
from leti.cli.stopping import Stopped


def view(
    run: RunDirectory,
    port: Annotated[int, typer.Option(min=0, max=65535, help="The port on this machine; 0: a free one.")] = 0,
) -> None:
    """The report with all attempts, to page through and to filter, in a browser until Ctrl-C."""
    from leti.progress import track
    from leti.runs import Run
    from leti.view import Index, serving

    this = Run(run)
    index = Index(this)
    for _ in track(index.growing(), label="indexing, megabytes", total=index.owed()):
        pass
    with serving(this, index, port=port) as server, suppress(Stopped):
        typer.echo(f"{run} is at {server.address} until you press Ctrl-C.")
        server.serve_forever()
