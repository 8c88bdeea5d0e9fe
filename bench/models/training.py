"""Tokens per second and memory of training: ours beside TRL's SFTTrainer, on the same texts."""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from typing import TYPE_CHECKING

import limits
import texts
from board import best, mean, of, per_second, ratios, spread, table
from contest import Seat
from models import LLAMA, POCKET, made, prepared
from tasks import Training, Way

from leti.config import load_config

if TYPE_CHECKING:
    from pathlib import Path

    from board import Rows
    from contest import Contest
    from settings import Settings

    from leti.types import Attempt

OURS = "ours"
TOKENS = per_second("tokens")
COLUMNS = {
    "tokens/s": TOKENS,
    "tokens per step": mean("tokens", "steps"),
    "peak MiB": of("peak"),
    "MiB above its imports": of("grown"),
}
WAYS = (
    Way(name="SFTTrainer, padded"),
    Way(name="SFTTrainer, padded, 4 at once", micro=4),
    Way(name="SFTTrainer, padding-free", padding_free=True),
    Way(name="SFTTrainer, padding-free, 4 at once", padding_free=True, micro=4),
    Way(name="SFTTrainer, packed to 512", packed=512),
    Way(name="SFTTrainer, packed to 512, 1 at once", packed=512, micro=1),
    Way(name="SFTTrainer, packed to 1024", packed=1024),
)
STEPS = {POCKET: 16, LLAMA: 3}
"""Optimiser steps of a turn."""


def measure(settings: Settings, contest: Contest, folder: Path) -> list[str]:
    """The tables."""
    most = max(_steps(settings, name) for name in settings.models) + 2
    attempts = texts.attempts(most * settings.texts * 2)  # packing may fill a step with more texts than a batch has
    losses = (texts.PROGRAMS,) if settings.quick else (texts.EVERYTHING, texts.PROGRAMS)
    found: dict[str, Rows] = {}
    for name, loss in product(settings.models, losses):
        _seat(settings, contest, folder, (name, loss, attempts))
        found |= contest.play(settings.rounds)
        contest.dismiss()
    lines = [
        f"{settings.texts} texts per optimiser step, or packed rows of about as many tokens; {len(attempts)} texts.",
        "A token is one of a text, not padding. Timed from the end of the first step to the end of the last.",
        "",
    ]
    products = {name: found.pop(name, {}) for name in settings.models}
    for title, rows in found.items():
        lines += [f"## {title}", "", *_table(rows), ""]
    for name in settings.models:
        ours = {texts.EVERYTHING: found.get(_title(name, texts.EVERYTHING), {}).get(OURS, [])}
        share = limits.shares(products[name], ours, each=limits.LEARNED, first="")
        lines += [f"## {name}: the machine's arithmetic", "", *share, ""]
    return lines


def _title(name: str, loss: str) -> str:
    return f"{name}: {loss}"


def _steps(settings: Settings, name: str) -> int:
    return 1 if settings.quick else STEPS.get(name, STEPS[LLAMA])


def _seat(settings: Settings, contest: Contest, folder: Path, what: tuple[str, str, list[Attempt]]) -> None:
    """Everybody who trains this model with this loss."""
    name, loss, attempts = what
    model = prepared(made(name, folder, ends=True), folder)
    config = load_config("pocket" if name == POCKET else "defaults").training
    examples = texts.examples(attempts, loss, native=name == POCKET)
    ids = folder / f"texts-{len(list(folder.iterdir()))}.json"
    texts.write(examples, model.weights, path=ids, max_tokens=config.max_tokens)
    task = Training(
        weights=model.weights,
        device=settings.device,
        examples=examples,
        ids=ids,
        batch=settings.texts,
        steps=_steps(settings, name),
        max_tokens=config.max_tokens,
        micro_tokens=config.micro_tokens,
    )
    title = _title(name, loss)
    if worker := contest.invite(f"{title}, {OURS}", "trainers:Ours", settings=task):
        contest.seats.append(Seat(table=title, row=OURS, worker=worker))
    if loss == texts.EVERYTHING:  # where every token of ours goes through every matrix, both ways
        limits.seat(contest, name, model.weights, device=settings.device, rows=config.micro_tokens)
    for way in WAYS[::3] if settings.quick else WAYS:
        if way.micro >= settings.texts:  # all of a step at once, as the same way without it
            continue
        told = replace(task, way=way)
        if worker := contest.invite(f"{title}, {way.name}", "trainers:Supervised", settings=told):
            contest.seats.append(Seat(table=title, row=way.name, worker=worker))


def _table(rows: Rows) -> list[str]:
    lines = table(rows, COLUMNS, first="trainer")
    ahead = best(rows, (way.name for way in WAYS), measure=TOKENS)
    if ahead and OURS in rows:
        speed = ratios(rows[OURS], rows[ahead], measure=TOKENS)
        memory = ratios(rows[ahead], rows[OURS], measure=of("peak"))
        lines += ["", f"Against TRL's fastest, {ahead}: {spread(speed)} times the tokens per second,"]
        lines += [f"and its peak of memory is {spread(memory)} times ours."]
    return lines
