"""Tokens per second of sampling: ours beside Hugging Face's, and beside what the machine can multiply."""

from __future__ import annotations

from typing import TYPE_CHECKING

import limits
from board import best, mean, per_second, ratios, seconds, spread, table
from contest import Seat
from models import LLAMA, POCKET, made
from tasks import Sampling

from leti import build
from leti.config import load_config
from leti.problems import TRAIN

if TYPE_CHECKING:
    from pathlib import Path

    from board import Rows
    from contest import Contest
    from settings import Settings

OURS, GENERATE, CONTINUOUS = "ours", "`generate`", "`generate_batch`"
PEERS = (GENERATE, CONTINUOUS)
MAKERS = {OURS: "samplers:Ours", GENERATE: "samplers:Generate", CONTINUOUS: "samplers:Continuous"}
TOKENS = per_second("tokens")
COLUMNS = {
    "tokens/s": TOKENS,
    "tokens per completion": mean("tokens", "completions"),
    "seconds per turn": seconds,
}
ROWS = (32, 128, 512)
"""How many completions at a time Hugging Face is offered to choose from."""
SIZES = {POCKET: (512, 110), LLAMA: (128, 64)}
"""Completions per turn, and tokens per completion."""
QUICK = {POCKET: (32, 16), LLAMA: (4, 4)}


def measure(settings: Settings, contest: Contest, folder: Path) -> list[str]:
    """The tables."""
    sizes = QUICK if settings.quick else SIZES
    found: dict[str, Rows] = {}
    for name in settings.models:
        _seat(settings, contest, folder, (name, *sizes.get(name, sizes[LLAMA])))
        found |= contest.play(settings.rounds)
        contest.dismiss()
    lines = ["Only tokens that end up in completions count; prompts and end-of-text tokens do not.", ""]
    for name in settings.models:
        for samples in settings.samples:
            lines += [f"## {name}, {samples} per problem", "", *_table(found.get(_title(name, samples), {})), ""]
        ours = {str(samples): found.get(_title(name, samples), {}).get(OURS, []) for samples in settings.samples}
        share = limits.shares(found.get(name, {}), ours, each=limits.READ, first="samples per problem")
        lines += [f"## {name}: the machine's arithmetic", "", *share, ""]
    return lines


def _title(name: str, samples: int) -> str:
    return f"{name} {samples}"


def _seat(settings: Settings, contest: Contest, folder: Path, size: tuple[str, int, int]) -> None:
    """Everybody who samples this model, at every number of samples."""
    name, completions, longest = size
    config = load_config("pocket")
    model = made(name, folder, ends=False)
    rows = config.sampling.batch_rows if name == POCKET else load_config("defaults").sampling.batch_rows
    task = Sampling(
        weights=model.weights,
        device=settings.device,
        problems=build.split(config, build.problem_set(config), name=TRAIN),
        counts={samples: max(1, min(completions // samples, 120)) for samples in settings.samples},
        max_new_tokens=longest,
        batch_rows=rows,
        candidates=ROWS[:1] if settings.quick else ROWS,
    )
    for row, make in MAKERS.items():
        worker = contest.invite(f"{name}, {row}", make, settings=task)
        for samples in settings.samples if worker else ():
            contest.seats.append(Seat(table=_title(name, samples), row=row, worker=worker, request=samples))
    together = min(rows, max(samples * count for samples, count in task.counts.items()))
    limits.seat(contest, name, model.weights, device=settings.device, rows=together)


def _table(rows: Rows) -> list[str]:
    lines = table(rows, COLUMNS, first="sampler", notes="how")
    ahead = best(rows, PEERS, measure=TOKENS)
    if ahead and OURS in rows:
        found = ratios(rows[OURS], rows[ahead], measure=TOKENS)
        lines += ["", f"Ours against Hugging Face's faster, {ahead}: {spread(found)}."]
    return lines
