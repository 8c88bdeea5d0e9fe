"""The statistics of the claims: pass rates by seed and problem, and intervals that count both as chance.

A result is a table of pass rates, (seeds, problems). Resampling takes seeds and problems, each with replacement, the
same problems for every seed and the same draws for everything that is compared: so differences are paired. Intervals
are the 2.5th and 97.5th percentile of 10,000 resamples.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from leti.scores import Estimate, pass_at_k

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

    from numpy.typing import NDArray

RESAMPLES = 10_000


@dataclass(frozen=True, slots=True)
class Curve:
    """Pass rates after each scored place."""

    steps: NDArray[np.float64]
    """(places, seeds): optimiser steps on examples so far."""
    rates: NDArray[np.float64]
    """(places, seeds, problems)."""


def table(results: Sequence[Mapping[str, Any]], split: str, *, place: int = -1, k: int = 1) -> NDArray[np.float64]:
    """pass@k (seeds, problems) of one place of each result."""
    rows = [result["places"][place][split] for result in results]
    return np.array([[pass_at_k(row["samples"], passed, k=k) for passed in row["passed"]] for row in rows])


def curve(results: Sequence[Mapping[str, Any]], split: str) -> Curve:
    """The places that have the split, the base first."""
    numbers = [n for n, place in enumerate(results[0]["places"]) if split in place and place[split]["passed"]]
    done = [np.cumsum([place["steps"] for place in result["places"]]) for result in results]
    return Curve(
        steps=np.array([[each[n] for each in done] for n in numbers], dtype=float),
        rates=np.array([table(results, split, place=n) for n in numbers]),
    )


def mean(rates: NDArray[np.float64]) -> Estimate:
    """The mean of (seeds, problems), with its interval."""
    seeds, problems = _weights(*rates.shape)
    return _estimate(float(rates.mean()), np.einsum("rs,sp,rp->r", seeds, rates, problems, optimize=True))


def steps_to(found: Curve, target: float) -> tuple[float, NDArray[np.float64]]:
    """Optimiser steps until the mean pass rate is `target`, by linear interpolation; infinite where it never is.

    Returns:
        The value, and that of each resample.
    """
    seeds, problems = _weights(*found.rates.shape[1:])
    heights = np.einsum("rs,isp,rp->ri", seeds, found.rates, problems, optimize=True)  # (resamples, places)
    widths = seeds @ found.steps.T  # (resamples, places)
    value = _crossing(found.steps.mean(axis=1), found.rates.mean(axis=(1, 2)), target)
    return value, np.array([_crossing(x, y, target) for x, y in zip(widths, heights, strict=True)])


def steps_ratio(first: Curve, second: Curve, target: float) -> Estimate:
    """How many times the steps of `second` the `first` needs; paired. Not a number where neither gets there."""
    value, values = steps_to(first, target)
    other, others = steps_to(second, target)
    with np.errstate(invalid="ignore"):
        return _estimate(value / other if np.isfinite(other) else np.nan, values / others)


def estimate_steps(found: Curve, target: float) -> Estimate:
    """`steps_to` with its interval."""
    return _estimate(*steps_to(found, target))


def _crossing(steps: NDArray[np.float64], rates: NDArray[np.float64], target: float) -> float:
    """Where the first segment that reaches the target does."""
    for at, rate in enumerate(rates):
        if rate >= target:
            if at == 0:
                return 0.0
            part = (target - rates[at - 1]) / (rate - rates[at - 1])
            return float(steps[at - 1] + part * (steps[at] - steps[at - 1]))
    return float("inf")


def _weights(seeds: int, problems: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """(resamples, seeds) and (resamples, problems), each row summing to one; the same for the same sizes."""
    generator = np.random.default_rng(0)
    drawn_problems = generator.multinomial(problems, np.full(problems, 1 / problems), size=RESAMPLES) / problems
    drawn_seeds = generator.multinomial(seeds, np.full(seeds, 1 / seeds), size=RESAMPLES) / seeds
    return drawn_seeds, drawn_problems


def _estimate(value: float, values: NDArray[np.float64]) -> Estimate:
    known = values[~np.isnan(values)]
    if known.size < RESAMPLES // 2:
        return Estimate(value, float("nan"), float("nan"))
    low, high = np.quantile(known, [0.025, 0.975], method="nearest")  # a quantile between a number and infinity is none
    return Estimate(value, float(low), float(high))
