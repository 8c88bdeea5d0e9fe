"""How long one waits: for the import, for the help, for the first program."""

from __future__ import annotations

from typing import TYPE_CHECKING

from board import ratios, seconds, spread, table
from contest import Seat, Turn
from models import made

if TYPE_CHECKING:
    from pathlib import Path

    from contest import Contest
    from settings import Settings

FIRST = """
from leti import build
from leti.config import load_config
from leti.problems import TRAIN
from leti.types import SampleRequest, wanted
config = load_config("pocket", ["model.path={weights}", "model.device={device}", "model.precision={precision}"])
rows = wanted(build.split(config, build.problem_set(config), name=TRAIN)[:1], 1)
asked = SampleRequest(weights={weights!r}, prefix="", decoding=build.decoding(config), key="seed=0")
print(next(build.sampler(config).sample(rows, asked, done=frozenset())).program)
"""
BY_HAND = """
import torch
from transformers import AutoModelForCausalLM, AutoTokenizer
tokenizer = AutoTokenizer.from_pretrained({weights!r})
model = AutoModelForCausalLM.from_pretrained({weights!r}, dtype=torch.{precision}).to({device!r})
read = tokenizer("def add(a, b):", return_tensors="pt").to({device!r})
asked = {{"input_ids": read.input_ids, "attention_mask": read.attention_mask}}
print(tokenizer.decode(model.generate(**asked, do_sample=True, max_new_tokens=110)[0]))
"""
NOTHING, IMPORT, HELP = "`python -c pass`", "`import leti`", "`leti --help`"
PROGRAM, HAND = "the first program", "the first completion by `transformers` alone"


def measure(settings: Settings, contest: Contest, folder: Path) -> list[str]:
    """The tables."""
    for name in settings.models:
        if worker := contest.invite("a fresh process", "starts:Fresh", settings=None):
            for row, command in _commands(settings, made(name, folder, ends=True).weights).items():
                contest.seats.append(Seat(table=name, row=row, worker=worker, request=command))
    lines = []
    for name, rows in contest.play(settings.rounds).items():
        lines += [f"## {name}", "", *table(rows, {"ms": _milliseconds}, first="from start to end of a process"), ""]
        if rows.keys() >= {PROGRAM, HAND}:
            lines += [f"{PROGRAM} over {HAND}: {spread(ratios(rows[PROGRAM], rows[HAND], measure=seconds))}", ""]
    return lines


def _commands(settings: Settings, weights: str) -> dict[str, tuple[str, ...]]:
    known = {"weights": weights, "device": settings.device.name, "precision": settings.device.precision}
    return {
        NOTHING: ("-c", "pass"),
        IMPORT: ("-c", "import leti"),
        HELP: ("-m", "leti", "--help"),
        "`import torch, transformers`": ("-c", "import torch; from transformers import AutoModelForCausalLM"),
        PROGRAM: ("-c", FIRST.format(**known)),
        HAND: ("-c", BY_HAND.format(**known)),
    }


def _milliseconds(turn: Turn) -> float:
    return turn.seconds * 1000
