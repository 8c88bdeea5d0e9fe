"""What a person should look at: programs that passed and may have cheated, verdicts that were not always the same."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from leti.page.texts import cut
from leti.report.attempts import show_command
from leti.types import Outcome
from leti.verify.suspicion import suspicions

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from leti.report.census import Census
    from leti.report.reading import Reading
    from leti.types import Problem

SHOWN = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Suspect:
    """One program that passed, and why it is to be looked at."""

    command: str
    sentences: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Unsteady:
    """A problem with a program that ended in more than one way."""

    problem: str
    outcomes: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Doubts:
    """Of the whole run; the first of each kind are listed."""

    looked_at: int
    """Programs that passed."""
    kinds: tuple[tuple[str, int], ...]
    """Suspicions, and how many programs each."""
    suspects: tuple[Suspect, ...]
    suspect: int
    """How many there are."""
    unsteady: tuple[Unsteady, ...]
    repeated: int
    """Programs that were written more than once."""


def doubts(reading: Reading, problems: Mapping[str, Problem]) -> Doubts:
    """Of the first program that passed, of each problem and place; and of every program that was written again."""
    looked_at, kinds, suspects = 0, Counter[str](), []
    seen: dict[tuple[str, str], tuple[str, ...]] = {}
    for place, census in _censuses(reading):
        for (name, passed), row in census.firsts.items():
            key = (name, row.solution.program)
            if not passed or name not in problems or key in seen:
                continue
            looked_at += 1
            seen[key] = suspicions(problems[name], row.solution.program, trusted=row.verdict.trusted)
            kinds.update(sentence.partition(":")[0] for sentence in seen[key])
            if seen[key]:
                sentences = tuple(cut(sentence, 300) for sentence in seen[key])
                suspects.append(Suspect(command=show_command(place, row.key), sentences=sentences))
    unsteady, repeated = _unsteady(reading)
    return Doubts(
        looked_at=looked_at,
        kinds=tuple(kinds.most_common()),
        suspects=tuple(suspects[:SHOWN]),
        suspect=len(suspects),
        unsteady=unsteady,
        repeated=repeated,
    )


def _censuses(reading: Reading) -> Iterator[tuple[str, Census]]:
    for place in reading.places:
        if place.name in reading.training:
            yield place.name, reading.training[place.name].census
        for found in reading.held_out.values():
            if place.name in found:
                yield place.name, found[place.name]


def _unsteady(reading: Reading) -> tuple[tuple[Unsteady, ...], int]:
    ended: dict[tuple[str, int], frozenset[Outcome]] = {}
    again: set[tuple[str, int]] = set()
    for _, census in _censuses(reading):
        again |= census.again | (census.ended.keys() & ended.keys())
        for key, outcomes in census.ended.items():
            ended[key] = ended.get(key, frozenset()) | outcomes
    found = {name: sorted(outcomes) for (name, _), outcomes in ended.items() if len(outcomes) > 1}
    return tuple(Unsteady(problem=cut(name, 120), outcomes=tuple(outcomes)) for name, outcomes in found.items()), len(
        again
    )
