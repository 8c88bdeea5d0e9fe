"""Lanes side by side: work on many items, in order, a bounded number ahead."""

from __future__ import annotations

import math
import queue
import threading
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
            work: does some of it, on a lane that is its own for so long, and returns the results of the first of the
                items, at least one: the others wait for their turn again. Called by several threads.
            key: items of the same key are done once.
            together: so many items at most are given to `work` at a time; fewer where lanes have little to do.

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
            turns: _Turns[Item, Result] = _Turns(pool, do, lanes=len(self._lanes), most=together)
            places = _places(items, turns, key=key)
            try:
                yield from turns.in_order(places, ahead=AHEAD * len(self._lanes))
                whole = True
            finally:
                if not whole:
                    self._abandon(turns)

    def _abandon(self, turns: _Turns[Item, Result]) -> None:
        """End at once: an interrupted caller must not wait for programs that run to their deadline."""
        turns.cancel()
        for lane in self._lanes:
            lane.stop()
        if self._stop is not None:
            self._stop()


class _Place(Generic[Item, Result]):
    """An item, and its result once there is one."""

    def __init__(self, item: Item) -> None:
        self.item = item
        self.result: list[Result] = []
        """Empty as long as it waits."""


class _Turns(Generic[Item, Result]):
    """Items that wait, and turns to do some of them: at most one for each lane, as long as items wait.

    Args:
        pool: runs them. What goes wrong in one is raised where results are asked for, and it is the last of its lane.
        do: does some items, and returns the results of the first of them.
        lanes: how many there are: a turn takes no more than its share of what waits.
        most: items that a turn takes.
    """

    def __init__(
        self, pool: ThreadPoolExecutor, do: Callable[[list[Item]], list[Result]], *, lanes: int, most: int
    ) -> None:
        self._pool, self._do, self._lanes, self._most = pool, do, lanes, most
        self._lock = threading.Lock()
        self._waiting: deque[_Place[Item, Result]] = deque()
        self._turns: deque[Future[None]] = deque()
        self._open = 0

    def add(self, item: Item) -> _Place[Item, Result]:
        """Let an item wait for a turn."""
        place: _Place[Item, Result] = _Place(item)
        with self._lock:
            self._waiting.append(place)
            self._begin()
        return place

    def _begin(self) -> None:
        """Have another turn taken if something waits and a lane is free. Called with the lock."""
        if self._waiting and self._open < self._lanes:
            self._open += 1
            self._turns.append(self._pool.submit(self._turn))

    def _turn(self) -> None:
        with self._lock:
            number = min(self._most, math.ceil(len(self._waiting) / self._lanes))
            batch = [self._waiting.popleft() for _ in range(number)]
        results = self._do([place.item for place in batch]) if batch else []  # others may have taken what was waiting
        for place, result in zip(batch, results, strict=False):
            place.result.append(result)
        with self._lock:
            self._waiting.extendleft(reversed(batch[len(results) :]))
            self._open -= 1
            self._begin()  # before this one is over: who waits for a result always finds a turn to wait for

    def in_order(self, places: Iterable[_Place[Item, Result]], *, ahead: int) -> Iterator[Result]:
        """Yield results as they come, in order; at most so many are owed."""
        owed: deque[_Place[Item, Result]] = deque()
        for place in places:
            owed.append(place)
            while owed and (len(owed) >= ahead or owed[0].result):
                yield self._result(owed.popleft())
        while owed:
            yield self._result(owed.popleft())

    def _result(self, place: _Place[Item, Result]) -> Result:
        while not place.result:  # one of the turns that have not been looked at does it, or one that follows it
            self._turns.popleft().result()
        while self._turns and self._turns[0].done() and self._turns[0].exception() is None:
            self._turns.popleft()  # nobody will have to wait for it
        return place.result[0]

    def cancel(self) -> None:
        """Take back what has not begun."""
        with self._lock:
            self._waiting.clear()


def _places(
    items: Iterable[Item], turns: _Turns[Item, Result], *, key: Callable[[Item], bytes]
) -> Iterator[_Place[Item, Result]]:
    """Yield the place of each item; those of the same key have one, unless very many came in between."""
    known: OrderedDict[bytes, _Place[Item, Result]] = OrderedDict()
    for item in items:
        name = key(item)
        if name not in known:
            known[name] = turns.add(item)
            if len(known) > REMEMBERED:
                known.popitem(last=False)
        yield known[name]
