"""Lanes side by side: work on many items, in order, a bounded number ahead."""

from __future__ import annotations

import queue
from collections import OrderedDict, deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from typing import TypeVar

from leti.verify.exchange import Exchange
from leti.verify.lane import Lane

AHEAD = 256
"""Items taken from the input before their results are asked for, per lane: a slow one holds up no others."""
REMEMBERED = 4096
"""Results kept within one call, for items that come again."""

Item = TypeVar("Item")
Result = TypeVar("Result")


class Lanes:
    """Lanes that take work in turn.

    Args:
        start: starts what a lane runs programs in.
        count: how many there are.
        stop: called to end what the work may wait for besides the lanes, when it has to end at once.
    """

    def __init__(self, start: Callable[[], Exchange], count: int, *, stop: Callable[[], None] | None = None) -> None:
        self._lanes = [Lane(start) for _ in range(count)]
        self._stop = stop

    def close(self) -> None:
        """End them. A later `map` starts new ones."""
        for lane in self._lanes:
            lane.close()

    def map(
        self, items: Iterable[Item], work: Callable[[Lane, Item], Result], *, key: Callable[[Item], bytes]
    ) -> Iterator[Result]:
        """Yield the result of work on each item, in order; takes from `items` only a bounded number ahead.

        Args:
            items: what there is to do.
            work: does it, on a lane that is its own for so long; called by several threads.
            key: items of the same key are done once.

        Raises:
            SandboxError: if a lane cannot be started.
        """
        idle: queue.SimpleQueue[Lane] = queue.SimpleQueue()
        for lane in self._lanes:
            lane.begin()
            idle.put(lane)

        def do(item: Item) -> Result:
            lane = idle.get()
            try:
                return work(lane, item)
            finally:
                idle.put(lane)

        known: OrderedDict[bytes, Future[Result]] = OrderedDict()
        whole = False
        with ThreadPoolExecutor(len(self._lanes), thread_name_prefix="leti-verify") as pool:
            futures = (_once(known, key(item), partial(pool.submit, do, item)) for item in items)
            try:
                yield from _in_order(futures, AHEAD * len(self._lanes))
                whole = True
            finally:
                if not whole:
                    self._abandon(known.values())

    def _abandon(self, futures: Iterable[Future[Result]]) -> None:
        """End at once: an interrupted caller must not wait for programs that run to their deadline."""
        for future in futures:
            future.cancel()
        for lane in self._lanes:
            lane.stop()
        if self._stop is not None:
            self._stop()


def _once(
    known: OrderedDict[bytes, Future[Result]], key: bytes, submit: Callable[[], Future[Result]]
) -> Future[Result]:
    if key not in known:
        known[key] = submit()
        if len(known) > REMEMBERED:
            known.popitem(last=False)
    return known[key]


def _in_order(futures: Iterable[Future[Result]], ahead: int) -> Iterator[Result]:
    owed: deque[Future[Result]] = deque()
    for future in futures:
        owed.append(future)
        while owed and (len(owed) >= ahead or owed[0].done()):
            yield owed.popleft().result()
    while owed:
        yield owed.popleft().result()
