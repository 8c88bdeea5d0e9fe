"""The part of the work that is sampled together, chosen so that going on after a kill gives the same bits."""

from __future__ import annotations

from typing import TYPE_CHECKING

from leti.types import Key, Problem

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from collections.abc import Set as AbstractSet

Row = tuple[Problem, int]
"""One wanted program: a problem and a sample number."""


def owed_chunks(rows: Sequence[Row], *, done: AbstractSet[Key], size: int) -> Iterator[tuple[Row, ...]]:
    """The chunks of `rows` in which something is missing, each whole.

    A chunk is `size` neighbours of `rows`, whatever is done: matrix products of another shape round differently, so a
    chunk that was cut short is sampled again in the very batch it was in, and what exists already is thrown away.
    """
    for start in range(0, len(rows), size):
        chunk = tuple(rows[start : start + size])
        if any(key_of(row) not in done for row in chunk):
            yield chunk


def key_of(row: Row) -> Key:
    """The key of the solution a row asks for."""
    return (row[0].id, row[1])
