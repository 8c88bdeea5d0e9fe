"""Intervals that count seeds and problems as chance. Pure.

A result is a table of pass rates, (seeds, problems). Resampling takes seeds and problems, each with replacement, the
same problems for every seed and the same draws for everything that is compared: so differences are paired. Intervals
are the 2.5th and 97.5th percentile of 10,000 resamples, or where all is solved, nothing is, or nothing differs those of
`scores.unanimous`. With one seed an interval covers the choice of problems alone; of few seeds it knows too little, as
resampling S of them has (S - 1) / S of their variance.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from leti.scores import RESAMPLES, Estimate, unanimous

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

SLICE = 500
"""Resamples that are drawn and multiplied at once: it bounds memory where there are many problems."""
KNOWN = 0.95
"""Share of the resamples in which a value has to be defined for it to have an interval."""
TOGETHER, APART = 0, 1
"""Which draws of seeds: the same for what shares its seeds, others for what does not."""


@dataclass(frozen=True, slots=True)
class Curve:
    """Pass rates after each scored place."""

    steps: NDArray[np.float64]
    """(places, seeds): what it took so far, such as optimiser steps on examples."""
    rates: NDArray[np.float64]
    """(places, seeds, problems)."""

    def of(self, seeds: Sequence[int]) -> Curve:
        """Of some of the seeds, by position."""
        return replace(self, steps=self.steps[:, list(seeds)], rates=self.rates[:, list(seeds)])


def mean(rates: NDArray[np.float64]) -> Estimate:
    """The mean of (seeds, problems), with its interval."""
    return means(rates[None])[0]


def means(rates: NDArray[np.float64]) -> list[Estimate]:
    """`mean` of each of (tables, seeds, problems)."""
    return _means(rates, least=0.0)


def difference(first: NDArray[np.float64], second: NDArray[np.float64], *, draws: int = TOGETHER) -> Estimate:
    """By how much the mean of `first` (seeds, problems) is above that of `second`, over the same problems.

    With `TOGETHER` the seeds of both are the same ones in the same order; with `APART` each draws its own.
    """
    if draws == TOGETHER:
        return _means((first - second)[None], least=-1.0)[0]
    if agreed := unanimous(first[:, None] - second, least=-1.0):
        return agreed
    values = _resampled(first[None], draws)[0] - _resampled(second[None])[0]
    return _estimate(float(first.mean() - second.mean()), values)


def steps_to(found: Curve, target: float, *, draws: int = TOGETHER) -> tuple[float, NDArray[np.float64]]:
    """Steps until the mean pass rate is `target`, by linear interpolation; infinite where it never is.

    Returns:
        The value, and that of each resample.
    """
    widths = _seeds(*found.rates.shape[1:], draws) @ found.steps.T  # (resamples, places)
    heights = _resampled(found.rates, draws).T  # (resamples, places)
    value = _crossing(found.steps.mean(axis=1), found.rates.mean(axis=(1, 2)), target)
    return value, np.array([_crossing(x, y, target) for x, y in zip(widths, heights, strict=True)])


def steps_ratio(first: Curve, second: Curve, *, target: float, draws: int = TOGETHER) -> Estimate:
    """How many times the steps of `second` the `first` needs; paired. Not a number where `second` never gets there."""
    value, values = steps_to(first, target, draws=draws)
    other, others = steps_to(second, target)
    with np.errstate(invalid="ignore", divide="ignore"):
        return _estimate(value / other if 0 < other < np.inf else np.nan, values / others)


def estimate_steps(found: Curve, target: float) -> Estimate:
    """`steps_to` with its interval."""
    return _estimate(*steps_to(found, target))


def _means(tables: NDArray[np.float64], *, least: float) -> list[Estimate]:
    """The mean of each of (tables, seeds, problems), of values between `least` and 1."""
    return [
        unanimous(each, least=least) or _estimate(float(each.mean()), values)
        for each, values in zip(tables, _resampled(tables), strict=True)
    ]


def _crossing(steps: NDArray[np.float64], rates: NDArray[np.float64], target: float) -> float:
    """Where the first segment that reaches the target does."""
    for at, rate in enumerate(rates):
        if rate >= target:
            if at == 0:
                return 0.0
            part = (target - rates[at - 1]) / (rate - rates[at - 1])
            return float(steps[at - 1] + part * (steps[at] - steps[at - 1]))
    return float("inf")


def _resampled(rates: NDArray[np.float64], draws: int = TOGETHER) -> NDArray[np.float64]:
    """The mean of each of (tables, seeds, problems) in each resample: (tables, resamples)."""
    tables, seeds, problems = rates.shape
    counts, weights = _problems(problems), _seeds(seeds, problems, draws)
    columns = rates.reshape(tables * seeds, problems).T / problems
    by_seed = np.concatenate([counts[at : at + SLICE] @ columns for at in range(0, RESAMPLES, SLICE)])
    drawn: NDArray[np.float64] = np.einsum("rts,rs->tr", by_seed.reshape(RESAMPLES, tables, seeds), weights)
    return drawn


@lru_cache(maxsize=2)
def _problems(problems: int) -> NDArray[np.unsignedinteger]:
    """How often each resample has each problem, (resamples, problems); the same for the same size."""
    return _multinomial(np.random.default_rng(0), problems)


@lru_cache(maxsize=16)
def _seeds(seeds: int, problems: int, draws: int) -> NDArray[np.float64]:
    """The weight of each seed, (resamples, seeds), each row summing to one; the same for the same sizes."""
    generator = np.random.default_rng(draws)
    if draws == TOGETHER:
        _multinomial(generator, problems)  # one stream for both: first the problems, then the seeds
    return _multinomial(generator, seeds) / seeds


def _multinomial(generator: np.random.Generator, size: int) -> NDArray[np.unsignedinteger]:
    """So many draws out of as many, (resamples, size), in as small integers as hold the counts."""
    chances = np.full(size, 1 / size)
    parts = [generator.multinomial(size, chances, size=SLICE) for _ in range(RESAMPLES // SLICE)]
    return np.concatenate([part.astype(np.min_scalar_type(size)) for part in parts])


def _estimate(value: float, values: NDArray[np.float64]) -> Estimate:
    known = values[~np.isnan(values)]
    if known.size < KNOWN * RESAMPLES:  # an interval of the others would say less than it seems to
        return Estimate(value, float("nan"), float("nan"))
    low, high = np.quantile(known, [0.025, 0.975], method="nearest")  # a quantile between a number and infinity is none
    return Estimate(value, float(low), float(high))
