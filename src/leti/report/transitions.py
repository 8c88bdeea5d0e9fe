"""How the problems went from one ending to another. Pure."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from leti.report.census import Cause, Census

PATHS = 8
"""Ways that are told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Transitions:
    """One group of problems, each standing where most of its programs ended."""

    title: str
    places: tuple[str, str]
    """The first and the last."""
    before: tuple[int, ...]
    """Where problems stood at the first place: positions in the ranking of causes, or behind its end for all others."""
    after: tuple[int, ...]
    """Where they stood at the last."""
    counts: tuple[tuple[int, ...], ...]
    """Problems, by the one and the other."""
    paths: tuple[tuple[tuple[int, ...], int], ...]
    """The most frequent ways over all places, a state that lasts told once, and how many problems took each."""
    problems: int


def transitions(title: str, censuses: Mapping[str, Census], *, causes: Sequence[Cause]) -> Transitions | None:
    """A group, from its censuses by place; None where there are not two places."""
    found = {name: census.leading for name, census in censuses.items() if census.programs}
    if len(found) < 2:
        return None
    order = {cause: at for at, cause in enumerate(causes)}
    everywhere = [name for name in next(iter(found.values())) if all(name in leading for leading in found.values())]
    ways = [tuple(order.get(leading[name], len(causes)) for leading in found.values()) for name in everywhere]
    ends = Counter((way[0], way[-1]) for way in ways)
    before, after = (tuple(sorted({pair[side] for pair in ends})) for side in (0, 1))
    paths = Counter(tuple(state for state, _ in groupby(way)) for way in ways)
    return Transitions(
        title=title,
        places=(next(iter(found)), next(reversed(found))),
        before=before,
        after=after,
        counts=tuple(tuple(ends[first, last] for last in after) for first in before),
        paths=tuple(sorted(paths.items(), key=lambda item: (-item[1], item[0]))[:PATHS]),
        problems=len(ways),
    )
