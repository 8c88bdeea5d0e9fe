"""The attempts that are shown: chosen by rule, not by hand. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from leti.page.texts import NAME_CHARS, cut
from leti.report.attempts import Group, Pair, Use, lost, show, title_of, use_of, won
from leti.report.reading import followed, kept

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from leti.report.attempts import Shown
    from leti.report.reading import Reading
    from leti.runs import AttemptRow
    from leti.types import Problem


def groups(reading: Reading, problems: Mapping[str, Problem]) -> Iterator[Group]:
    """By place: the programs that were learned from, then those of the split that the headline is about."""
    held_out = reading.held_out.get(reading.split or "", {})
    tested = followed(held_out.values())
    for place in reading.places:
        if place.name in reading.training:
            yield Group(
                place=place.name, title=title_of(None), shown=tuple(_learned_from(place.name, reading, problems))
            )
        if place.name in held_out:
            rows = kept(held_out[place.name], tested)
            shown = tuple(_scored(place.name, row, problems) for row in rows)
            yield Group(place=place.name, title=title_of(reading.split), shown=shown)


def pairs(reading: Reading, problems: Mapping[str, Problem]) -> Iterator[tuple[str, tuple[Pair, ...]]]:
    """Problems of the headline's split that turned between the base model and the last scored iteration."""
    found = reading.held_out.get(reading.split or "", {})
    last = next(reversed([*found]), "base")
    if "base" not in found or last == "base":
        return
    before, after = found["base"], found[last]
    for title, turned in (
        ("solved after, not before", won(before, after)),
        ("solved before, not after", lost(before, after)),
    ):
        yield (
            title,
            tuple(
                Pair(
                    problem=cut(first.key[0], NAME_CHARS),
                    names=("base", last),
                    rates=(before.tallies[first.key[0]], after.tallies[first.key[0]]),
                    before=_scored("base", first, problems),
                    after=_scored(last, second, problems),
                )
                for first, second in turned
            ),
        )


def _scored(place: str, row: AttemptRow, problems: Mapping[str, Problem]) -> Shown:
    return show(place, problems, row=row, use=Use.HELD_OUT)


def _learned_from(place: str, reading: Reading, problems: Mapping[str, Problem]) -> Iterator[Shown]:
    training = reading.training[place]
    for row in kept(training.census, reading.followed):
        example = training.found.get(row.key)
        use = use_of(example, made=training.examples > 0)
        yield show(place, problems, row=row, use=use, example=example)
