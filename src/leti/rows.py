"""Files: rows that are appended, files that are there whole or not at all, and JSONL that others wrote."""

from __future__ import annotations

import gzip
import json
import os
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import accumulate, takewhile
from pathlib import Path
from typing import Any, BinaryIO, Generic, TypeVar

from pydantic import TypeAdapter, ValidationError

from leti.errors import ConfigError, ProblemError, RunError

Row = TypeVar("Row")
Span = tuple[int, int]
"""Where a row stands in its file: its first byte, and how many there are."""


@dataclass(frozen=True)
class Rows(Generic[Row]):
    """A JSONL file of rows of one type, each with a key."""

    path: Path
    adapter: TypeAdapter[Row]
    key: Callable[[Row], Any]
    hidden: Any = None
    """Fields that are measured and so not stored: they would be all that differs between two equal runs."""
    part_of: Path | None = None
    """What has to be made anew if a row is damaged."""
    lasting: bool = False
    """Each row is on the disk before the next one is asked for."""

    def __iter__(self) -> Iterator[Row]:
        """The whole rows; a torn last line is not one.

        Raises:
            RunError: a line in the middle is no such row.
        """
        if not self.path.exists():
            return
        with self.path.open("rb") as lines:
            for number, line in enumerate(lines, start=1):
                if not line.endswith(b"\n"):
                    return
                yield self._row(line, f"line {number}")

    def since(self, start: int) -> tuple[list[Row], int]:
        """The whole rows from a byte on, and the byte behind them.

        Raises:
            RunError: one of them is no such row.
        """
        if not self.path.exists():
            return [], start
        with self.path.open("rb") as lines:
            lines.seek(start)
            whole = lines.read().rpartition(b"\n")[0]
        if not whole:
            return [], start
        rows = [self._row(line, f"after byte {start}") for line in whole.split(b"\n")]
        return rows, start + len(whole) + 1

    def placed(self, start: int = 0) -> Iterator[tuple[Span, Row]]:
        """The whole rows from a byte on as they are read, each with where it stands.

        Raises:
            RunError: one of them is no such row.
        """
        if not self.path.exists():
            return
        with self.path.open("rb") as lines:
            lines.seek(start)
            for line in lines:
                if not line.endswith(b"\n"):
                    return
                yield (start, len(line)), self._row(line, f"at byte {start}")
                start += len(line)

    def at(self, spans: Iterable[Span]) -> Iterator[Row]:
        """The rows that stand there.

        Raises:
            RunError: there is no such row, or no longer.
        """
        with self.path.open("rb") as lines:
            for start, length in spans:
                lines.seek(start)
                yield self._row(lines.read(length), f"at byte {start}")

    def size(self, start: int = 0) -> tuple[int, int]:
        """How many whole rows there are from a byte on, and the byte behind them."""
        if not self.path.exists():
            return 0, start
        end = _whole_bytes(self.path)
        with self.path.open("rb") as lines:
            lines.seek(start)
            ends = accumulate(map(len, lines), initial=start)
            return sum(1 for _ in takewhile(lambda place: place < end, ends)), end  # what comes meanwhile is left

    def _row(self, line: bytes, where: str) -> Row:
        try:
            return self.adapter.validate_json(line)
        except ValidationError as error:
            raise RunError(
                f"{self.path}, {where}: damaged ({error.errors()[0]['msg']}). "
                f"Put the file back from a copy, or delete {self.part_of or self.path} and type the same "
                "`leti learn` again: what was there is made anew."
            ) from None

    def keys(self) -> set[Any]:
        """The keys of the rows that are there."""
        return {self.key(row) for row in self}

    def extend(self, rows: Iterable[Row]) -> None:
        """Appends the rows that are not there yet, each at once."""
        for _ in self.extending(rows):
            pass

    def extending(self, rows: Iterable[Row]) -> Iterator[Row]:
        """Appends the rows that are not there yet as they come, and passes each on once it is in the file."""
        have = self.keys()
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self.path.open("ab") as file:
            file.truncate(_whole_bytes(self.path))
            for row in rows:
                if (key := self.key(row)) not in have:
                    file.write(self._line(row))
                    file.flush()
                    if self.lasting:
                        os.fsync(file.fileno())
                    have.add(key)
                    yield row
            os.fsync(file.fileno())  # what is made of the rows must not outlive them, should the power fail

    def write(self, rows: Sequence[Row]) -> None:
        """Writes the whole file at once, unless it is there, whole."""
        if not self.path.exists() or _whole_bytes(self.path) != self.path.stat().st_size:
            write(self.path, b"".join(map(self._line, rows)))

    def _line(self, row: Row) -> bytes:
        return self.adapter.dump_json(row, exclude=self.hidden) + b"\n"


