"""The harness's own comparison and rendering (it imports nothing of leti, but can be imported)."""

from __future__ import annotations

from collections import Counter, OrderedDict, defaultdict, deque, namedtuple
from enum import IntEnum
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leti.verify.harness.rewrite import decide
from leti.verify.harness.values import ImpureError, pure, render

scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text() | st.binary()
plain = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner)
        | st.tuples(inner, inner)
        | st.dictionaries(st.integers() | st.text(), inner)
        | st.sets(st.integers() | st.text())
        | st.frozensets(st.integers())
    ),
    max_leaves=20,
)
Point = namedtuple("Point", "x y")  # noqa: PYI024 - this kind too is met in programs


class Liar:
    def __eq__(self, other: object) -> bool:
        return True

    def __lt__(self, other: object) -> bool:
        return True

    __hash__ = None  # type: ignore[assignment]


class Number(IntEnum):
    ONE = 1


@given(plain)
def test_plain_data_is_itself(value: Any) -> None:
    assert pure(value) == value
    assert type(pure(value)) in {type(value), frozenset}


@given(plain, plain)
def test_decisions_are_those_of_python(left: Any, right: Any) -> None:
    assert decide("==", left=left, right=right) == (left == right)
    assert decide("!=", left=left, right=right) == (left != right)
    assert decide("in", left=left, right=[right, left])


@given(plain)
def test_an_object_of_the_program_never_equals_plain_data(value: Any) -> None:
    assert not decide("==", left=Liar(), right=value)
    assert not decide("==", left=[value, Liar()], right=[value, value])
    assert not decide("<", left=Liar(), right=value)
    assert not decide("in", left=Liar(), right=[value])
    assert decide("!=", left=Liar(), right=value)


@pytest.mark.parametrize(
    ("left", "right"),
    [
        (Point(1, 2), (1, 2)),
        (Number.ONE, 1),
        (Counter("aab"), {"a": 2, "b": 1}),
        (OrderedDict(a=1, b=2), {"b": 2, "a": 1}),
        (defaultdict(int, a=1), {"a": 1}),
        (deque([1], maxlen=2), deque([1])),
        ({1: 2}.keys(), {1}),
        ({1: 2}.items(), {(1, 2)}),
        (Fraction(1, 2), 0.5),
        (Fraction(4, 2), 2),
        (Fraction(1, 3), Fraction(2, 6)),
        (True, 1),
    ],
)
def test_equal(left: Any, right: Any) -> None:
    assert decide("==", left=left, right=right)
    assert decide("==", left=right, right=left)


@pytest.mark.parametrize(
    ("left", "right"),
    [
        (OrderedDict(a=1, b=2), OrderedDict(b=2, a=1)),
        (Fraction(1, 3), (1, 3)),
        (Fraction(1, 3), 1 / 3),
        ([1], (1,)),
        ({1: 2}.values(), [2]),
        (iter([1]), [1]),
    ],
)
def test_not_equal(left: Any, right: Any) -> None:
    assert not decide("==", left=left, right=right)


def test_a_list_inside_itself_is_no_plain_data() -> None:
    value: list[Any] = []
    value.append(value)
    with pytest.raises(ImpureError):
        pure(value)
    assert len(render(value)) < 200


@given(plain, st.integers(0, 200))
def test_rendering_is_bounded(value: Any, room: int) -> None:
    assert len(render(value, room)) <= max(room, 5)


@given(st.sets(st.integers() | st.text(max_size=3)))
def test_sets_are_rendered_in_one_order(value: set[Any]) -> None:
    backwards: set[Any] = set()
    for item in sorted(value, key=str, reverse=True):
        backwards |= {item}
    assert render(value) == render(backwards)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ([1, "a", None], "[1, 'a', None]"),
        ((1,), "(1,)"),
        ({3, 1, 2}, "{1, 2, 3}"),
        (set(), "set()"),
        (frozenset({1}), "frozenset({1})"),
        ({"a": [1.5]}, "{'a': [1.5]}"),
        (Liar(), "<Liar object>"),
        ([Liar()], "[<Liar object>]"),
        (1 << 5000, "<int of 5001 bits>"),
        (Counter("aa"), "Counter({'a': 2})"),
        (range(3), "range(0, 3)"),
        (len, "<builtin_function_or_method object>"),
    ],
)
def test_rendered(value: Any, text: str) -> None:
    assert render(value) == text
