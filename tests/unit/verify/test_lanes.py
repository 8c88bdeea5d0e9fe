"""Work on many items by several lanes."""

from __future__ import annotations

import gc
import random
import threading
import time
import weakref
from collections.abc import Iterator
from concurrent.futures import Future

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leti.verify import Exchange, Lane
from leti.verify.lanes import AHEAD, REMEMBERED, Lanes


def never() -> Exchange:
    raise AssertionError("no lane is needed")


def key(item: int) -> bytes:
    return str(item).encode()


def same(_: Lane, items: list[int]) -> list[int]:
    return items


def test_results_come_in_order_although_some_are_slow() -> None:
    def work(_: Lane, items: list[int]) -> list[int]:
        time.sleep(0.05 if items[0] % 7 == 0 else 0)
        return [-item for item in items]

    expected = [-item for item in range(30)]
    assert list(Lanes(never, 3).map(range(30), work, key=key)) == expected
    assert list(Lanes(never, 3).map(range(30), work, key=key, together=4)) == expected


def test_a_lane_does_one_thing_at_a_time_and_all_take_part() -> None:
    at_work: set[int] = set()
    seen: set[int] = set()
    lock = threading.Lock()

    def work(lane: Lane, items: list[int]) -> list[int]:
        with lock:
            assert id(lane) not in at_work
            at_work.add(id(lane))
            seen.add(id(lane))
        time.sleep(0.01)
        with lock:
            at_work.remove(id(lane))
        return items

    list(Lanes(never, 3).map(range(20), work, key=key))
    assert len(seen) == 3


def test_items_of_the_same_key_are_done_once() -> None:
    for together in (1, 2, 3, 100):
        done: list[int] = []

        def work(_: Lane, items: list[int], done: list[int] = done) -> list[int]:
            done += items
            return items

        found = Lanes(never, 2).map([1, 2, 1, 3, 2] * 50, work, key=key, together=together)
        assert list(found) == [1, 2, 1, 3, 2] * 50
        assert sorted(done) == [1, 2, 3]


def test_no_more_items_are_done_together_than_was_said_and_no_more_than_a_lanes_share() -> None:
    sizes: list[int] = []
    all_wait = threading.Event()

    def items() -> Iterator[int]:
        yield from range(13)
        all_wait.set()

    def work(_: Lane, items: list[int]) -> list[int]:
        all_wait.wait()
        sizes.append(len(items))
        return items

    assert list(Lanes(never, 1).map(items(), work, key=key, together=4)) == list(range(13))
    assert sum(sizes) == 13
    assert max(sizes) == 4
    assert sum(size < 4 for size in sizes) <= 2  # what came before the first turn began, and what was left
    assert list(Lanes(never, 2).map(range(4), work, key=key, together=100)) == list(range(4))
    assert max(sizes[4:]) <= 2


@given(st.integers(1, 4), st.integers(1, 5), st.lists(st.integers(0, 9), max_size=40), st.integers())
@settings(deadline=None, max_examples=60)
def test_what_a_turn_leaves_is_done_in_another(lanes: int, together: int, items: list[int], seed: int) -> None:
    chance = random.Random(seed)  # which turn draws what is the threads' affair: nothing hypothesis could repeat

    def work(_: Lane, items: list[int]) -> list[int]:
        return [item + 1 for item in items[: chance.randint(1, len(items))]]

    assert list(Lanes(never, lanes).map(items, work, key=key, together=together)) == [item + 1 for item in items]


def test_items_are_taken_a_bounded_number_ahead() -> None:
    taken = 0
    may_end = threading.Event()

    def endless() -> Iterator[int]:
        nonlocal taken
        while True:
            taken += 1
            if taken == AHEAD:
                may_end.set()
            yield taken

    def work(_: Lane, items: list[int]) -> list[int]:
        may_end.wait()
        return items

    found = Lanes(never, 1).map(endless(), work, key=key)
    for number in range(1, 20):
        assert next(found) == number
        assert taken <= number + AHEAD
    found.close()  # type: ignore[attr-defined]


def test_what_is_done_is_given_out_before_more_is_asked_for() -> None:
    asked = threading.Event()

    def items() -> Iterator[int]:
        yield 1
        asked.set()
        time.sleep(0.2)
        yield 2

    found = Lanes(never, 1).map(items(), same, key=key)
    assert next(found) == 1
    assert list(found) == [2]


@pytest.mark.parametrize("together", [1, 8])
def test_what_is_over_is_not_kept(together: int) -> None:
    kept: list[weakref.ref[object]] = []

    class Item:
        pass

    def items() -> Iterator[object]:
        for _ in range(REMEMBERED + 2000):
            item = Item()
            kept.append(weakref.ref(item))
            yield item

    def work(_: Lane, items: list[object]) -> list[bytes]:
        time.sleep(0.0005)  # items wait for their turn
        return [b""] * len(items)

    found = Lanes(never, 2).map(items(), work, key=lambda _: str(len(kept)).encode(), together=together)
    for _ in range(REMEMBERED + 1000):
        next(found)
    assert sum(ref() is not None for ref in kept) <= REMEMBERED + 2 * AHEAD
    turns = [one for one in gc.get_objects() if type(one) is Future]
    assert len(turns) <= 4
    found.close()  # type: ignore[attr-defined]


def test_a_failure_reaches_the_caller_and_ends_the_rest() -> None:
    stopped: list[bool] = []
    done: list[int] = []

    def work(_: Lane, items: list[int]) -> list[int]:
        if 3 in items:
            raise OSError("this")
        time.sleep(0.01)
        done.extend(items)
        return items

    with pytest.raises(OSError, match="this"):
        list(Lanes(never, 1, stop=lambda: stopped.append(True)).map(range(200), work, key=key))
    assert stopped
    assert len(done) < 10


def test_a_failure_of_the_input_reaches_the_caller() -> None:
    def items() -> Iterator[int]:
        yield 1
        raise KeyError("that")

    with pytest.raises(KeyError, match="that"):
        list(Lanes(never, 1).map(items(), same, key=key))
