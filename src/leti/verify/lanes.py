"""Lanes side by side: work on many items, in order, a bounded number ahead."""

from __future__ import annotations

import queue
from collections import OrderedDict, deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Generic, TypeVar

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
        self,
        items: Iterable[Item],
        work: Callable[[Lane, list[Item]], list[Result]],
        *,
        key: Callable[[Item], bytes],
        together: int = 1,
    ) -> Iterator[Result]:
        """Yield the result of work on each item, in order; takes from `items` only a bounded number ahead.

        Args:
            items: what there is to do.
            work: does some of it, on a lane that is its own for so long; called by several threads.
            key: items of the same key are done once.
            together: so many items are given to `work` at a time.

        Raises:
            SandboxError: if a lane cannot be started.
        """
        idle: queue.SimpleQueue[Lane] = queue.SimpleQueue()
        for lane in self._lanes:
            lane.begin()
            idle.put(lane)

        def do(batch: list[Item]) -> list[Result]:
            lane = idle.get()
            try:
                return work(lane, batch)
            finally:
                idle.put(lane)

        whole = False
        with ThreadPoolExecutor(len(self._lanes), thread_name_prefix="leti-verify") as pool:
            batches: _Batches[Item, Result] = _Batches(lambda batch: pool.submit(do, batch), together)
            owed = (batches.add(item, key(item)) for item in items)
            try:
                yield from batches.in_order(owed, ahead=AHEAD * len(self._lanes))
                whole = True
            finally:
                if not whole:
                    self._abandon(batches)

    def _abandon(self, batches: _Batches[Item, Result]) -> None:
        """End at once: an interrupted caller must not wait for programs that run to their deadline."""
        batches.cancel()
        for lane in self._lanes:
            lane.stop()
        if self._stop is not None:
            self._stop()


class _Batch(Generic[Item, Result]):
    """Items that are done together."""

    def __init__(self) -> None:
        self.items: list[Item] = []
        self.future: Future[list[Result]] | None = None
        """None as long as it is not handed on."""

    def done(self) -> bool:
        """Return whether its results, or what went wrong, are there."""
        return self.future is not None and self.future.done()


class _Batches(Generic[Item, Result]):
    """Collects items, each once, and hands them on some at a time."""

    def __init__(self, submit: Callable[[list[Item]], Future[list[Result]]], size: int) -> None:
        self._submit, self._size = submit, size
        self._known: OrderedDict[bytes, tuple[_Batch[Item, Result], int]] = OrderedDict()
        self._open: _Batch[Item, Result] = _Batch()

    def add(self, item: Item, key: bytes) -> tuple[_Batch[Item, Result], int]:
        """Return the batch that the item is done in, and its place there."""
        if key not in self._known:
            self._known[key] = self._open, len(self._open.items)
            if len(self._known) > REMEMBERED:
                self._known.popitem(last=False)
            self._open.items.append(item)
            if len(self._open.items) >= self._size:
                self.flush()
        return self._known[key]

    def flush(self) -> None:
        """Hand on what there is."""
        if self._open.items:
            self._open.future = self._submit(self._open.items)
            self._open = _Batch()

    def in_order(self, owed: Iterable[tuple[_Batch[Item, Result], int]], *, ahead: int) -> Iterator[Result]:
        """Yield results as they come, in order; at most so many are owed."""
        waiting: deque[tuple[_Batch[Item, Result], int]] = deque()
        for one in owed:
            waiting.append(one)
            if len(waiting) >= ahead:
                self.flush()
            while waiting and (len(waiting) >= ahead or waiting[0][0].done()):
                yield _result(*waiting.popleft())
        self.flush()
        while waiting:
            yield _result(*waiting.popleft())

    def cancel(self) -> None:
        """Take back what has not begun."""
        for batch, _ in self._known.values():
            if batch.future is not None:
                batch.future.cancel()


def _result(batch: _Batch[Item, Result], place: int) -> Result:
    assert batch.future is not None
    return batch.future.result()[place]
