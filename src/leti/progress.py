"""Progress of long work: a bar on a terminal, a line now and then in a log."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable, Iterator
from typing import TypeVar

Item = TypeVar("Item")
QUIET_SECONDS = 10.0
"""A log gets at most one line in so many seconds."""


def track(items: Iterable[Item], *, label: str, total: int) -> Iterator[Item]:
    """The items, unchanged, while progress is shown on stderr. Shows nothing if there is nothing to do."""
    if total == 0:
        return iter(items)
    return _bar(items, label, total) if sys.stderr.isatty() else _lines(items, label, total)


def say(text: str) -> None:
    """One line on stderr."""
    print(text, file=sys.stderr, flush=True)  # noqa: T201 - this is the place that prints


def duration(seconds: float) -> str:
    """Such as 4.2 s, 42 s, 3 min 5 s, 2 h 7 min."""
    whole = round(seconds)
    if whole < 60:
        return f"{seconds:.1f} s" if seconds < 9.95 else f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


def _bar(items: Iterable[Item], label: str, total: int) -> Iterator[Item]:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description:<34}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True)) as progress:
        task = progress.add_task(label, total=total)
        for item in items:
            yield item
            progress.advance(task)


def _lines(items: Iterable[Item], label: str, total: int) -> Iterator[Item]:
    start = said = time.monotonic()
    count = 0
    for item in items:
        yield item
        count += 1
        now = time.monotonic()
        if now - said >= QUIET_SECONDS and count < total:
            said = now
            say(f"{label}: {count} of {total}, {count / (now - start):.1f}/s")
    say(f"{label}: {count} done in {time.monotonic() - start:.1f} s")
