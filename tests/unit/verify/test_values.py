"""What crosses between the two sides (the harness imports nothing of leti, but can be imported)."""

from __future__ import annotations

from collections import Counter, OrderedDict, defaultdict, deque, namedtuple
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from enum import Enum, IntEnum
from fractions import Fraction
from typing import Any, NamedTuple

import pytest

from leti.verify.harness import values
from leti.verify.harness.render import render

Point = namedtuple("Point", "x y")  # noqa: PYI024 - this kind too is met in programs


class Pair(NamedTuple):
    left: Any
    right: Any


class Liar:
    def __eq__(self, other: object) -> bool:
        return True

    __hash__ = None  # type: ignore[assignment]


class Number(IntEnum):
    ONE = 1


class Text(str, Enum):  # noqa: UP042 - this kind too
    A = "a"


class Cheat(int):
    def __eq__(self, other: object) -> bool:
        return True

    def __add__(self, other: int) -> int:
        return 42

    __hash__ = int.__hash__


class Shy(dict[str, int]):
    def items(self) -> Any:
        return [("forged", 1)]

    __iter__ = keys = items


def crossed(value: Any) -> tuple[Any, list[Any]]:
    """Return what arrives on the other side, and the objects that stayed behind."""
    kept: list[Any] = []

    def keep(item: Any) -> Any:
        kept.append(item)
        return {"handle": [len(kept) - 1]}

    return values.rebuilt(values.text(values.plain(value, keep)), lambda content: ("stayed", content[0])), kept


@pytest.mark.parametrize(
    "value",
    [
        *(None, True, 0, -(1 << 3000), 1.5, -0.0, 1e308, "\ud800\x00é\U0001f600", b"\x00\xff", bytearray(b"a")),
        *(2j, complex(-0.0, 1), range(1, 1 << 2000, 3), ..., Decimal("1.50"), Fraction(-1, 3)),
        *(date(2020, 2, 29), time(1, 2, 3, 4), time(1, fold=1), timedelta(-1, 5)),
        *(datetime(2020, 1, 2, 3, fold=1), datetime(2020, 1, 2, tzinfo=UTC)),  # noqa: DTZ001 - both kinds are met
        *([], (), {}, set(), frozenset(), [[1], (2, {3: {4}})], {(1, 2): [3]}, {frozenset({1})}),
        *(Counter("aab"), OrderedDict(b=1, a=2), deque([1, 2], maxlen=3), deque()),
        *(int, list, ValueError, type),
    ],
)
def test_plain_data_arrives_as_it_is(value: Any) -> None:
    found, kept = crossed(value)
    assert not kept
    assert type(found) is type(value)
    assert repr(found) == repr(value)


@pytest.mark.parametrize(
    ("value", "arrives"),
    [
        (Number.ONE, 1),
        (Text.A, "a"),
        (Cheat(7), 7),
        (type("F", (float,), {})(1.5), 1.5),
        (type("B", (bytes,), {})(b"a"), b"a"),
        (type("L", (list,), {"__getitem__": lambda *_: 0})([1]), [1]),
        (type("S", (set,), {"__iter__": lambda _: iter([9])})({1}), {1}),
        (type("D", (deque,), {})([1]), deque([1])),
        (type("O", (OrderedDict,), {})(b=1, a=2), OrderedDict(b=1, a=2)),
        (Shy(a=1), {"a": 1}),
    ],
)
def test_an_instance_of_a_derived_class_arrives_as_the_content_of_its_base(value: Any, arrives: Any) -> None:
    found, kept = crossed(value)
    assert not kept
    assert type(found) is type(arrives)
    assert repr(found) == repr(arrives)


def test_a_named_tuple_arrives_with_its_names() -> None:
    found, kept = crossed([Point(1, Pair((2,), [3])), Point(4, 5)])
    assert not kept
    assert repr(found) == "[Point(x=1, y=Pair(left=(2,), right=[3])), Point(x=4, y=5)]"
    assert found[0].y.right == [3]
    assert found[1] == (4, 5)
    assert type(found[0]) is type(found[1]) is not tuple
    assert found[0]._replace(x=6) == (6, found[0].y)


@pytest.mark.parametrize(
    "fields",
    [("class", "x"), ("_x", "y"), ("x", "x"), ("x",), ("x", Text.A), ["x", "y"], 7, ("x y", "z"), (), ("x" * 100, "y")],
    ids=repr,
)
def test_names_that_no_named_tuple_has_are_left_behind(fields: Any) -> None:
    found, kept = crossed(type("Odd", (tuple,), {"_fields": fields})((1, 2)))
    assert (type(found), found, kept) == (tuple, (1, 2), [])


def test_a_few_kinds_of_named_tuples_arrive_and_the_others_as_tuples() -> None:
    found, _ = crossed([namedtuple(f"K{number}", "x")(number) for number in range(values.MAX_NAMED + 2)])  # noqa: PYI024
    assert [type(one) is tuple for one in found] == [False] * values.MAX_NAMED + [True] * 2
    assert found == [(number,) for number in range(values.MAX_NAMED + 2)]


