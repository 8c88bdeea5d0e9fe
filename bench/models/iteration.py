"""One whole iteration: ours, overlapped and not, beside TRL's GRPOTrainer."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from board import mean, of, ratios, seconds, spread, table, values
from contest import Seat, Turn
from models import made
from tasks import Iterating

if TYPE_CHECKING:
    from pathlib import Path

    from board import Rows
    from contest import Contest
    from settings import Settings

OURS, APART, POLICY = "ours", "ours, one after the other", "GRPOTrainer"
COLUMNS = {
    "seconds": seconds,
    "seconds less verifying": of("less verifying"),
    "programs": of("programs"),
    "passed": mean("passed", "programs"),
    "tokens per completion": mean("tokens", "programs"),
}
PARTS = ("sampling", "verifying", "training")
WORDS = """\
One iteration: so many programs for each problem are sampled at temperature 1, each is run with its tests, and each is
learned from once, 16 programs to an optimiser step, in the same number of steps, with AdamW at the same rate.

- ours: the loop of `leti learn` with FCFT, which renders feedback, keeps every attempt on disk and writes the weights;
  each program under the isolation that this machine has (benign ones share a process). Loading the weights is counted.
- GRPOTrainer: one generation with Transformers' `generate`, `num_iterations=1`, no reference model, no vLLM; the reward
  is 1 where a fresh `python -I` runs program and tests to their end, as many at a time as there are cores, without
  isolation and without words about what went wrong. Its advantage and loss are other than FCFT's, and its texts have
  no feedback in them. Loading is not counted; nothing is saved.
- less verifying: for GRPOTrainer without the time in the reward; for ours one after the other without the verifier's.
  Overlapped, the two cannot be told apart, and the whole stands there.
"""


def measure(settings: Settings, contest: Contest, folder: Path) -> list[str]:
    """The tables."""
    found: dict[str, Rows] = {}
    for name in settings.models:
        task = Iterating(
            weights=made(name, folder, ends=True).weights,
            device=settings.device,
            problems=2 if settings.quick else 32,
            samples=8 if settings.quick else 16,
            max_new_tokens=16 if settings.quick else 110,
            batch=16,
        )
        apart = replace(task, overlapped=False)
        everybody = ((OURS, "loops:Ours", task), (APART, "loops:Ours", apart), (POLICY, "loops:Policy", task))
        for row, make, given in everybody:
            if worker := contest.invite(f"{name}, {row}", make, settings=given):
                contest.seats.append(Seat(table=name, row=row, worker=worker))
        found |= contest.play(settings.rounds)
        contest.dismiss()
    lines = [WORDS]
    for name, rows in found.items():
        lines += [f"## {name}", "", *table(rows, COLUMNS, first="who"), "", *_against(rows), *_hidden(rows), ""]
    return lines


def _against(rows: Rows) -> list[str]:
    """GRPO's time over ours."""
    if POLICY not in rows or OURS not in rows:
        return []
    whole = ratios(rows[POLICY], rows[OURS], measure=seconds)
    less = ratios(rows[POLICY], rows[APART], measure=of("less verifying"))
    return [
        f"- GRPOTrainer takes {spread(whole)} times as long as ours;",
        f"- its time without rewards is {spread(less)} times ours (one after the other) without verifying.",
    ]


def _hidden(rows: Rows) -> list[str]:
    """How much of verifying is hidden behind sampling; 1: all of the shorter of the two."""
    apart = rows.get(APART, [])
    lines = [f"- {part}, one after the other: {spread(values(apart, of(part)))} s" for part in PARTS]
    found = hidden(rows.get(OURS, []), apart)
    return [*lines, f"- sampling and verifying overlapped, over the longer of the two alone: {spread(found)}"]


def hidden(overlapped: list[Turn | None], apart: list[Turn | None]) -> list[float]:
    """Overlapped time over max(sampling alone, verifying alone), round by round."""
    pairs = [(a.amounts, b.amounts) for a, b in zip(overlapped, apart, strict=False) if a and b]
    return [a["attempts"] / max(b["sampling"], b["verifying"]) for a, b in pairs]
