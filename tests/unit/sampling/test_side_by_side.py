from __future__ import annotations

import threading
import time
from itertools import count, islice

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leti.sampling.side_by_side import side_by_side


def nothing() -> None:
    """No preparation."""


@settings(max_examples=25, deadline=None)
@given(waits=st.lists(st.integers(0, 3), max_size=12), lanes=st.integers(1, 4))
def test_results_come_in_the_order_of_the_items(waits: list[int], lanes: int) -> None:
    def work(item: tuple[int, int]) -> tuple[int, int]:
        time.sleep(item[1] / 1000)
        return item

    items = list(enumerate(waits))
    assert list(side_by_side(work, items, lanes=lanes, prepare=nothing)) == items


def test_items_are_worked_on_at_once() -> None:
    together = threading.Barrier(3, timeout=20)
    assert list(side_by_side(lambda _: together.wait() >= 0, range(3), lanes=3, prepare=nothing)) == [True] * 3


def test_no_more_are_begun_than_there_is_room_for() -> None:
    begun: list[int] = []
    found = side_by_side(lambda item: item, (begun.append(n) or n for n in count()), lanes=2, prepare=nothing)  # type: ignore[func-returns-value]
    assert list(islice(found, 5)) == [0, 1, 2, 3, 4]
    assert len(begun) <= 5 + 2
    found.close()  # type: ignore[attr-defined]


def test_what_goes_wrong_is_raised_in_its_place() -> None:
    def work(item: int) -> int:
        if item == 1:
            raise ValueError("the second")
        return item

    found = side_by_side(work, range(4), lanes=2, prepare=nothing)
    assert next(found) == 0
    with pytest.raises(ValueError, match="the second"):
        next(found)


def test_each_thread_is_prepared() -> None:
    mine = threading.local()

    def prepare() -> None:
        mine.ready = True

    assert all(side_by_side(lambda _: mine.ready, range(6), lanes=3, prepare=prepare))
