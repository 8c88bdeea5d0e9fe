"""Intervals over seeds and problems: right where the answer is known, and as brute force has them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from leti.compare import intervals
from leti.scores import RESAMPLES, Estimate

RANDOM = np.random.default_rng(0)


def test_a_mean_has_an_interval_that_counts_seeds_and_problems() -> None:
    by_problem = np.tile(RANDOM.random(200) < 0.3, (5, 1)).astype(float)
    found = intervals.mean(by_problem)
    error = by_problem[0].std() / 200**0.5
    assert found.value == pytest.approx(by_problem.mean())
    assert found.high - found.low == pytest.approx(2 * 1.96 * error, rel=0.05)

    by_seed = np.repeat(np.array([[0.1], [0.2], [0.3], [0.4], [0.5]]), 200, axis=1)
    widest = intervals.mean(by_seed)
    assert widest.high - widest.low == pytest.approx(2 * 1.96 * 0.1414 / 5**0.5, rel=0.1)


def made(rates: list[float], steps: list[float]) -> intervals.Curve:
    noise = RANDOM.normal(0, 0.001, (len(rates), 5, 50))
    return intervals.Curve(
        steps=np.outer(steps, np.ones(5)),
        rates=np.array(rates)[:, None, None] + noise - noise.mean(axis=(1, 2), keepdims=True),
    )


def test_steps_to_a_pass_rate_are_interpolated() -> None:
    found = intervals.estimate_steps(made([0.1, 0.2, 0.4], [0, 10, 20]), 0.3)
    assert found.value == pytest.approx(15)
    assert found.low == pytest.approx(15, abs=0.2)
    assert found.high == pytest.approx(15, abs=0.2)


def test_a_target_that_is_never_reached_takes_for_ever() -> None:
    assert intervals.estimate_steps(made([0.1, 0.2], [0, 10]), 0.3) == Estimate(np.inf, np.inf, np.inf)


def test_the_ratio_of_steps_is_paired() -> None:
    slow = made([0.1, 0.2, 0.4], [0, 20, 40])
    fast = replace(slow, steps=slow.steps / 2)
    ratio = intervals.steps_ratio(slow, fast, target=0.3)
    assert (ratio.value, ratio.low, ratio.high) == pytest.approx((2.0, 2.0, 2.0))


def test_the_ratio_to_what_is_never_reached_is_no_number() -> None:
    never, late = made([0.1, 0.2], [0, 10]), made([0.1, 0.4], [0, 10])
    assert np.isnan(intervals.steps_ratio(late, never, target=0.3).value)


def test_resampling_is_what_drawing_rows_and_columns_by_hand_gives() -> None:
    rates = RANDOM.random((3, 20))
    draw = np.random.default_rng(1)
    drawn = [np.ix_(draw.integers(0, 3, 3), draw.integers(0, 20, 20)) for _ in range(RESAMPLES)]
    by_hand = [rates[each].mean() for each in drawn]
    found = intervals.mean(rates)
    assert (found.low, found.high) == pytest.approx(tuple(np.quantile(by_hand, [0.025, 0.975])), abs=0.01)


def test_several_tables_are_resampled_as_one_is() -> None:
    tables = RANDOM.random((4, 2, 30))
    assert intervals.means(tables) == [intervals.mean(table) for table in tables]


def test_of_the_same_seeds_a_difference_is_paired() -> None:
    worse = RANDOM.random((3, 40))
    found = intervals.difference(worse + 0.1, worse)
    assert (found.value, found.low, found.high) == pytest.approx((0.1, 0.1, 0.1))


def test_what_never_differs_here_may_differ_elsewhere() -> None:
    rates, every = RANDOM.random((2, 60)), np.ones((2, 60))
    assert intervals.mean(every).low == pytest.approx(0.05 ** (1 / 60))
    for draws in (intervals.TOGETHER, intervals.APART):
        found = intervals.difference(every, 0 * every, draws=draws)
        assert (found.value, found.low, found.high) == pytest.approx((1.0, -1 + 2 * 0.05 ** (1 / 60), 1.0))
    found = intervals.difference(rates, rates)
    assert (found.value, found.low, found.high) == pytest.approx((0.0, -3 / 60, 3 / 60), abs=0.002)


def test_of_other_seeds_problems_are_paired_and_seeds_are_not() -> None:
    by_problem, by_seed = RANDOM.random((1, 40)), np.array([[0.0], [0.1], [0.2]])
    same = intervals.difference(by_problem + 0 * by_seed, by_problem + np.zeros((2, 1)), draws=intervals.APART)
    assert (same.value, same.low, same.high) == pytest.approx((0.0, -3 / 40, 3 / 40), abs=0.003)

    first, second = by_problem + by_seed, by_problem + by_seed[:2] / 2
    found = intervals.difference(first, second, draws=intervals.APART)
    error = (np.var(by_seed) / 3 + np.var(by_seed[:2] / 2) / 2) ** 0.5
    assert found.value == pytest.approx(0.075)
    assert found.high - found.low == pytest.approx(2 * 1.96 * error, rel=0.15)


def test_a_curve_can_be_of_some_of_its_seeds() -> None:
    found = made([0.1, 0.2], [0, 10]).of([3, 1])
    assert found.steps.shape == (2, 2)
    assert found.rates.shape == (2, 2, 50)


def test_a_pass_rate_that_is_there_from_the_start_takes_nothing() -> None:
    there, later = made([0.3, 0.4], [0, 10]), made([0.1, 0.4], [0, 10])
    assert intervals.estimate_steps(there, 0.2).value == 0
    assert np.isnan(intervals.steps_ratio(later, there, target=0.2).value)


def test_a_ratio_that_many_resamples_do_not_have_has_no_interval() -> None:
    arm = intervals.Curve(steps=np.array([[0.0], [10.0]]), rates=np.stack([np.zeros((1, 40)), RANDOM.random((1, 40))]))
    end = float(arm.rates[1].mean())
    ratio = intervals.steps_ratio(arm, arm, target=end)
    assert ratio.value == 1.0
    assert np.isnan(ratio.low)
    assert np.isnan(ratio.high)
    halfway = intervals.steps_ratio(arm, arm, target=end / 2)
    assert (halfway.low, halfway.high) == (1.0, 1.0)
