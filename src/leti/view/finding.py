"""The attempts of one page. Few are read to be shown; a text is looked for in so many at a time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from leti.report.attempts import Use, show, use_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from leti.report.attempts import Shown
    from leti.runs import AttemptRow
    from leti.types import Problem
    from leti.view.asked import Asked
    from leti.view.index import Index
    from leti.view.sources import Source

PAGE = 25
"""Attempts on a page, at most."""
SEARCHED = 20_000
"""Attempts that are read at most to find a text for one page: less than a second."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """What was found at one place, or at all of them."""

    place: str
    found: tuple[tuple[Source, Shown], ...]
    start: int
    """Attempts that were passed over, of those that fit but for the text."""
    end: int
    """Those that were passed over or looked at."""
    fitting: int
    """How many there are in all."""


def columns(index: Index, asked: Asked, *, problems: Mapping[str, Problem]) -> tuple[Column, ...]:
    """One, or two side by side.

    Raises:
        RunError: a row is damaged, or the run does not know its problem.
    """
    return tuple(
        _column(index, asked, problems=problems, place=place, start=start)
        for place, start in zip(asked.places, asked.starts, strict=True)
    )


def _column(index: Index, asked: Asked, *, problems: Mapping[str, Problem], place: str, start: int) -> Column:
    counts = {s: index.count(s, asked) for s in index.sources if s.among(place, asked.split)}
    text, found, end = asked.text.casefold(), [], start
    for source, row in _candidates(index, asked, counts=counts, skip=start):
        end += 1
        if says(row, text):
            found.append((source, _shown(index, source, row=row, problems=problems)))
        if len(found) == PAGE:
            break
    return Column(place=place, found=tuple(found), start=start, end=end, fitting=sum(counts.values()))


def _candidates(
    index: Index, asked: Asked, *, counts: Mapping[Source, int], skip: int
) -> Iterator[tuple[Source, AttemptRow]]:
    """The attempts that fit but for the text, behind those that are passed over, as many as are looked at."""
    most = SEARCHED if asked.text else PAGE
    for source, count in counts.items():
        if skip < count and most:
            spans = index.spans(source, asked, skip=skip, most=most)
            yield from ((source, row) for row in source.attempts.at(spans))
            most -= len(spans)
        skip = max(0, skip - count)


def says(row: AttemptRow, text: str) -> bool:
    """Whether a text in small letters stands in an attempt: its problem's name, program, error, output or feedback."""
    error = row.verdict.error
    parts = (
        row.solution.problem,
        row.solution.program,
        f"{error.type}: {error.message}" if error else "",
        row.verdict.output,
        row.feedback.text or "",
    )
    return any(text in part.casefold() for part in parts)


def _shown(index: Index, source: Source, *, row: AttemptRow, problems: Mapping[str, Problem]) -> Shown:
    example, made = index.example(source, row.key)
    use = Use.HELD_OUT if source.split is not None else use_of(example, made=made)
    return show(source.place.name, problems, row=row, use=use, example=example)
