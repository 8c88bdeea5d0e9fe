"""Where each attempt of a run stands on disk, and how it ended: what a filter asks for without reading the attempts.

The index is SQLite's, in a temporary file that has no name: it is gone with the process, however that ends, so there is
none that could be stale, and a run's own files are never touched. It grows with the run's files, from where they ended.
"""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import islice, repeat
from threading import RLock
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from leti.errors import ViewError
from leti.page.texts import NAME_CHARS, cut, visible
from leti.report.census import Cause, cause_of
from leti.view.sources import Source, sources

if TYPE_CHECKING:
    from pathlib import Path

    from leti.rows import Rows, Span
    from leti.runs import AttemptRow, Run
    from leti.types import Example, Key
    from leti.view.asked import Asked

Row = TypeVar("Row")
BATCH = 1000
MEGABYTE = 1_000_000
ERRORS = 50
"""Errors that are offered: the most frequent ones. Their names are the programs' to choose."""
TABLES = """
PRAGMA journal_mode = OFF;
PRAGMA cache_size = -32000;
CREATE TABLE attempts (source, start, length, problem, outcome, error, PRIMARY KEY (source, start)) WITHOUT ROWID;
CREATE TABLE tallies (source, problem, outcome, error, count, PRIMARY KEY (source, problem, outcome, error))
    WITHOUT ROWID;
CREATE TABLE examples (source, problem, sample, start, length, PRIMARY KEY (source, problem, sample)) WITHOUT ROWID;
"""
FITS = """
WHERE source = :source AND (:problem = '' OR problem = :problem)
    AND (:outcome = '' OR outcome = :outcome) AND (:error = '' OR error = :error)
"""
COUNT = f"SELECT coalesce(sum(count), 0) FROM tallies {FITS}"  # noqa: S608 - a constant
SPANS = f"SELECT start, length FROM attempts {FITS} ORDER BY start LIMIT :most OFFSET :skip"  # noqa: S608 - a constant
ADD_TALLY = "INSERT INTO tallies VALUES (?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET count = count + excluded.count"


class End(NamedTuple):
    """How far a file is indexed."""

    number: int
    """What stands for the file in the tables."""
    inode: int
    byte: int


