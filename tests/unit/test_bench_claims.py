"""The claims' bench: its arms are configurations, its statistics are right where the answer is known."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / "bench" / "claims"))

import arms
import stats

from leti.config import load_config

RANDOM = np.random.default_rng(0)


@pytest.mark.parametrize("name", list(arms.arms(Path("second"))))
def test_every_arm_is_a_configuration(name: str) -> None:
    arm = arms.arms(Path("second"))[name]
    config = load_config("pocket", arm.overrides(seed=3))
    assert config.seed == 3
    assert config.problems.limits["validation"] == 100


def test_experiments_name_arms_that_there_are_and_no_arm_is_idle() -> None:
    named = {arm for claim in arms.claims() for arm in claim.arms}
    assert named == set(arms.arms(Path("second")))


def test_a_mean_has_an_interval_that_counts_seeds_and_problems() -> None:
    by_problem = np.tile(RANDOM.random(200) < 0.3, (5, 1)).astype(float)
    found = stats.mean(by_problem)
    error = by_problem[0].std() / 200**0.5
    assert found.value == pytest.approx(by_problem.mean())
    assert found.high - found.low == pytest.approx(2 * 1.96 * error, rel=0.05)

    by_seed = np.repeat(np.array([[0.1], [0.2], [0.3], [0.4], [0.5]]), 200, axis=1)
    widest = stats.mean(by_seed)
    assert widest.high - widest.low == pytest.approx(2 * 1.96 * 0.1414 / 5**0.5, rel=0.1)


def made(rates: list[float], steps: list[float]) -> stats.Curve:
    noise = RANDOM.normal(0, 0.001, (len(rates), 5, 50))
    return stats.Curve(
        steps=np.outer(steps, np.ones(5)),
        rates=np.array(rates)[:, None, None] + noise - noise.mean(axis=(1, 2), keepdims=True),
    )


def test_steps_to_a_pass_rate_are_interpolated() -> None:
    found = stats.estimate_steps(made([0.1, 0.2, 0.4], [0, 10, 20]), 0.3)
    assert found.value == pytest.approx(15)
    assert found.low == pytest.approx(15, abs=0.2)
    assert found.high == pytest.approx(15, abs=0.2)


def test_a_target_that_is_never_reached_takes_for_ever() -> None:
    assert stats.estimate_steps(made([0.1, 0.2], [0, 10]), 0.3) == stats.Estimate(np.inf, np.inf, np.inf)


def test_the_ratio_of_steps_is_paired() -> None:
    slow = made([0.1, 0.2, 0.4], [0, 20, 40])
    fast = replace(slow, steps=slow.steps / 2)
    ratio = stats.steps_ratio(slow, fast, 0.3)
    assert (ratio.value, ratio.low, ratio.high) == pytest.approx((2.0, 2.0, 2.0))


def test_the_ratio_to_what_is_never_reached_is_no_number() -> None:
    never, late = made([0.1, 0.2], [0, 10]), made([0.1, 0.4], [0, 10])
    assert np.isnan(stats.steps_ratio(late, never, 0.3).value)
