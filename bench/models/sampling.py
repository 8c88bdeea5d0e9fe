"""Tokens per second of sampling: ours beside Hugging Face's, and beside what the machine can multiply."""

from __future__ import annotations

from typing import TYPE_CHECKING

from board import best, line, mean, per_second, ratios, seconds, spread, table, values
from contest import Seat
from models import LLAMA, POCKET, made
from tasks import Products, Sampling

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
OPERATIONS = per_second("operations")
COLUMNS = {
    "tokens/s": TOKENS,
    "tokens per completion": mean("tokens", "completions"),
    "seconds per turn": seconds,
}
SAMPLES = (1, 16, 128)
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
        for samples in _samples(settings):
            lines += [f"## {name}, {samples} per problem", "", *_table(found.get(_title(name, samples), {})), ""]
        lines += [f"## {name}: the machine's arithmetic", "", *_arithmetic(settings, found, name), ""]
    return lines


def _samples(settings: Settings) -> tuple[int, ...]:
    return SAMPLES[1:2] if settings.quick else SAMPLES


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
        counts={samples: max(1, min(completions // samples, 120)) for samples in _samples(settings)},
        max_new_tokens=longest,
        batch_rows=rows,
        candidates=ROWS[:1] if settings.quick else ROWS,
    )
    for row, make in MAKERS.items():
        worker = contest.invite(f"{name}, {row}", make, settings=task)
        for samples in _samples(settings) if worker else ():
            contest.seats.append(Seat(table=_title(name, samples), row=row, worker=worker, request=samples))
    together = min(rows, max(samples * count for samples, count in task.counts.items()))
    products = Products(weights=model.weights, device=settings.device, rows=together)
    worker = contest.invite(f"{name}, matrix products", "arithmetic:Multiplier", settings=products)
    for row in ("model", "square") if worker else ():
        contest.seats.append(Seat(table=name, row=row, worker=worker, request=row))


def _table(rows: Rows) -> list[str]:
    lines = table(rows, COLUMNS, first="sampler", notes="how")
    ahead = best(rows, PEERS, measure=TOKENS)
    if ahead and OURS in rows:
        found = ratios(rows[OURS], rows[ahead], measure=TOKENS)
        lines += ["", f"Ours against Hugging Face's faster, {ahead}: {spread(found)}."]
    return lines


def _arithmetic(settings: Settings, found: dict[str, Rows], name: str) -> list[str]:
    """What share of the matrix products of the same rounds our sampling comes to."""
    products = found.get(name, {})
    sizes = [turn.amounts["parameters"] for turns in products.values() for turn in turns if turn]
    if not sizes:
        return ["Not measured."]
    size = sizes[0]
    lines = [f"A token is multiplied with {size / 1e6:.2f} million parameters: twice as many operations.", ""]
    for row, turns in products.items():
        rates = [rate / 1e9 for rate in values(turns, OPERATIONS)]
        lines.append(f"- {'its own matrices' if row == 'model' else 'a large square'}: {spread(rates)} GFLOP/s")
    head = ["samples per problem", "GFLOP/s of ours", "of its own matrices", "of a large square"]
    lines += ["", line(head), "|" + "---|" * len(head)]
    for samples in _samples(settings):
        turns = found.get(_title(name, samples), {}).get(OURS, [])
        cells = [spread([2e-9 * size * rate for rate in values(turns, TOKENS)])]
        for row in ("model", "square"):
            pairs = zip(turns, products.get(row, []), strict=False)
            cells.append(spread([2 * size * TOKENS(a) / OPERATIONS(b) for a, b in pairs if a and b]))
        lines.append(line([str(samples), *cells]))
    return lines
