"""`leti verify`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from leti.cli.options import Out, Set


def verify(
    rows: Annotated[Path, typer.Argument(help="JSONL, plain or .gz: id, program, tests; or id, problem, completion.")],
    out: Out,
    feedback: Annotated[str, typer.Option(help="paper, detailed, brief or none.")] = "detailed",
    timeout: Annotated[float, typer.Option(min=0.05, help="Seconds for one program with its tests.")] = 5.0,
    workers: Annotated[int, typer.Option(min=0, help="Programs at a time; 0: one per core.")] = 0,
    problems: Annotated[list[str], typer.Option(metavar="NAME=PATH", help="Problem sets that rows name.")] = [],  # noqa: B006
    suspicions: Annotated[bool, typer.Option(help="Say what makes a program that passed suspect of a cheat.")] = False,
    set_: Set = [],  # noqa: B006 - typer reads it, nobody writes it
) -> None:
    """Verdicts and feedback for any JSONL of programs. Needs no model and no torch."""
    from leti import build
    from leti.config import DEFAULTS, load_config
    from leti.progress import track
    from leti.rows import refuse_unwritable
    from leti.verify.stored import Judged, read_programs, write_verdicts

    refuse_unwritable(out, read=rows)
    settings = load_config(
        DEFAULTS, [f"feedback.style={feedback}", f"verify.timeout={timeout}", f"verify.workers={workers}", *set_]
    )
    found = read_programs(rows, build.named_problems(problems), unchecked=settings.verify.function is not None)
    render = build.renderer(settings)
    with build.verifier(settings) as verifier:
        verdicts = verifier.verify(((program.problem, program.solution) for program in found), scored=True)
        judged = [
            Judged(program=program, verdict=verdict, feedback=render(verdict))
            for program, verdict in track(zip(found, verdicts, strict=True), label="verifying", total=len(found))
        ]
    write_verdicts(out, judged, suspicions=suspicions)
    passed = sum(one.verdict.passed for one in judged)
    typer.echo(f"{passed} of {len(judged)} passed. Verdicts are in {out}.")
