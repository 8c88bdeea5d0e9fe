"""One experiment's results as Markdown."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import stats

from leti.compare import intervals
from leti.problems import TEST
from leti.problems.pocket import PLAIN

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from arms import Arm, Claim
    from numpy.typing import NDArray

    from leti.scores import Estimate

Results = "Mapping[str, Sequence[Mapping[str, Any]]]"
"""By arm, one per seed, in the order of the seeds."""
FAMILIES = ("few-", "second-")
"""How the names begin of arms that are compared among themselves: with little to learn from, of the second scale."""
COLD = "cold"
"""The test problems, drawn at temperature 0.1."""
WAYS_TO_COUNT = (
    ("as written", TEST),
    ("the first function of each", "block"),
    ("without the tail", "masked"),
    ("at temperature 0.1", COLD),
)
SHOWN_ENDS = ("passed", "AssertionError", "TypeError", "NameError", "SyntaxError", "AttributeError", "IndexError")


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """Rows under a head."""

    head: Sequence[str]
    rows: Sequence[Sequence[str]]

    def markdown(self) -> str:
        """As GitHub draws it."""
        lines = [self.head, ["---"] * len(self.head), *self.rows]
        return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def learned(found: Results, claim: Claim, known: Mapping[str, Arm]) -> list[Table]:
    """Before, after, and what it took."""
    rows = []
    for name in claim.arms:
        results = found[name]
        at_10 = [intervals.mean(stats.table(results, TEST, place=place, k=10)) for place in (0, -1)]
        rows.append([
            _arm(known[name]), *_change(results, TEST),
            f"{100 * at_10[0].value:.0f} -> {100 * at_10[1].value:.0f}", *_cost(results), str(len(results)),
        ])  # fmt: skip
    head = ["arm", "base pass@1 %", "after", "change, points", "pass@10 %", "iterations", "steps", "programs",
            "seconds", "seeds"]  # fmt: skip
    cold_head = ["arm", "base pass@1 % at temperature 0.1", "after", "change, points"]
    cold = [[_arm(known[name]), *_change(found[name], COLD)] for name in claim.arms]
    return [Table(head=head, rows=rows), Table(head=cold_head, rows=cold)]


def _change(results: Sequence[Mapping[str, Any]], split: str) -> list[str]:
    """pass@1 of the base, after the last iteration, and the difference."""
    base, last = (stats.table(results, split, place=place) for place in (0, -1))
    return [percent(intervals.mean(base)), percent(intervals.mean(last)), points(intervals.difference(last, base))]


def _cost(results: Sequence[Mapping[str, Any]]) -> list[str]:
    """Iterations, steps on examples and on plain code, programs sampled, seconds on one core: means over seeds."""
    places = [result["places"] for result in results]
    steps, extra = (np.mean([sum(p[key] for p in each) for each in places]) for key in ("steps", "pretrain_steps"))
    programs = np.mean([sum(sum(p["train"].values()) for p in each) for each in places])
    seconds = [result["learning_seconds"] for result in results if result["learning_seconds"]]
    mean_seconds = f"{np.mean(seconds):.0f}" if seconds else "-"
    return [str(len(places[0]) - 1), f"{steps:.0f} + {extra:.0f}", f"{programs:.0f}", mean_seconds]


def against(found: Results, claim: Claim, known: Mapping[str, Arm]) -> list[Table]:
    """Every arm after its last iteration, and what the `text` of its family is ahead of it by."""
    rows = []
    for name in claim.arms:
        first = f"{_family(name)}text"
        theirs = stats.table(found[name], TEST)
        ahead = "" if first == name or first not in found else _ahead(found, first, name)
        cold = percent(intervals.mean(stats.table(found[name], COLD)))
        rows.append([
            _arm(known[name]), percent(intervals.mean(theirs)), ahead, cold, _cost(found[name])[1], str(len(theirs)),
        ])  # fmt: skip
    head = ["arm", "test pass@1 %", "text is ahead by, points", "at temperature 0.1", "steps", "seeds"]
    return [Table(head=head, rows=rows)]


def _ahead(found: Results, first: str, name: str) -> str:
    pair = _of_common_seeds({each: found[each] for each in (first, name)})
    return points(intervals.difference(stats.table(pair[first], TEST), stats.table(pair[name], TEST)))


def _family(name: str) -> str:
    """The arms that an arm is compared with begin like it."""
    return next((family for family in FAMILIES if name.startswith(family)), "")


def _of_common_seeds(found: Results) -> dict[str, list[Mapping[str, Any]]]:
    """The results of the seeds that every arm has, so that differences are of the same seed."""
    seeds = set.intersection(*({result["seed"] for result in results} for results in found.values()))
    return {name: [result for result in results if result["seed"] in seeds] for name, results in found.items()}


def steps(found: Results, claim: Claim, known: Mapping[str, Arm]) -> list[Table]:
    """Optimiser steps to a pass rate, arm by arm, and how many times the steps of `binary` each needs."""
    tables = []
    for family in ("", *FAMILIES):
        names = [name for name in claim.arms if _family(name) == family]
        if f"{family}binary" not in names:
            continue
        common = _of_common_seeds({name: found[name] for name in names})
        curves = {name: stats.curve(results, TEST) for name, results in common.items()}
        binary = curves[f"{family}binary"]
        start, end = binary.rates[0].mean(), binary.rates[-1].mean()
        rows = []
        for share in (0.5, 0.75, 1.0):
            target = start + share * (end - start)
            for name in names:
                ratio = intervals.steps_ratio(curves[name], binary, target=target)
                rows.append([
                    f"{100 * target:.1f}", _arm(known[name]), number(intervals.estimate_steps(curves[name], target)),
                    "" if name == f"{family}binary" else number(ratio, digits=2),
                ])  # fmt: skip
        tables.append(Table(head=["test pass@1 %", "arm", "steps to it", "times those of binary"], rows=rows))
    return [*against(found, claim, known), *tables]


def kept(found: Results, claim: Claim, known: Mapping[str, Arm]) -> list[Table]:
    """The second family and plain code, before and after."""
    rows = []
    for name in claim.arms:
        results = found[name]
        base, last = stats.table(results, PLAIN, place=0), stats.table(results, PLAIN)
        losses = [np.array([result["places"][place]["plain_code_loss"] for result in results]) for place in (0, -1)]
        rows.append([
            _arm(known[name]), percent(intervals.mean(stats.table(results, TEST))), percent(intervals.mean(base)),
            percent(intervals.mean(last)), points(intervals.difference(last, base)),
            f"{losses[0].mean():.3f} -> {_spread(losses[1], digits=3)}",
        ])  # fmt: skip
    head = ["arm", "test pass@1 %", "second family: base %", "after", "change, points", "loss on the standard library"]
    return [Table(head=head, rows=rows)]


def errors(found: Results, claim: Claim, known: Mapping[str, Arm]) -> list[Table]:
    """How held-out programs end over the iterations; and what the reward token means."""
    rows, meaning, guided = [], [], []
    for name in claim.arms:
        for number_, place in enumerate(found[name][0]["places"]):
            if TEST not in place:  # an arm without a curve
                continue
            shares = [_shares(result["places"][number_][TEST]["ends"]) for result in found[name]]
            row = [f"{100 * np.mean([share[end] for share in shares]):.1f}" for end in SHOWN_ENDS]
            rows.append([_arm(known[name]) if number_ == 0 else "", place["name"], *row])
        gates = [result["reward_token"] for result in found[name] if result["reward_token"]]
        if gates:
            meaning.append([_arm(known[name]), *_meaning(gates)])
            guided.append([_arm(known[name]), *_guided(gates)])
    head = ["arm", "test programs of", *(f"{end} %" for end in SHOWN_ENDS)]
    gate_head = ["arm", "pass@1 % under good", "no token", "bad", "good - bad, points", "swap, nats: passed", "failed"]
    guided_head = ["arm", "pass@1 % under good, without the tail", "and with guidance 1", "guidance, points"]
    tables = [Table(head=head, rows=rows), Table(head=gate_head, rows=meaning), Table(head=guided_head, rows=guided)]
    return [table for table in tables if table.rows]


def _meaning(gates: Sequence[Mapping[str, Any]]) -> list[str]:
    """Means over seeds."""
    rates = [_rate(gates, way) for way in ("good", "none", "bad")]
    spreads = [
        np.array([gate[key]["mean"] for gate in gates]) * scale
        for key, scale in (("good-bad", 100), ("swap_good", 1), ("swap_bad", 1))
    ]
    return [*rates, *(_spread(each, digits=2) for each in spreads)]


def _guided(gates: Sequence[Mapping[str, Any]]) -> list[str]:
    """Means over seeds: the control, guidance, and the difference between the two."""
    gains = np.array([100 * gate["guided-masked"]["mean"] for gate in gates])
    return [_rate(gates, "masked"), _rate(gates, "guided"), _spread(gains, digits=2)]


def _rate(gates: Sequence[Mapping[str, Any]], way: str) -> str:
    return f"{100 * np.mean([gate['pass@1'][way]['mean'] for gate in gates]):.1f}"


def _spread(values: NDArray[np.float64], *, digits: int) -> str:
    """Mean over seeds and, where there are several, its standard error."""
    if len(values) == 1:
        return f"{values[0]:.{digits}f}"
    return f"{values.mean():.{digits}f} +- {values.std(ddof=1) / len(values) ** 0.5:.{digits}f}"


def _shares(ends: Mapping[str, int]) -> dict[str, float]:
    total = sum(ends.values())
    return {end: ends.get(end, 0) / total for end in SHOWN_ENDS}


def formats(found: Results, claim: Claim, known: Mapping[str, Arm]) -> list[Table]:
    """What the model wrote, the function that it begins with, and what it writes when unlikely tokens are left out."""
    rows = []
    for name in claim.arms:
        for about, split in WAYS_TO_COUNT:
            rows.append([_arm(known[name]) if split == TEST else "", about, *_change(found[name], split)])
    return [Table(head=["arm", "test programs", "base pass@1 %", "after", "change, points"], rows=rows)]


TABLES: Mapping[str, Callable[..., list[Table]]] = {
    "1-learns": learned,
    "2-supervised": against,
    "3-words": steps,
    "4-keeps": kept,
    "5-samples": learned,
    "6-errors": errors,
    "7-format": formats,
}


def percent(found: Estimate) -> str:
    """A rate."""
    return f"{100 * found.value:.1f} [{100 * found.low:.1f}, {100 * found.high:.1f}]"


def points(found: Estimate) -> str:
    """A difference of rates; bold where the interval is on one side of nothing."""
    text = f"{100 * found.value:+.1f} [{100 * found.low:+.1f}, {100 * found.high:+.1f}]"
    return f"**{text}**" if found.low > 0 or found.high < 0 else text


def number(found: Estimate, *, digits: int = 0) -> str:
    """Any other figure; `never` where it is infinite, `open` where too few resamples have one for an interval."""
    value, low, high = (
        "never" if np.isinf(each) else "-" if np.isnan(each) else f"{each:.{digits}f}"
        for each in (found.value, found.low, found.high)
    )
    return f"{value} [open]" if np.isnan(found.low) else f"{value} [{low}, {high}]"


def _arm(arm: Arm) -> str:
    return f"`{arm.name}`"