class Index:
    """Of one run; several threads may ask at once.

    Raises:
        RunError: this is no run.
    """

    def __init__(self, run: Run) -> None:
        assert run.config, "a run has a configuration, or says that it is none"
        self._run = run
        self._lock = RLock()
        self._tables = sqlite3.connect("", check_same_thread=False)
        self._tables.executescript(TABLES)
        self._ends: dict[Path, End] = {}
        self._sources: tuple[Source, ...] = ()

    @property
    def sources(self) -> tuple[Source, ...]:
        """The files of attempts, in order, as they were when the index last grew."""
        return self._sources

    def owed(self) -> int:
        """Megabytes that are there to be indexed."""
        files = [rows.path for source in sources(self._run) for rows in source.files if rows.path.exists()]
        return sum(file.stat().st_size for file in files) // MEGABYTE

    def grow(self) -> None:
        """Takes in what has come since.

        Raises:
            RunError: a row is damaged.
        """
        for _ in self.growing():
            pass

    def growing(self) -> Iterator[None]:
        """The same in steps of a megabyte."""
        with self._lock:
            if any(not file.exists() or _anew(file, end) for file, end in self._ends.items()):
                self._forget()
            found = tuple(source for source in sources(self._run) if source.attempts.path.exists())
            size = 0
            for more in (size for source in found for size in self._take(source)):
                size += more
                yield from repeat(None, size // MEGABYTE)
                size %= MEGABYTE
            self._sources = tuple(source for source in found if source.attempts.path in self._ends)

    def count(self, source: Source, asked: Asked) -> int:
        """How many attempts of a file fit, whatever the text that is asked for."""
        return int(self._ask(COUNT, self._wanted(source, asked))[0][0])

    def spans(self, source: Source, asked: Asked, *, skip: int, most: int) -> list[Span]:
        """Where they stand, in order."""
        return self._ask(SPANS, self._wanted(source, asked) | {"skip": skip, "most": most})

    def example(self, source: Source, key: Key) -> tuple[Example | None, bool]:
        """What was trained on of an attempt; and whether there are examples of others, at least."""
        for rows in source.examples:
            if rows.path in self._ends:
                number = self._ends[rows.path].number
                where = "SELECT start, length FROM examples WHERE source = ? AND problem = ? AND sample = ?"
                found = self._ask(where, (number, visible(key[0]), key[1]))
                return next(rows.at(found), None), True
        return None, False

    def causes(self, source: Source) -> Counter[Cause]:
        """How the programs of a file ended."""
        counts = "SELECT outcome, error, sum(count) FROM tallies WHERE source = ? GROUP BY outcome, error"
        found = self._ask(counts, (self._ends[source.attempts.path].number,))
        return Counter({Cause(outcome, error): count for outcome, error, count in found})

    def problems(self) -> set[str]:
        """Those with attempts, by the name that is shown."""
        return {name for (name,) in self._ask("SELECT DISTINCT problem FROM tallies")}

    def outcomes(self) -> list[str]:
        """Those that occur."""
        return [outcome for (outcome,) in self._ask("SELECT DISTINCT outcome FROM tallies ORDER BY outcome")]

    def errors(self) -> list[str]:
        """The most frequent ones."""
        counts = "SELECT error FROM tallies WHERE error != '' GROUP BY error ORDER BY sum(count) DESC, error LIMIT ?"
        return [error for (error,) in self._ask(counts, (ERRORS,))]

    def _wanted(self, source: Source, asked: Asked) -> dict[str, str | int]:
        number = self._ends[source.attempts.path].number
        return {"source": number, "problem": asked.problem, "outcome": asked.outcome, "error": asked.error}

    def _ask(self, question: str, values: dict[str, str | int] | tuple[str | int, ...] = ()) -> list[Any]:
        with self._lock:
            return self._tables.execute(question, values).fetchall()

    def _take(self, source: Source) -> Iterator[int]:
        """Takes in what a file has, and what was made of it; tells how many bytes each time."""
        for number, attempts in self._news(source.attempts):
            self._add_attempts(number, attempts)
            yield _size(attempts)
        for rows in source.examples:
            for number, examples in self._news(rows):
                self._add_examples(number, examples)
                yield _size(examples)

    def _news(self, rows: Rows[Row]) -> Iterator[tuple[int, list[tuple[Span, Row]]]]:
        """The rows that are not indexed yet, a batch at a time, and the file's number."""
        if not rows.path.exists():
            return
        end = self._ends.get(rows.path) or End(len(self._ends), rows.path.stat().st_ino, 0)
        placed = rows.placed(end.byte)
        while batch := list(islice(placed, BATCH)):
            yield end.number, batch
            end = end._replace(byte=sum(batch[-1][0]))
            self._ends[rows.path] = end

    def _add_attempts(self, number: int, batch: list[tuple[Span, AttemptRow]]) -> None:
        ended = [_ending(row) for _, row in batch]
        rows = [(number, *span, *ending) for (span, _), ending in zip(batch, ended, strict=True)]
        tallies = [(number, *ending, count) for ending, count in Counter(ended).items()]
        self._write("INSERT INTO attempts VALUES (?, ?, ?, ?, ?, ?)", rows)
        self._write(ADD_TALLY, tallies)

    def _add_examples(self, number: int, batch: list[tuple[Span, Example]]) -> None:
        rows = [(number, visible(row.problem), row.sample, *span) for span, row in batch]
        self._write("INSERT OR REPLACE INTO examples VALUES (?, ?, ?, ?, ?)", rows)

    def _write(self, statement: str, rows: Iterable[tuple[str | int, ...]]) -> None:
        try:
            with self._tables:
                self._tables.executemany(statement, rows)
        except sqlite3.OperationalError as error:
            raise ViewError(
                f"The index cannot be written: {error}. Type: TMPDIR=DIRECTORY_WITH_ROOM leti view"
            ) from None

    def _forget(self) -> None:
        """A file was put in another's place, or taken away: what is known of the rest may be old, too."""
        self._ends = {}
        for table in ("attempts", "tallies", "examples"):
            self._tables.execute(f"DELETE FROM {table}")  # noqa: S608 - constants


def _ending(row: AttemptRow) -> tuple[str, str, str]:
    """The problem, the outcome and the error, as they are shown."""
    cause = cause_of(row.verdict)
    return visible(cut(row.solution.problem, NAME_CHARS)), cause.outcome.value, visible(cause.error)


def _anew(file: Path, end: End) -> bool:
    found = file.stat()
    return found.st_ino != end.inode or found.st_size < end.byte


def _size(batch: list[tuple[Span, Row]]) -> int:
    return sum(length for (_, length), _ in batch)
