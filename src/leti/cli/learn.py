"""`leti learn`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from leti.cli.options import Set


def learn(
    config: Annotated[str, typer.Argument(metavar="CONFIG", help="A TOML file, or 'pocket'.")],
    run: Annotated[Path | None, typer.Option(help="The run directory; runs/NAME if left out.")] = None,
    set_: Set = [],  # noqa: B006 - typer reads it, nobody writes it
) -> None:
    """Run the loop, or go on with it: the same command."""
    from leti import build
    from leti.cli.outcome import tell_outcome
    from leti.config import load_config, resolved
    from leti.progress import say
    from leti.runs import Run
    from leti.watch import watching

    settings = load_config(config, set_)
    path = run or Path("runs") / Path(config).stem
    with build.verifier(settings) as verifier:
        loop = build.leti(settings, verifier)
        this = Run(path)
        notes = this.begin(
            resolved(settings),
            build.manifest(settings, build.isolation(verifier)),
            problems=build.all_problems(settings),
        )
        for note in notes:
            say(f"note: {note}")
        with watching(this, build.expected(settings, loop), listeners=build.trackers(settings, path)):
            loop.learn(this)
    tell_outcome(this, settings.score.splits, k=min(settings.score.ks))
    typer.echo(f"The run is in {path}. To look at it: leti report {path}")
