"""`leti check`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from leti.cli.options import Set
from leti.errors import MissingBackend

if TYPE_CHECKING:
    from leti.build import AnyVerifier
    from leti.config import Config

TRAINING = "train"
"""The extra that training needs whatever the configuration."""


def check(
    config: Annotated[str, typer.Argument(metavar="CONFIG", help="A TOML file, or 'pocket'.")],
    set_: Set = [],  # noqa: B006 - typer reads it, nobody writes it
) -> None:
    """Whether a run can begin: configuration, sandbox, reference solutions, overlap, cost, model and packages."""
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
        typer.echo(_model_line(settings, verifier))


def _model_line(settings: Config, verifier: AnyVerifier) -> str:
    from leti import build

    try:
        build.refuse_missing(settings, verifier)
    except MissingBackend as error:
        if error.extra != TRAINING:
            raise
        return f"model: not tried. {error}"  # the rest is worth knowing on a machine that is not to train
    return f"model: {settings.model.path} loads and can be trained; nothing that `leti learn` needs is missing"
