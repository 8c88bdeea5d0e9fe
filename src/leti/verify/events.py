"""The evidence of a run, as it comes over the wire: lines that carry the run's secret, and anything else.

A line counts only if it begins with the secret and says something that can be meant; the program may write whatever it
likes beside them.
"""

from __future__ import annotations

import hmac
import json
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from leti.types import ErrorRecord, Frame

MAX_LINE = 1 << 20


class EventKind(StrEnum):
    """What a run can report."""

    LOADED = "loaded"
    PASSED = "passed"
    RAISED = "raised"
    DONE = "done"


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One report of a run, known to come from the harness."""

    kind: EventKind
    test: int | None = None
    """PASSED, RAISED: which test, from 0; None: the program itself, or the tests' setup. DONE: how many there were."""
    error: ErrorRecord | None = None
    """RAISED only. The frames' sources are still empty: whoever holds the texts fills them in."""
    asserted: bool = False
    """RAISED only: a check of the test said no."""
    check: tuple[int, int] | None = None
    """RAISED only: first and last line of the failing assert, in `program + "\\n" + tests`."""
    family: str = ""
    """RAISED only: `MemoryError` or `SystemExit` where the exception is one."""


class EventReader:
    """Takes bytes in any pieces, gives the events among them."""

    def __init__(self, secret: str) -> None:
        self._secret = secret.encode()
        self._rest = b""

    def feed(self, data: bytes) -> list[Event]:
        """Return the events that are complete with `data`. Overlong lines and lines without the secret are dropped."""
        *lines, rest = (self._rest + data).split(b"\n")
        self._rest = rest if len(rest) <= MAX_LINE else rest[:1]
        return [event for line in lines if (event := self._event(line)) is not None]

    def _event(self, line: bytes) -> Event | None:
        secret, _, body = line.partition(b" ")
        if not hmac.compare_digest(secret, self._secret):
            return None
        try:
            return _event(json.loads(body))
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            return None


def _event(said: dict[str, Any]) -> Event:
    kind = EventKind(said["kind"])
    if kind is EventKind.DONE:
        return Event(kind=kind, test=int(said["tests"]))
    test = None if said.get("test") is None else int(said["test"])
    if kind is not EventKind.RAISED:
        return Event(kind=kind, test=test)
    check = said.get("check")
    return Event(
        kind=kind,
        test=test,
        error=_error(said["error"]),
        asserted=bool(said.get("asserted")),
        check=(int(check[0]), int(check[1])) if check else None,
        family=str(said["error"].get("family", "")),
    )


def _error(said: dict[str, Any]) -> ErrorRecord:
    syntax = said.get("syntax")
    frames = tuple(
        Frame(line=int(line), function=str(function), source="", evaluated=bool(evaluated), repeated=int(repeated))
        for line, function, evaluated, repeated in said["frames"]
    )
    return ErrorRecord(
        type=str(said["type"]),
        message=str(said.get("message", "")),
        frames=frames,
        syntax=syntax and Frame(line=int(syntax[0]), function="", source=str(syntax[1]), evaluated=bool(syntax[2])),
        expected=_text(said.get("expected")),
        got=_text(said.get("got")),
    )


def _text(value: object) -> str | None:
    return None if value is None else str(value)
