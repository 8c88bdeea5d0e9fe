"""`leti sample`."""

from __future__ import annotations

import typer

from leti.cli.options import Out, Problems, Samples, Seed, Set, Split, Token, Weights


def sample(
    weights: Weights,
    out: Out,
    problems: Problems = "pocket",
    split: Split = "test",
    samples: Samples = 16,
    seed: Seed = 0,
    token: Token = "auto",  # noqa: S107 - the word a user types
    set_: Set = [],  # noqa: B006 - typer reads it, nobody writes it
) -> None:
    """Programs a model writes for a split, one JSON object per line."""
    from leti.cli.stage import stage
    from leti.rows import refuse_unwritable, write_lines
    from leti.runs import SOLUTION

    refuse_unwritable(out)
    this = stage(problems, split, samples=samples, seed=seed, overrides=set_)
    count = write_lines(out, map(SOLUTION.dump_json, this.sample(weights, token)))
    typer.echo(f"{count} programs are in {out}.")
