"""The runs, compared: all that the page and the terminal tell."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from leti.compare.arms import Arm, arms
from leti.compare.effort import Effort, Goal, efforts, goals
from leti.compare.measured import Measured, choose_split, common_problems, measure
from leti.compare.notes import notes
from leti.compare.plots import plots
from leti.compare.sources import open_runs
from leti.compare.standings import Course, Lead, Standing, Turned, courses, lead, standings, turned
from leti.compare.verdict import Verdict, verdict

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from leti.page.charts import Plot


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Arms are in one order throughout, that of their first runs on the command line."""

    split: str
    problems: int
    """That all runs were scored on."""
    arms: tuple[Arm, ...]
    measured: tuple[Measured, ...]
    at: tuple[str, ...]
    """The place after which each arm is compared."""
    verdict: Verdict
    notes: tuple[str, ...]
    standings: Mapping[str, tuple[Standing, ...]]
    """By pass@k."""
    plots: Mapping[str, tuple[Plot, ...]]
    """By pass@k."""
    goals: tuple[Goal, ...]
    asked: bool
    """Whether the last goal was asked for."""
    efforts: tuple[Effort, ...]
    turned: tuple[Turned, ...]
    """Of every arm but the first."""
    courses: tuple[Course, ...]


def compare(
    paths: Sequence[Path],
    *,
    split: str | None = None,
    target: float | None = None,
    defaults: Mapping[str, Any] | None = None,
) -> Comparison:
    """Compares runs on the problems that all of them were scored on.

    Args:
        paths: of run directories; the arm of the first is what the others are compared with.
        split: which one; `test` if it is scored in every run, else another that is.
        target: the pass@1 that steps, programs and seconds are counted to; else the highest that every arm reaches.
        defaults: what a configuration key is where an older run does not name it.

    Raises:
        RunError: what is at a path is no run or damaged, or the runs have no scores, split or problems in common.
    """
    groups = arms(open_runs(paths, defaults or {}))
    chosen = choose_split(groups, split)
    found = [measure(arm, chosen) for arm in groups]
    names = common_problems(found)
    at = compared_at(found)
    ks = common_ks(found, chosen)
    ranks = {f"pass@{k}": standings(found, names, at=at, k=k) for k in ks}
    reached = goals(found, names, target=target)
    return Comparison(
        split=chosen,
        problems=len(names),
        arms=tuple(groups),
        measured=tuple(found),
        at=tuple(one.places[place] for one, place in zip(found, at, strict=True)),
        verdict=verdict(found, ranks["pass@1"], at=at, best=_best_lead(found, names, ranks["pass@1"], at=at)),
        notes=notes(found, names, split=chosen),
        standings=ranks,
        plots={f"pass@{k}": plots(found, names, split=chosen, k=k) for k in ks},
        goals=reached,
        asked=target is not None,
        efforts=efforts(found, names, reached=reached) if reached else (),
        turned=turned(found, names, at=at),
        courses=courses(found, names, at=at),
    )


def compared_at(found: Sequence[Measured]) -> list[int]:
    """The place that each arm is compared at: its last; or, where one has more to come, the last that all have."""
    if any(source.unfinished for one in found for source in one.sources):
        return [min(len(one.places) for one in found) - 1] * len(found)
    return [len(one.places) - 1 for one in found]


def common_ks(found: Sequence[Measured], split: str) -> list[int]:
    """1, and the other pass@k that every run was scored by and has the programs for."""
    named = [
        {name for name in (source.places[0].scores or {})[split] if name.startswith("pass@")}
        for one in found
        for source in one.sources
    ]
    least = min(t.samples for one in found for runs in one.tallies for by_name in runs for t in by_name.values())
    known = {name.removeprefix("pass@") for name in set.intersection(*named)}
    return sorted({1} | {int(k) for k in known if k.isdecimal() and 1 <= int(k) <= least})


def _best_lead(
    found: Sequence[Measured], names: Sequence[str], ranks: Sequence[Standing], *, at: Sequence[int]
) -> tuple[int, int, Lead] | None:
    """The arm with the highest pass@1, the next one, and the lead between them."""
    if len(found) < 2:
        return None
    best, second = sorted(range(len(found)), key=lambda index: -ranks[index].after.value)[:2]
    return best, second, lead((found[best], at[best]), (found[second], at[second]), problems=names)
