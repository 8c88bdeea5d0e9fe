"""`leti score`."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from leti.cli.options import Out, Problems, Samples, Seed, Set, Split, Token


def score(
    out: Out,
    weights: Annotated[
        str | None, typer.Option(help="A directory of weights, a Hugging Face name, or 'pocket'.")
    ] = None,
    programs: Annotated[
        Path | None, typer.Option(help="Score these stored programs instead (no torch needed).")
    ] = None,
    problems: Problems = "pocket",
    split: Split = "test",
    samples: Samples = 16,
    seed: Seed = 0,
    token: Token = "auto",  # noqa: S107 - the word a user types
    set_: Set = [],  # noqa: B006 - typer reads it, nobody writes it
) -> None:
    """pass@k of weights, or of stored programs, on a split, with 95 % intervals."""
    from leti import build
    from leti.cli.stage import stage
    from leti.errors import ConfigError
    from leti.progress import track
    from leti.rows import refuse_unwritable, write_json
    from leti.scores import in_words, summary, tally
    from leti.verify.stored import stored_solutions

    if (weights is None) == (programs is None):
        raise ConfigError("Type what to score: --weights DIRECTORY, or --programs FILE.")
    refuse_unwritable(out, read=programs)
    this = stage(problems, split, samples=samples, seed=seed, overrides=set_)
    by_id = {problem.id: problem for problem in this.problems}
    solutions = stored_solutions(programs, by_id) if programs else list(this.sample(str(weights), token))
    with build.verifier(this.config) as verifier:
        verdicts = verifier.verify(((by_id[solution.problem], solution) for solution in solutions), scored=True)
        shown = track(zip(solutions, verdicts, strict=True), label=f"{split}: verifying", total=len(solutions))
        tallies = tally((solution.problem, verdict.passed) for solution, verdict in shown)
    scores = summary(tallies, this.config.score.ks)
    drawn = {} if programs else {"weights": weights, "token": token, "seed": seed} | asdict(this.decoding)
    write_json(out, {split: scores | drawn})
    typer.echo(f"{split}: {in_words(scores)}" + (f", temperature {drawn['temperature']:g}" if drawn else ""))
