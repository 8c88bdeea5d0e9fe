"""Which callers there are, and which seats they take."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from callers import CallerGoneError
from rounds import Rehearsal, Seat, passes, rehearse
from runners import OURS, PEERS
from suites import as_text, evenly, humaneval_suite, lm_suite, mbpp_suite, without_cases

from leti.verify.harness.warming import PRELOADED

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Sequence

    from callers import Caller, Callers
    from suites import Suite

FORKS = {
    "fork-c": "static C program",
    "fork-python": "minimal Python",
    "fork-template": "Python with our modules loaded",
}
CORES = "Two cores"
FORK_SECONDS = {"fork-c": 0.0002, "fork-python": 0.001, "fork-template": 0.0015}
"""About what a fork takes, to fill a turn."""


@dataclass(slots=True)
class Plan:
    """What is going to be measured, and what is known before."""

    suites: list[Suite] = field(default_factory=list)
    seats: list[Seat] = field(default_factory=list)
    about: dict[str, str] = field(default_factory=dict)
    missing: dict[str, str] = field(default_factory=dict)
    said: dict[tuple[str, str], tuple[str, ...]] = field(default_factory=dict)
    """Verdicts of the kept programs, by suite and runner."""
    kept: dict[str, tuple[int, ...]] = field(default_factory=dict)
    """Indices of the programs that ran into nobody's limit, by suite."""


def make_plan(options: argparse.Namespace, callers: Callers) -> Plan:
    """Start the callers, choose the programs, let everybody rehearse."""
    plan = Plan()
    cpus = sorted(os.sched_getaffinity(0))[-2:]
    plain = _start(options.runners, plan, lambda name: callers.runner(name, cpus[-1:]))
    plan.suites = _suites(options, evalplus="evalplus" in plain)
    held = _with_ballast(options, plan, lambda name: callers.runner(name, cpus[-1:], options.ballast))
    double = _on_two_cores(options, plan, lambda name: callers.runner(f"{name}-2", cpus)) if len(cpus) > 1 else {}
    groups = {"": plain, f" with {options.ballast} MiB": held, " on two cores": double}
    _hand_out(plan, callers, groups)
    for suite in plan.suites:
        _seat_suite(plan, suite, plain, options)
    if plan.suites:
        _seat_ballast(plan, plain, held, options)
        _seat_cores(plan, plain, double, options)
    if "fork" in options.runners:
        _seat_forks(plan, callers, cpus[-1], options.turn)
    return plan


def _hand_out(plan: Plan, callers: Callers, groups: dict[str, dict[str, Caller]]) -> None:
    """Give everybody the programs; who cannot take them is out."""
    text = as_text(plan.suites)
    for kind, group in groups.items():
        for name in list(group):
            try:
                callers.give(group[name], text)
            except CallerGoneError as error:
                plan.missing[name + kind] = str(error)
                del group[name]


def _suites(options: argparse.Namespace, *, evalplus: bool) -> list[Suite]:
    suites = [mbpp_suite(options.mbpp)] if options.mbpp else []
    suites += [humaneval_suite(options.humaneval)] if options.humaneval else []
    suites += [lm_suite(options.lm_programs)] if options.lm_programs else []
    if evalplus:
        suites = [without_cases(suite) for suite in suites]
    return [suite.spread(options.programs) for suite in suites]


def _start(names: list[str], plan: Plan, start: Callable[[str], tuple[Caller, str]]) -> dict[str, Caller]:
    found = {}
    for name in names:
        if name == "fork":
            continue
        try:
            found[name], plan.about[name] = start(name)
        except CallerGoneError as error:
            plan.missing[name] = str(error)
    return found


def _with_ballast(
    options: argparse.Namespace, plan: Plan, start: Callable[[str], tuple[Caller, str]]
) -> dict[str, Caller]:
    """Callers that hold memory, as a trainer does; `exec` forks nothing and needs none."""
    names = [name for name in options.runners if name in plan.about and name != "exec"]
    if not options.ballast or not names:
        return {}
    need, free = options.ballast * (len(names) + 1), _free_mib()
    if need > free:
        plan.missing[f"a caller that holds {options.ballast} MiB"] = f"needs {need} MiB, {free} MiB are free"
        return {}
    return _start(names, plan, start)


def _on_two_cores(
    options: argparse.Namespace, plan: Plan, start: Callable[[str], tuple[Caller, str]]
) -> dict[str, Caller]:
    names = [name for name in options.runners if name in OURS and name in plan.about]
    return _start(names, Plan(), start) if options.scaling else {}


