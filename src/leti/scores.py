"""pass@k of given weights, with intervals. Pure.

A problem enters as a `Tally`: how many programs were sampled for it, and how many passed. The unit that is resampled is
the problem, because a benchmark is a sample of problems; programs of one problem are not independent evidence.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import comb
from typing import Any

import numpy as np

RESAMPLES = 10_000
"""Bootstrap resamples: the ends of a 95 % interval are then stable to about a hundredth of its width."""
BOOTSTRAP_SEED = 0


@dataclass(frozen=True, slots=True)
class Tally:
    """Programs sampled for one problem, and how many of them passed."""

    samples: int
    passed: int


@dataclass(frozen=True, slots=True)
class Estimate:
    """A value with the ends of its 95 % interval."""

    value: float
    low: float
    high: float


def pass_at_k(samples: int, passed: int, *, k: int) -> float:
    """The chance that at least one of k programs, drawn without replacement from the samples, passed.

    The unbiased estimator 1 - C(n-c, k) / C(n, k) (Chen et al. 2021, equation 1), in exact integers until the division.

    Raises:
        ValueError: k is not within 1..samples, or passed not within 0..samples.
    """
    if not 1 <= k <= samples:
        raise ValueError(f"pass@{k} needs at least {k} samples for each problem; there are {samples}")
    if not 0 <= passed <= samples:
        raise ValueError(f"{passed} of {samples} samples cannot have passed")
    return 1.0 - comb(samples - passed, k) / comb(samples, k)


def estimate(tallies: Iterable[Tally], k: int) -> Estimate:
    """Mean pass@k over problems, with a 95 % percentile interval from a bootstrap over problems."""
    return _bootstrap(np.array([pass_at_k(tally.samples, tally.passed, k=k) for tally in tallies]), least=0.0)


def paired_difference(before: Mapping[str, Tally], after: Mapping[str, Tally], *, k: int) -> Estimate:
    """Mean change of pass@k over the same problems, with a 95 % interval from a paired bootstrap.

    Raises:
        ValueError: the two do not hold the same problems.
    """
    if before.keys() != after.keys():
        raise ValueError("a paired difference needs the same problems on both sides")
    changes = [
        pass_at_k(after[name].samples, after[name].passed, k=k) - pass_at_k(tally.samples, tally.passed, k=k)
        for name, tally in before.items()
    ]
    return _bootstrap(np.array(changes), least=-1.0)


def tally(rows: Iterable[tuple[str, bool]]) -> dict[str, Tally]:
    """Tallies by problem, in order of first appearance, from (problem id, passed) rows."""
    counts: dict[str, Tally] = {}
    for problem, passed in rows:
        seen = counts.get(problem, Tally(0, 0))
        counts[problem] = Tally(seen.samples + 1, seen.passed + passed)
    return counts


def summary(tallies: Mapping[str, Tally], ks: Sequence[int]) -> dict[str, Any]:
    """What stands in `scores.json` for a split: problems, samples, and pass@k for each k the samples allow.

    Raises:
        ValueError: no problems, or problems with different numbers of samples.
    """
    counts = {tally.samples for tally in tallies.values()}
    if len(counts) != 1:
        raise ValueError(f"each problem needs the same number of samples; seen {sorted(counts) or 'no problems'}")
    samples = counts.pop()
    scores: dict[str, Any] = {"problems": len(tallies), "samples": samples}
    for k in ks:
        if k <= samples:
            found = estimate(tallies.values(), k)
            scores[f"pass@{k}"] = {"value": found.value, "low": found.low, "high": found.high}
    return scores


def in_words(scores: Mapping[str, Any]) -> str:
    """A split's `summary` on one line."""
    parts = [
        f"{name} {100 * found['value']:.1f} % [{100 * found['low']:.1f}, {100 * found['high']:.1f}]"
        for name, found in scores.items()
        if name.startswith("pass@")
    ]
    return f"{', '.join(parts)} ({scores['problems']} problems x {scores['samples']} samples)"


def unanimous(values: np.ndarray, *, least: float) -> Estimate | None:
    """The 95 % interval where every problem is solved, none is, or none differs; None where it is not so.

    No resample can tell such problems from certainty. But if a share p of all problems were otherwise, none of them
    would be among n with chance (1 - p)^n: so p is at most 1 - 0.05^(1/n), about 3 / n, whatever they are instead.
    Where all but a few agree, the bootstrap is narrower than this, and narrower than it should be.

    Args:
        values: (..., problems), each between `least` and 1.
        least: 0 of rates, -1 of differences.
    """
    value = float(values.flat[0])
    if value not in {-1.0, 0.0, 1.0} or (values != value).any():
        return None
    other = 1.0 - 0.05 ** (1.0 / values.shape[-1])
    return Estimate(value=value, low=value - other * (value - least), high=value + other * (1.0 - value))


def _bootstrap(values: np.ndarray, *, least: float) -> Estimate:
    """The mean of values (problems,), each between `least` and 1, and its percentile interval."""
    if values.size == 0:
        raise ValueError("there are no problems to score")
    if agreed := unanimous(values, least=least):
        return agreed
    generator = np.random.default_rng(BOOTSTRAP_SEED)
    # Multinomial counts, not indices: (resamples, problems) of small integers is all that is held, a slice at a time.
    chances = np.full(values.size, 1.0 / values.size)
    means = np.concatenate(
        [generator.multinomial(values.size, chances, size=500) @ values / values.size for _ in range(RESAMPLES // 500)]
    )
    low, high = np.quantile(means, [0.025, 0.975])
    return Estimate(value=float(values.mean()), low=float(low), high=float(high))
