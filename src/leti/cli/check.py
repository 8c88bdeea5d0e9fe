"""`leti check`."""

from __future__ import annotations

from typing import Annotated

import typer

from leti.cli.options import Set


def check(
    config: Annotated[str, typer.Argument(metavar="CONFIG", help="A TOML file, or 'pocket'.")],
    set_: Set = [],  # noqa: B006 - typer reads it, nobody writes it
) -> None:
    """Resolve a configuration, try the sandbox, run the reference solutions, estimate the cost, look for overlap."""
    import json

    from leti import build
    from leti.checkup import cost_lines, overlap_lines, reference_lines
    from leti.config import load_config, resolved
    from leti.problems import TRAIN

    settings = load_config(config, set_)
    typer.echo(json.dumps(resolved(settings), indent=2))
    problems = build.problem_set(settings)
    with build.verifier(settings) as verifier:
        every = [problem for split in problems.splits.values() for problem in split]
        lines = [f"sandbox: level {build.isolation(verifier)}", *reference_lines(every, verifier)]
    train, scoring = build.split(settings, problems, name=TRAIN), build.scoring(settings, problems)
    lines += overlap_lines(train, scoring.splits)
    lines += cost_lines(len(train) * settings.sampling.samples, scoring, iterations=settings.iterations)
    typer.echo("\n".join(lines))
