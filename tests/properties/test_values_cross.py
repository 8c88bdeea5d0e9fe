"""For any value and any text: plain data crosses as it is, and nothing that arrives breaks who reads it."""

from __future__ import annotations

import json
from collections import Counter, OrderedDict, defaultdict, deque
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from leti.verify.harness import values
from leti.verify.harness.comparing import same, same_members
from leti.verify.harness.render import render

anything = st.text(st.characters())  # lone surrogates too
numbers = st.integers() | st.integers(1 << 990, 1 << 1010) | st.floats() | st.complex_numbers() | st.fractions()
moments = st.dates() | st.times() | st.datetimes() | st.timedeltas()
hashable = (
    st.none()
    | st.booleans()
    | numbers
    | anything
    | st.binary()
    | moments
    | st.decimals().filter(lambda value: not value.is_snan())
)
scalars = hashable | st.builds(range, st.integers(), st.integers(), st.integers(1)) | st.binary().map(bytearray)


def containers(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    items = st.lists(inner, max_size=4)
    pairs = st.dictionaries(hashable, inner, max_size=4)
    sets = st.sets(hashable, max_size=4)
    return st.one_of(
        *(items, items.map(tuple), items.map(deque), pairs, pairs.map(OrderedDict), sets, sets.map(frozenset)),
        *(pairs.map(lambda found: defaultdict(None, found)), st.lists(hashable, max_size=4).map(Counter)),
    )


plain = st.recursive(scalars, containers, max_leaves=12)


def crossed(value: Any) -> Any:
    return values.rebuilt(values.text(values.plain(value, refused)), refused)


def refused(value: Any) -> Any:
    raise AssertionError(f"{value!r} did not cross")


def told(value: Any) -> Any:
    """Return what tells values apart that are equal (1, 1.0 and True; 0.0 and -0.0), and not-a-number from nothing."""
    if isinstance(value, dict):
        return type(value), [(told(key), told(item)) for key, item in value.items()]
    if isinstance(value, (list, tuple, deque)):
        return type(value), [told(item) for item in value], getattr(value, "maxlen", None)
    if isinstance(value, (set, frozenset)):
        return type(value), sorted(repr(told(item)) for item in value)
    return type(value), repr(value), getattr(value, "fold", 0)


@given(plain)
def test_plain_data_crosses_as_it_is(value: Any) -> None:
    assert told(crossed(value)) == told(value)


@given(plain)
def test_what_crosses_is_one_line(value: Any) -> None:
    text = values.text(values.plain(value, refused))
    assert text.isascii()
    assert "\n" not in text


numbered = plain.filter(lambda value: "nan" not in repr(value).lower())


@given(numbered, numbered)
def test_what_is_equal_inside_is_equal_outside(left: Any, right: Any) -> None:
    assert (crossed(left) == crossed(right)) == (left == right)
    for tolerance in (0.0, 1e-9):
        assert same(crossed(left), left, tolerance=tolerance)
        assert same(left, right, tolerance=tolerance) or left != right


@given(plain, plain, st.floats(0, 1e9))
def test_any_two_values_can_be_compared(left: Any, right: Any, tolerance: float) -> None:
    same(left, right, tolerance=tolerance)
    same_members(left, right)


@given(plain, st.integers(0, 2500))
@settings(max_examples=200)
def test_rendering_is_bounded(value: Any, room: int) -> None:
    assert len(render(value, room)) <= max(room, 5)
    assert render(crossed(value), room) == render(value, room)


@given(st.sets(st.integers() | st.text(max_size=3) | st.tuples(st.integers())))
def test_sets_are_rendered_in_one_order(value: set[Any]) -> None:
    backwards: set[Any] = set()
    for item in sorted(value, key=str, reverse=True):
        backwards |= {item}
    assert render(value) == render(backwards)


KINDS = st.sampled_from([*values._MAKE, "handle", "no such kind", ""])
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | anything | st.sampled_from(["0x1", "int", "2020-01-01"]),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(KINDS, inner, max_size=2)
        | st.dictionaries(KINDS, inner, min_size=1, max_size=1)
    ),
    max_leaves=12,
)


def survives(text: str) -> None:
    try:
        value = values.rebuilt(text, lambda content: ("handle", content))
    except values.MalformedError:
        return
    render(value)


@settings(max_examples=500)
@given(json_values)
def test_no_data_breaks_who_reads_it(data: Any) -> None:
    survives(json.dumps(data))
    survives(values.text(data))


@given(anything | st.binary().map(lambda data: data.decode("latin-1")))
def test_no_text_breaks_who_reads_it(text: str) -> None:
    survives(text)
    survives(f'{{"tuple":[{text}]}}')


@given(plain, st.data())
def test_no_part_of_a_text_breaks_who_reads_it(value: Any, data: st.DataObject) -> None:
    text = values.text(values.plain(value, refused))
    start, end = sorted(data.draw(st.tuples(*[st.integers(0, len(text))] * 2)))
    survives(text[:start] + text[end:])
    survives(text[:end] + data.draw(anything) + text[start:])
