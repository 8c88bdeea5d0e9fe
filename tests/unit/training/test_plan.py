"""The order of steps, and their rates."""

from __future__ import annotations

from typing import Any

import pytest

from leti.training.place import PretrainSettings, TrainerSettings
from leti.training.plan import EXAMPLES, PRETRAIN, learning_rate, plan


def kinds(ratio: float, count: int, **changes: Any) -> str:
    settings = TrainerSettings(batch=2, pretrain=PretrainSettings(ratio=ratio), **changes)
    return "".join("e" if step.kind == EXAMPLES else "p" for step in plan(count, settings, key="key"))


def test_pretraining_alternates_as_the_ratio_says() -> None:
    assert kinds(1.0, 6, epochs=2) == "ep" * 6
    assert kinds(0.25, 12, epochs=2) == "eeeepeeeepeeeep"
    assert kinds(0.0, 4, epochs=1) == "ee"
    assert kinds(2.0, 4, epochs=1) == "eppepp"
    assert kinds(1 / 3, 18, epochs=1) == "eeepeeepeeep"
    assert kinds(1.0, 0, epochs=3) == ""
    assert len(plan(4, TrainerSettings(batch=2, epochs=1, pretrain=None), key="key")) == 2


def test_every_epoch_has_every_example_once() -> None:
    settings = TrainerSettings(batch=4, epochs=3)
    steps = [step for step in plan(10, settings, key="key") if step.kind == EXAMPLES]
    orders = [[member for step in steps if step.epoch == epoch for member in step.members] for epoch in range(3)]
    assert all(sorted(order) == list(range(10)) for order in orders)
    assert len({tuple(order) for order in orders}) == 3
    assert plan(10, settings, key="key") == plan(10, settings, key="key")
    assert plan(10, settings, key="key") != plan(10, settings, key="other")


def test_the_order_given_is_kept_without_shuffling() -> None:
    steps = plan(5, TrainerSettings(batch=2, epochs=2, shuffle=False, pretrain=PretrainSettings(ratio=0)), key="key")
    assert [step.members for step in steps] == [(0, 1), (2, 3), (4,)] * 2
    assert [step.step for step in steps] == [1, 2, 3, 4, 5, 6]
    assert PRETRAIN not in {step.kind for step in steps}


@pytest.mark.parametrize(
    ("schedule", "warmup", "expected"),
    [
        ("constant", 0, [1, 1, 1, 1]),
        ("constant", 2, [0.5, 1, 1, 1]),
        ("linear", 0, [1, 0.75, 0.5, 0.25]),
        ("cosine", 2, [0.5, 1, 1, 0.5]),
    ],
)
def test_the_rate_follows_its_schedule(schedule: str, warmup: int, expected: list[float]) -> None:
    settings = TrainerSettings(learning_rate=1.0, schedule=schedule, warmup_steps=warmup)
    assert [learning_rate(settings, step=step, total=4) for step in range(1, 5)] == pytest.approx(expected)
