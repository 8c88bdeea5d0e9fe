"""What the rows of a chunk have written so far, and which of them are done."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from leti.errors import SamplingError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from leti.sampling.endings import Completed, Stops

STOPS_EVERY = 8
"""Tokens between two looks for stop strings. What a row writes past one is cut later, so this is speed, not meaning."""


class Ledger:
    """The tokens of each row of a chunk. Rows leave when they end; what is left can be packed closer."""

    def __init__(self, budgets: Sequence[int], *, ends: Sequence[int], stops: Stops) -> None:
        self._budgets = np.asarray(budgets, dtype=np.int64)  # (rows,)
        self._ends = np.asarray(ends, dtype=np.int64)
        self._stops = stops
        self._tokens = np.zeros((len(budgets), int(self._budgets.max(initial=0))), dtype=np.int64)  # (rows, longest)
        self._lengths = np.zeros(len(budgets), dtype=np.int64)  # (rows,)
        self._ended = np.zeros(len(budgets), dtype=bool)  # by the end-of-text token
        self._open = self._budgets > 0
        self._lines = np.flatnonzero(self._open)  # the row of each line of the batch
        self._written = 0
        self._looked = 0

    @property
    def lines(self) -> list[int]:
        """The row of each line of the batch; at first all rows that may write."""
        return list(map(int, self._lines))

    @property
    def longest(self) -> int:
        """The most tokens any row may have."""
        return int(self._tokens.shape[1])

    @property
    def open(self) -> int:
        """How many rows still write."""
        return int(self._open.sum())

    def record(self, drawn: NDArray[np.int64]) -> None:
        """Takes the next tokens (lines, steps) of all lines of the batch; those of ended rows are ignored.

        Raises:
            SamplingError: a row that still writes has -1 for a token, the mark of logits that are not numbers.
        """
        steps = drawn.shape[1]
        rows = self._lines
        at_end = np.isin(drawn, self._ends)  # (lines, steps)
        ends = at_end.any(axis=1)
        room = self._budgets[rows] - self._written
        lengths = np.minimum(np.where(ends, at_end.argmax(axis=1), steps), room)
        writes = self._open[rows]
        if (drawn[writes] < 0).any():
            raise SamplingError(
                "The model's logits are not numbers (NaN or infinite). If it was trained in a narrower type, "
                "sample with dtype 'float32'; if its loss had run away, take an earlier iteration's weights."
            )
        self._tokens[rows, self._written : self._written + steps] = drawn
        self._lengths[rows[writes]] += lengths[writes]
        self._ended[rows[writes]] = (ends & (lengths < room))[writes]
        self._open[rows] &= ~(ends | (steps >= room))
        self._written += steps
        if self._stops.strings and self._written - self._looked >= STOPS_EVERY:
            self._look_for_stops()

    def _look_for_stops(self) -> None:
        start = max(0, self._looked - self._stops.span)
        rows = self._lines[self._open[self._lines]]
        for line in self._stops.hit([self._tokens[row, start : self._written].tolist() for row in rows]):
            self._open[rows[line]] = False
        self._looked = self._written

    def pack(self) -> NDArray[np.int64] | None:
        """The lines to go on with if an eighth or more of them have ended, and forgets the others; else None."""
        stays = np.flatnonzero(self._open[self._lines])
        if len(stays) * 8 > len(self._lines) * 7:
            return None
        self._lines = self._lines[stays]
        return stays

    def completed(self) -> list[Completed]:
        """All rows' completions, in order."""
        return [
            self._stops.finish(tokens[:length].tolist(), ended=bool(ended))
            for tokens, length, ended in zip(self._tokens, self._lengths, self._ended, strict=True)
        ]
