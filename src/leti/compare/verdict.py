"""Who is ahead, in plain words. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from leti.page.words import counted, percent, points

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from leti.compare.measured import Measured
    from leti.compare.standings import Lead, Standing
    from leti.scores import Estimate


SHOWN = 4
"""Runs that are named."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What the comparison comes to."""

    title: str
    sentences: tuple[str, ...]
    status: str
    """Of runs that have more to come; empty where none has."""


def verdict(
    found: Sequence[Measured], ranks: Sequence[Standing], *, at: Sequence[int], best: tuple[int, int, Lead] | None
) -> Verdict:
    """The words, from pass@1.

    Args:
        found: the arms.
        ranks: their standings.
        at: the place that each is compared at.
        best: the arm with the highest pass@1, the next, and the lead between them; None where there is one arm.
    """
    return Verdict(
        title=_title(found, ranks, at=at, best=best),
        sentences=tuple(_sentences(found, ranks, best)),
        status=_status(found, at),
    )


def _title(
    found: Sequence[Measured], ranks: Sequence[Standing], *, at: Sequence[int], best: tuple[int, int, Lead] | None
) -> str:
    if best is None:
        only = ranks[0]
        return f"{found[0].arm.name}: pass@1 {percent(only.before.value)} before, {percent(only.after.value)} after"
    if early := [one.arm.name for one, place in zip(found, at, strict=True) if place == 0]:
        return f"Nothing to compare after learning yet: {early[0]} has no iteration that is scored"
    first, second, lead = best
    ahead, behind = found[first].arm.name, found[second].arm.name
    rates = f"{percent(ranks[first].after.value)} against {percent(ranks[second].after.value)}"
    if lead.clear:
        whole = lead.seeds == len(found[first].seeds) == len(found[second].seeds)  # else the rates are of other seeds
        return f"{ahead} is ahead of {behind} by {_plain(lead.points.value)} points of pass@1" + f": {rates}" * whole
    if len(found) > 2:
        return f"{ahead} stands highest with {percent(ranks[first].after.value)} pass@1, not clearly above {behind}"
    return f"{ahead} and {behind} are not clearly apart: {rates} pass@1"


def _sentences(
    found: Sequence[Measured], ranks: Sequence[Standing], best: tuple[int, int, Lead] | None
) -> Iterator[str]:
    if best is not None:
        first, second, lead = best
        yield f"{_stands(found[first].arm.name, found[second].arm.name, lead)} {_covers(lead)}"
        if 0 < lead.seeds < max(len(found[first].seeds), len(found[second].seeds)):
            yield "Pass rates are over all seeds of an arm, differences over those that both have: they may disagree."
    for index, (one, row) in enumerate(zip(found, ranks, strict=True)):
        if row.lead is not None and (best is None or {index, 0} != {*best[:2]}):
            yield _stands(one.arm.name, found[0].arm.name, row.lead)
    if best is None:
        change = ranks[0].change
        yield f"A change of {points(change.value)} points, 95\N{NO-BREAK SPACE}% interval {_ends(change)}."


def _stands(one: str, other: str, lead: Lead) -> str:
    value = lead.points.value
    by = f"{_plain(value)} points {'ahead of' if value > 0 else 'behind'}" if _plain(value) != "0.0" else "level with"
    words = f"{one} is {by} {other}, 95\N{NO-BREAK SPACE}% interval {_ends(lead.points)}"
    return f"{words}." if lead.clear else f"{words}: it includes zero, so they are not shown to differ."


def _covers(lead: Lead) -> str:
    """What the interval counts as chance."""
    if lead.seeds == 1:
        return "Paired over problems, with one seed: it covers the choice of problems, not of seeds."
    if lead.seeds == 0:
        return "Paired over problems; the arms have no seed in common, so each draws its own."
    return f"Paired over problems and {counted(lead.seeds, 'seed')} that both have."


def _status(found: Sequence[Measured], at: Sequence[int]) -> str:
    going_on = [source for one in found for source in one.sources if source.unfinished]
    if not going_on:
        return ""
    named = ", ".join(
        f"{source.name} ({len(source.places) - 1} of {(source.planned or 1) - 1})" for source in going_on[:SHOWN]
    )
    more = f" and {len(going_on) - SHOWN} more" if len(going_on) > SHOWN else ""
    place = found[0].places[at[0]]
    reached = f"after iteration {place}" if at[0] else "before learning"
    return f"Not finished, by iterations that are scored: {named}{more}. Compared as far as all have got, {reached}."


def _ends(found: Estimate) -> str:
    return f"{points(found.low)} to {points(found.high)}"


def _plain(difference: float) -> str:
    return f"{100 * abs(difference):.1f}"