def _free_mib() -> int:
    lines = Path("/proc/meminfo").read_text("utf-8").splitlines()
    return next(int(line.split()[1]) // 1024 for line in lines if line.startswith("MemAvailable:"))


def _seat_suite(plan: Plan, suite: Suite, plain: dict[str, Caller], options: argparse.Namespace) -> None:
    """Every runner on one suite, on the programs that ran into nobody's limit."""
    able = {name: caller for name, caller in plain.items() if suite.references or name != "exec"}
    rehearsed = _rehearsed(plan, suite, able, (range(len(suite.programs)), options.timeout))
    late = frozenset().union(*(found.late for found in rehearsed.values()))
    keep = tuple(index for index in range(len(suite.programs)) if index not in late)
    plan.kept[suite.name] = keep
    for name, found in rehearsed.items():
        plan.said[suite.name, name] = tuple(found.said[index] for index in keep)
        if keep:
            plan.seats.append(_seat((suite.name, name), able[name], found, (suite, keep, options)))


def _seat_ballast(plan: Plan, plain: dict[str, Caller], held: dict[str, Caller], options: argparse.Namespace) -> None:
    """Some of the first suite's programs, by callers with and without ballast."""
    suite, number = plan.suites[0], options.ballast_programs
    for table, callers in ((without_ballast(options.ballast), plain), (with_ballast(options.ballast), held)):
        able = {name: caller for name, caller in callers.items() if name in held}
        keep = evenly(plan.kept[suite.name], number)
        if not keep:
            return
        for name, found in _rehearsed(plan, suite, able, (keep, options.timeout)).items():
            plan.seats.append(_seat((table, name), able[name], found, (suite, keep, options)))


def with_ballast(mib: int) -> str:
    """The name of the table."""
    return f"With a caller that holds {mib} MiB"


def without_ballast(mib: int) -> str:
    """The name of the table it is compared with; not printed."""
    return f"The same programs without the {mib} MiB"


def _seat_cores(plan: Plan, plain: dict[str, Caller], double: dict[str, Caller], options: argparse.Namespace) -> None:
    """The first suite: one worker on one core beside two workers on two."""
    suite = plan.suites[0]
    keep = plan.kept[suite.name]
    for name in double if keep else ():
        chosen = {f"{name}, 1 worker": plain[name], f"{name}, 2 workers": double[name]} if name in plain else {}
        for row, found in _rehearsed(plan, suite, chosen, (keep, options.timeout)).items():
            plan.seats.append(_seat((CORES, row), chosen[row], found, (suite, keep, options)))


def _rehearsed(
    plan: Plan, suite: Suite, able: dict[str, Caller], bounds: tuple[Sequence[int], float]
) -> dict[str, Rehearsal]:
    found = {}
    for name, caller in able.items():
        print(f"rehearsal: {suite.name}: {name}", file=sys.stderr, flush=True)
        try:
            found[name] = rehearse(caller, suite, *bounds)
        except CallerGoneError as error:
            plan.missing[f"{name} on {suite.name}"] = str(error)
    return found


def _seat(
    place: tuple[str, str],
    caller: Caller,
    found: Rehearsal,
    what: tuple[Suite, tuple[int, ...], argparse.Namespace],
) -> Seat:
    suite, keep, options = what
    number, limit = passes(found, len(keep), options.turn, options.timeout)
    return Seat(table=place[0], row=place[1], caller=caller, suite=suite.name, keep=keep, passes=number, limit=limit)


def _seat_forks(plan: Plan, callers: Callers, cpu: int, turn: float) -> None:
    starts: dict[str, Callable[[], Caller]] = {
        "fork-c": lambda: callers.compiled_forker(cpu),
        "fork-python": lambda: callers.forker(cpu),
        "fork-template": lambda: callers.forker(cpu, PRELOADED),
    }
    for name, start in starts.items():
        try:
            caller = start()
            caller.ask(100, 60.0)
        except CallerGoneError as error:
            plan.missing[name] = str(error)
            continue
        number = max(20, int(turn / FORK_SECONDS[name]))
        plan.seats.append(Seat(table="Forks", row=name, caller=caller, suite=None, passes=number, limit=120.0))


__all__ = ["CORES", "FORKS", "PEERS", "Plan", "make_plan", "with_ballast", "without_ballast"]
