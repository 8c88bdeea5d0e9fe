"""What an iteration's optimiser steps are, before any is taken: pure."""

from __future__ import annotations

import math
import random
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from leti.training.place import TrainerSettings

EXAMPLES, PRETRAIN = "examples", "pretrain"


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedStep:
    """One optimiser step."""

    step: int
    """1-based within the iteration."""
    epoch: int
    """0-based."""
    kind: str
    members: tuple[int, ...] = ()
    """Which examples, by number; empty for a pre-training step."""


def plan(count: int, settings: TrainerSettings, *, key: str) -> list[PlannedStep]:
    """The steps of one iteration over `count` examples.

    Pre-training steps are spread evenly: after n example steps there have been floor(n * ratio) of them, so a ratio of
    1 alternates strictly, as the paper does. The last batch of an epoch may be smaller.
    """
    ratio = settings.pretrain.ratio if settings.pretrain else 0.0
    steps: list[PlannedStep] = []
    example_steps = between = 0
    for epoch in range(settings.epochs):
        order = _order(count, epoch, key) if settings.shuffle else list(range(count))
        for start in range(0, count, settings.batch):
            members = tuple(order[start : start + settings.batch])
            steps.append(PlannedStep(step=len(steps) + 1, epoch=epoch, kind=EXAMPLES, members=members))
            example_steps += 1
            for _ in range(pretrain_steps(example_steps, ratio) - between):
                steps.append(PlannedStep(step=len(steps) + 1, epoch=epoch, kind=PRETRAIN))
            between = pretrain_steps(example_steps, ratio)
    return steps


def pretrain_steps(example_steps: int, ratio: float) -> int:
    """How many steps on plain code there are between and after so many steps on examples."""
    return math.floor(example_steps * ratio + 1e-9)  # 3 * (1 / 3) is a little below 1


def _order(count: int, epoch: int, key: str) -> list[int]:
    order = list(range(count))
    random.Random(f"{key} epoch={epoch}").shuffle(order)  # noqa: S311 - reproducible, not secret
    return order


def learning_rate(settings: TrainerSettings, *, step: int, total: int) -> float:
    """The rate of step `step` (1-based) of `total`, which are those of one iteration: so a run can be extended."""
    if step <= settings.warmup_steps:
        return settings.learning_rate * step / settings.warmup_steps
    if settings.schedule == "constant":
        return settings.learning_rate
    progress = (step - 1 - settings.warmup_steps) / (total - settings.warmup_steps)  # from 0, below 1
    left = 1 - progress if settings.schedule == "linear" else (1 + math.cos(math.pi * progress)) / 2
    return settings.learning_rate * left
