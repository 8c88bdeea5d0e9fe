"""Independent pieces of work in a few threads, their results in order."""

from __future__ import annotations

from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

Item = TypeVar("Item")
Result = TypeVar("Result")


def side_by_side(
    work: Callable[[Item], Result], items: Iterable[Item], *, lanes: int, prepare: Callable[[], object]
) -> Iterator[Result]:
    """What `work` makes of each item, in order; no more than `lanes` items are begun and not yet asked for.

    What goes wrong with an item is raised in its place. Whoever stops asking waits for what is begun.

    Args:
        work: is called from several threads.
        items: are taken as room comes up.
        lanes: threads.
        prepare: is called once in each thread, first.
    """
    begun: deque[Future[Result]] = deque()
    with ThreadPoolExecutor(lanes, thread_name_prefix="leti-lane", initializer=prepare) as pool:
        for item in items:
            begun.append(pool.submit(work, item))
            if len(begun) > lanes:
                yield begun.popleft().result()
        while begun:
            yield begun.popleft().result()
