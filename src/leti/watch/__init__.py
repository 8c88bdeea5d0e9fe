"""What a run does, told while it does it: on a terminal, in a log, to experiment trackers; and where its time goes.

All of it is read from the run's files as they grow, from a thread of its own. So the loop knows nothing of it, and
what is told is what is on disk.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from typing import Protocol

from leti.runs import Run
from leti.watch.clock import Clock
from leti.watch.expected import Expected
from leti.watch.lines import Lines
from leti.watch.news import Follower, News

__all__ = ["Expected", "Listener", "watching"]


class Listener(Protocol):
    """Is told what is new."""

    pause: float
    """Seconds between two looks."""

    def hear(self, news: Sequence[News]) -> None:
        """What came since the last look, in order; called also when nothing did."""

    def close(self) -> None:
        """Nothing more comes."""


@contextmanager
def watching(run: Run, expected: Expected, *, listeners: Sequence[Listener] = ()) -> Iterator[None]:
    """Tells what happens to the run within. What goes wrong in telling it is raised at the end: the run comes first.

    Args:
        run: one that has begun; what is there already is not told again.
        expected: how much there is to come.
        listeners: others than the terminal or log, such as trackers.
    """
    over = threading.Event()
    follower = Follower(run)
    with ThreadPoolExecutor(1, thread_name_prefix="leti-watch") as pool:
        told = pool.submit(_tell, follower, [_screen(expected), Clock(run, expected), *listeners], over)
        try:
            yield
        finally:
            over.set()
    told.result()


def _tell(follower: Follower, listeners: Sequence[Listener], over: threading.Event) -> None:
    """Looks again and again, and once more when it is over."""
    pause = min(listener.pause for listener in listeners)
    with ExitStack() as stack:
        for listener in listeners:
            stack.callback(listener.close)
        last = False
        while not last:
            last = over.wait(pause)
            news = list(follower.news())
            for listener in listeners:
                listener.hear(news)


def _screen(expected: Expected) -> Listener:
    if not sys.stderr.isatty():
        return Lines(expected)
    from leti.watch.terminal import Screen

    return Screen(expected)
