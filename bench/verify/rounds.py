"""Who takes a turn, in what order, how often."""

from __future__ import annotations

import math
import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from callers import CallerGoneError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from callers import Caller, Callers, Sample
    from suites import Suite

MAX_PASSES = 200
SPARE_SECONDS = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Seat:
    """One row of one table: who runs what in each round."""

    table: str
    row: str
    caller: Caller
    suite: str | None
    """None: forks, not programs."""
    keep: tuple[int, ...] = ()
    """Which programs of the suite."""
    passes: int
    """How often in a turn; for forks: how many."""
    limit: float
    """Seconds a turn may take."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rehearsal:
    """What was seen when a runner ran a suite for the first time."""

    said: tuple[str, ...]
    late: frozenset[int]
    seconds: float


@dataclass(slots=True)
class Results:
    """Samples by table, row and round; None where a caller was gone by then."""

    samples: dict[str, dict[str, list[Sample | None]]] = field(default_factory=dict)
    faults: dict[str, str] = field(default_factory=dict)
    """What went wrong, by table and row."""
    late: int = 0
    """Programs that ran into the limit while they were measured, although they had not in the rehearsal."""

    def add(self, seat: Seat, sample: Sample | None) -> None:
        """One more round of a seat."""
        self.samples.setdefault(seat.table, {}).setdefault(seat.row, []).append(sample)


def rehearse(caller: Caller, suite: Suite, keep: Sequence[int], timeout: float) -> Rehearsal:
    """Run some programs of a suite once: warms up, finds what runs into the limit, and how long it takes.

    Raises:
        CallerGoneError: if the runner did not live through it.
    """
    request = {"suite": suite.name, "keep": list(keep), "passes": 1, "turn": "rehearsal"}
    answer = caller.ask(request, SPARE_SECONDS + len(keep) * 5 * timeout)
    return Rehearsal(said=tuple(answer["said"]), late=frozenset(answer["late"]), seconds=answer["seconds"])


def passes(rehearsed: Rehearsal, kept: int, least: float, timeout: float) -> tuple[int, float]:
    """How often a turn repeats its programs so that it lasts some seconds, and the most it may take."""
    seconds = max(1e-3, rehearsed.seconds - len(rehearsed.late) * timeout)
    number = max(1, min(MAX_PASSES, math.ceil(least / seconds)))
    return number, SPARE_SECONDS + 20 * seconds * number + timeout * kept


def play(seats: Sequence[Seat], callers: Callers, rounds: int) -> Results:
    """All rounds: every seat once per round, in an order that moves on by one seat each time."""
    results = Results()
    for number in range(rounds):
        print(f"round {number + 1} of {rounds}", file=sys.stderr, flush=True)
        start = number % max(1, len(seats))
        taken = {id(seat): _take(seat, callers, results, number) for seat in (*seats[start:], *seats[:start])}
        for seat in seats:
            results.add(seat, taken[id(seat)])
    return results


def _take(seat: Seat, callers: Callers, results: Results, number: int) -> Sample | None:
    place = f"{seat.table}: {seat.row}"
    if place in results.faults:
        return None
    request: Any = seat.passes
    count = seat.passes
    if seat.suite is not None:
        request = {"suite": seat.suite, "keep": seat.keep, "passes": seat.passes, "turn": f"{seat.table} {number}"}
        count *= len(seat.keep)
    try:
        sample, answer = callers.sample(seat.caller, request, count=count, limit=seat.limit)
    except CallerGoneError as error:
        results.faults[place] = f"round {number + 1}: {error}"
        return None
    results.late += len(answer.get("late", ()))
    return sample
