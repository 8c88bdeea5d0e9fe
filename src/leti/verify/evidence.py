"""What is known of one run: what the program's side said, what the judge found, and how the process ended.

What a program's process says is its own to write; here it becomes bounded data, and whatever is not what it should be
counts as not said.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from leti.kinds import Check
from leti.types import ErrorRecord, Frame, TestStatus
from leti.verify.harness.records import heard

MAX_TEXT = 260 << 10
"""Characters of what an exception says, and of a line of source. More than the harness sends."""
MAX_SHOWN, MAX_NAME, MAX_FRAMES, MAX_WHERE = 4000, 500, 400, 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One program and its tests, and what it may take."""

    program: str
    check: Check
    timeout: float = 5.0
    """Seconds, not counting time spent waiting for a processor; five times that by the clock."""
    memory: int = 512 << 20
    """Bytes of address space above the interpreter's own."""
    output: int = 16 << 10
    """Bytes of what is printed that are kept; the rest is read and dropped."""
    answers: int = 8 << 20
    """Bytes of what its functions may return in all."""
    every: bool = True
    """Go on with the next test after one that did not pass."""
    returned: bytes = b""
    """For calls that say not what is expected: what the problem's reference returned, as its process said it."""
    raw: bool = False
    """Only have the calls made: what they return is not judged, but stands in `Evidence.returned`."""


class How(StrEnum):
    """How the process of a program ended."""

    EXIT = "exit"
    SIGNAL = "signal"
    DEADLINE = "deadline"
    LIMIT = "limit"
    FLOOD = "flood"
    LOST = "lost"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """The end of a program's process."""

    how: How
    code: int = 0
    """EXIT: the exit status; SIGNAL and LIMIT: the signal's number."""
    place: tuple[int, ...] = ()
    """DEADLINE: the lines of the program it was in, outermost call first; empty if it could not be asked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """An exception that was reported, and what an outcome is read from."""

    error: ErrorRecord
    """The frames' sources are still empty: whoever holds the texts fills them in."""
    bases: frozenset[str] = frozenset()
    """The builtin exceptions it derives from, and itself if it is one."""
    check: tuple[int, int] | None = None
    """First and last line of the failing assert, in `program + "\\n" + tests`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What the judge found of one test."""

    test: int | None
    """Its number; None for the tests' setup."""
    status: TestStatus
    report: Report | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """All of it."""

    ended: Ended
    loaded: bool = False
    """Whether the program ran to its end, so that the tests had their turn."""
    report: Report | None = None
    """What the program raised while it was loaded."""
    results: tuple[Result, ...] = ()
    """Of the tests that were reached, in order."""
    trusted: bool = True
    output: str = ""
    seconds: float = 0.0
    cpu: float = 0.0
    """Seconds of processor time of the program's process; of the longest, where there were several."""
    returned: bytes = b""
    """Of a job that is raw: what its process said, unread."""


def said(line: str) -> dict[str, Any]:
    """Return a line of JSON that should be an object; an empty one if it is none."""
    try:
        data = json.loads(line)
    except (ValueError, RecursionError):
        return {}
    return data if isinstance(data, dict) else {}


def report(data: Any) -> Report | None:
    """Return an exception that the judge told of; None if it is not one."""
    if data is None:  # the way of most, and cheaper than being refused below
        return None
    try:
        return _report(data)
    except (KeyError, TypeError, ValueError, AttributeError, IndexError, OverflowError):
        return None


def told(data: Any) -> Report | None:
    """Return an exception that the program's side told of itself; None if it is not one."""
    try:
        return None if data is None else report(heard(data))
    except ValueError:
        return None


def results(data: Any) -> tuple[Result, ...]:
    """Return the judge's findings."""
    return tuple(
        Result(test=one["test"], status=TestStatus(one["status"]), report=report(one.get("error"))) for one in data
    )


def place(blob: bytes) -> tuple[int, ...]:
    """Return the program's lines in what the interpreter's fault handler wrote, outermost call first."""
    _, found, dump = blob.rpartition(b"most recent call first")
    lines = re.findall(rb'\n  File "<string>", line (\d{1,9}) in ', dump) if found else []
    return tuple(int(line) for line in reversed(lines[:-1]))  # the last is where the harness began


def _report(data: dict[str, Any]) -> Report:
    syntax, check = data.get("syntax"), data.get("check")
    frames = tuple(
        Frame(
            line=int(line),
            function=str(function)[:MAX_NAME],
            source="",
            evaluated=bool(evaluated),
            repeated=int(repeated),
        )
        for line, function, evaluated, repeated in data["frames"][:MAX_FRAMES]
    )
    error = ErrorRecord(
        type=str(data["type"])[:MAX_NAME],
        message=str(data.get("message") or "")[:MAX_TEXT],
        frames=frames,
        syntax=_pointed(*syntax) if syntax else None,
        expected=_shown(data.get("expected")),
        got=_shown(data.get("got")),
        where=tuple(str(call)[:MAX_SHOWN] for call in (data.get("where") or ())[:MAX_WHERE]),
    )
    bases = frozenset(str(name) for name in (data.get("bases") or ())[:MAX_FRAMES])
    return Report(error=error, bases=bases, check=(int(check[0]), int(check[1])) if check else None)


def _pointed(line: Any, source: Any, evaluated: Any) -> Frame:
    """Return the place that a SyntaxError points to."""
    return Frame(line=int(line), function="", source=str(source)[:MAX_TEXT], evaluated=bool(evaluated))


def _shown(value: Any) -> str | None:
    return None if value is None else str(value)[:MAX_SHOWN]