@pytest.mark.parametrize(
    "view", [{1: 2}.keys(), {1: 2}.items(), OrderedDict(a=1).keys(), OrderedDict(a=1).items()], ids=repr
)
def test_views_arrive_as_views(view: Any) -> None:
    found, kept = crossed(view)
    assert not kept
    assert found == view
    assert list(found) == list(view)
    assert not isinstance(found, (list, set))


def test_the_values_of_a_dictionary_are_equal_to_nothing_as_ever() -> None:
    found, _ = crossed({1: 2}.values())
    assert list(found) == [2]
    assert found != [2]


@pytest.mark.parametrize(
    ("factory", "arrives"),
    [(list, list), (int, int), (None, None), (lambda: 0, None), (Liar, None)],
    ids=["list", "int", "none", "lambda", "class"],
)
def test_a_default_dictionary_arrives_with_a_factory_that_both_sides_have(factory: Any, arrives: Any) -> None:
    found, kept = crossed(defaultdict(factory, a=[1]))
    assert (found, kept, found.default_factory) == ({"a": [1]}, [], arrives)


@pytest.mark.parametrize(
    "value",
    [Liar(), object(), len, iter([1]), Liar, lambda: 0, datetime(2020, 1, 1, tzinfo=timezone(timedelta(hours=1)))],
    ids=lambda value: type(value).__name__,
)
def test_any_other_object_stays(value: Any) -> None:
    assert crossed(value) == (("stayed", 0), [value])
    assert crossed([1, {"a": value}])[0] == [1, {"a": ("stayed", 0)}]


def test_a_fraction_that_was_tampered_with_stays() -> None:
    value = Fraction(1, 2)
    value._numerator = Cheat(5)  # type: ignore[attr-defined]
    assert crossed(value)[0] == ("stayed", 0)


def test_what_is_too_deep_or_holds_itself_stays_in_part() -> None:
    ring: list[Any] = []
    ring.append(ring)
    deep: Any = []
    for _ in range(5000):
        deep = [deep]
    for value in (ring, deep):
        _, kept = crossed(value)
        assert len(kept) == 1


@pytest.mark.parametrize(
    "text",
    [
        *("", "{", "nonsense", "{}", '{"a":1,"b":2}', '{"no such kind":1}', '{"int":"x"}', '{"int":null}'),
        *('{"set":[[]]}', '{"set":[[1]]}', '{"dict":[[1]]}', '{"dict":1}', '{"bytes":"0"}', '{"complex":[1]}'),
        *('{"range":["0x0","0x1","0x0"]}', '{"Decimal":"x"}', '{"fraction":["0x1","0x0"]}', '{"date":["x"]}'),
        *('{"time":["01:00",7]}', '{"timedelta":[1e400,0,0]}', '{"timedelta":[1,2,3,4,5,6,7,8]}', '{"type":"os"}'),
        *(
            '{"defaultdict":[[],"print"]}',
            '{"defaultdict":[[[1,2]]]}',
            '{"defaultdict":[[],[]]}',
            '{"type":[]}',
            '{"Counter":[[[],1]]}',
            '{"keys":[[]]}',
            '{"deque":[[1],-1]}',
            '{"int":"' + "f" * 10 + '\n"',
        ),
        *('{"named":["P",["x"],[1,2]]}', '{"named":["P",["_x"],[1]]}', '{"named":["lambda",["x"],[1]]}', '{"named":1}'),
        *('{"named":["P",["x","x"],[1,2]]}', '{"named":["P",["x=[]"],[1]]}', '{"named":["P",[["x"]],[1]]}'),
        *("[" * 100_000, '{"tuple":' * 100_000, "9" * 10_000, '{"deque":{}}', '{"deque":[{"int":"0x1"},2]}'),
    ],
    ids=lambda text: text[:40],
)
def test_malformed_text(text: str) -> None:
    with pytest.raises(values.MalformedError):
        values.rebuilt(text, lambda _: None)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ([1, "a", None], "[1, 'a', None]"),
        ((1,), "(1,)"),
        ({3, 1, 2}, "{1, 2, 3}"),
        (set(), "set()"),
        (frozenset(), "frozenset()"),
        (frozenset({1}), "frozenset({1})"),
        ({"a": [1.5]}, "{'a': [1.5]}"),
        (Liar(), "<Liar object>"),
        ([Liar()], "[<Liar object>]"),
        (1 << 5000, "<int of 5001 bits>"),
        (Counter("aa"), "Counter({'a': 2})"),
        (defaultdict(int, a=1), "defaultdict({'a': 1})"),
        (OrderedDict(a=1), "OrderedDict({'a': 1})"),
        (deque([1]), "deque([1])"),
        (Point(1, Liar()), "Point(x=1, y=<Liar object>)"),
        (Fraction(1, 2), "Fraction(1, 2)"),
        (Decimal("1.50"), "Decimal('1.50')"),
        (range(3), "range(0, 3)"),
        (len, "<builtin_function_or_method object>"),
        ("x" * 5000, "'" + "x" * 1996 + "..."),
        (list(range(500)), "[" + "".join(f"{n}, " for n in range(200)) + "...]"),
    ],
    ids=lambda value: repr(value)[:30],
)
def test_rendered(value: Any, text: str) -> None:
    assert render(value) == text