def _whole_bytes(path: Path) -> int:
    """How long a file of lines is without a torn last line."""
    with path.open("rb") as file:
        end = file.seek(0, os.SEEK_END)
        while end > 0:
            start = max(0, end - 65536)
            file.seek(start)
            newline = file.read(end - start).rfind(b"\n")
            if newline >= 0:
                return start + newline + 1
            end = start
    return 0


def read_json(path: Path) -> dict[str, Any] | None:
    """The object in a file; None where there is no file."""
    if not path.exists():
        return None
    try:
        found: Any = json.loads(path.read_text("utf-8"))
        if not isinstance(found, dict):
            raise ValueError(f"a JSON {type(found).__name__}")  # noqa: TRY004, TRY301 - as damaged as what is no JSON
    except ValueError as error:  # not JSON, or not UTF-8
        raise RunError(f"{path}: damaged ({error}). Put it back, or begin a new run: --run OTHER_DIRECTORY") from None
    return found


def write_json(path: Path, value: Mapping[str, Any]) -> None:
    """Writes an object, whole or not at all."""
    write(path, (json.dumps(value, indent=2, ensure_ascii=False) + "\n").encode())


def refuse_unwritable(path: Path, *, read: Path | None = None) -> None:
    """Asks before the work, not after it, whether its result can be written.

    Args:
        path: where the result goes.
        read: what it is made from, and would take the place of.

    Raises:
        ConfigError: it cannot.
    """
    if read is not None and path.exists() and read.exists() and path.samefile(read):
        raise ConfigError(f"{str(path)!r} is what is read. Type another file: --out FILE")
    folder = path.absolute().parent
    if path.is_dir() or not path.name:
        raise ConfigError(f"{str(path)!r} is a directory. Type the name of a file: --out FILE")
    if not folder.is_dir():
        raise ConfigError(f"There is no directory to write {str(path)!r} in. Make it: mkdir -p {folder}")
    if not os.access(path if path.exists() else folder, os.W_OK):
        raise ConfigError(f"{str(path)!r} cannot be written: no permission. Type another: --out FILE")


def write_lines(path: Path, lines: Iterable[bytes]) -> int:
    """Lines as they come, into a file that is there only when whole. Returns how many there were."""
    count = 0
    with _replacing(path) as file:
        for line in lines:
            file.write(line + b"\n")
            count += 1
    return count


def write(path: Path, content: bytes) -> None:
    """Beside and renamed: a file is there whole, or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with _replacing(path) as file:
        file.write(content)


@contextmanager
def _replacing(path: Path) -> Iterator[BinaryIO]:
    """A file beside, renamed once it is whole and on the disk. What is no plain file, such as /dev/stdout, stays."""
    if path.exists() and not path.is_file():
        with path.open("wb") as file:
            yield file
        return
    beside = path.with_name(f".{path.name}.part")
    with beside.open("wb") as file:
        yield file
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)


def json_objects(path: Path, *, infinite: bool = False) -> Iterator[tuple[str, dict[str, Any]]]:
    """(file and line, object) of each line of a JSONL file, plain or .gz; empty lines are passed over.

    Args:
        path: the file.
        infinite: take `Infinity` for a number, which JSON has not.

    Raises:
        ProblemError: the file is not there, or a line is no JSON object.
    """
    if not path.is_file():
        raise ProblemError(f"No file {str(path)!r}. Type the path of a JSONL file, one JSON object per line.")
    for number, line in enumerate(_byte_lines(path), start=1):
        if line.strip():
            yield f"{path}, line {number}", _json_object(line, f"{path}, line {number}", infinite=infinite)


def _byte_lines(path: Path) -> Iterator[bytes]:
    try:
        with path.open("rb") as file:
            opener = gzip.open if file.read(2) == b"\x1f\x8b" else open
        with opener(path, "rb") as lines:
            yield from lines
    except (OSError, EOFError, zlib.error) as error:  # no permission, no gzip file, or half of one
        raise ProblemError(f"{path} cannot be read: {error}. Was it copied whole?") from None


def _json_object(line: bytes, where: str, *, infinite: bool) -> dict[str, Any]:
    try:
        found = json.loads(line, parse_constant=_infinite if infinite else _refuse_constant)
    except (ValueError, RecursionError) as error:  # not JSON, not UTF-8, or nested without end
        torn = "" if line.endswith(b"\n") else " The file ends in the middle of this line: was it copied whole?"
        raise ProblemError(f"{where}: not JSON ({error}).{torn} Each line must be one JSON object.") from None
    if not isinstance(found, dict):
        raise ProblemError(f"{where}: a JSON {type(found).__name__}, but each line must be one JSON object.")
    return found


def _infinite(name: str) -> float:
    if name == "NaN":
        _refuse_constant(name)
    return float(name)


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON number")
