"""Options that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Set = Annotated[
    list[str], typer.Option("--set", metavar="KEY=VALUE", help="Override one key, as in --set training.epochs=2.")
]
Weights = Annotated[str, typer.Option(help="A directory of weights, a Hugging Face model name, or 'pocket'.")]
Problems = Annotated[
    str, typer.Option(metavar="NAME[=PATH]", help="pocket, mbpp, humaneval, evalplus=FILE, or jsonl=FILE.")
]
Split = Annotated[str, typer.Option(help="Which split of the problems.")]
Samples = Annotated[int, typer.Option(min=1, help="Programs per problem.")]
Seed = Annotated[int, typer.Option(help="All randomness is keyed by it.")]
Token = Annotated[str, typer.Option(help="What the prompt is conditioned on: good, bad, none, or auto.")]
Out = Annotated[Path, typer.Option(help="The file to write.")]
RunDirectory = Annotated[Path, typer.Argument(metavar="RUN", help="A run directory, as `leti learn` made it.")]
