"""Values as plain data: compared and rendered without running code of the program.

A value is *pure* when it is built of exact builtin types and a few of the standard library. An instance of a class
that derives from such a type is read as its base's content; any other object is not plain data.
"""

from __future__ import annotations

import builtins
import datetime as dt
from collections import Counter, OrderedDict, defaultdict, deque
from decimal import Decimal
from fractions import Fraction
from types import BuiltinFunctionType, FunctionType
from typing import Any

globals()["__builtins__"] = dict(vars(builtins))

MAX_DEPTH = 200
MAX_ITEMS = 200
MAX_BITS = 1000

_mro = type.__dict__["__mro__"].__get__
_name = type.__dict__["__name__"].__get__
_numerator = vars(Fraction)["_numerator"].__get__
_denominator = vars(Fraction)["_denominator"].__get__

SCALARS = frozenset({int, float, complex, str, bytes, bool, type(None), range, type(...)})
_ATOMS = SCALARS | {
    *(bytearray, Decimal, type, FunctionType, BuiltinFunctionType),
    *(dt.date, dt.time, dt.datetime, dt.timedelta),
}  # written in C: their comparison cannot be replaced, and asks nothing of a part the program wrote
_VIEWS: frozenset[type] = frozenset(
    {type({}.keys()), type({}.items()), type(OrderedDict().keys()), type(OrderedDict().items())}
)
_FRACTION = object()  # tells a fraction's numbers from a tuple


class ImpureError(Exception):
    """The value is not plain data."""


def pure(value: Any, depth: int = 0) -> Any:
    """Return `value` rebuilt of exact builtin types, which equals whatever the value's own content equals.

    Raises:
        ImpureError: if any part of it is an object whose comparison the program could have written.
    """
    kind = type(value)
    if kind in _ATOMS:
        return value
    if depth > MAX_DEPTH:
        raise ImpureError
    if kind is list or kind is tuple:
        return value if SCALARS.issuperset(map(type, value)) else kind(pure(item, depth + 1) for item in value)
    if kind is dict or kind is defaultdict:
        return _mapping(dict.items(value), depth)
    if kind is OrderedDict:
        return OrderedDict(_mapping(OrderedDict.items(value), depth))
    if kind is set or kind is frozenset or kind in _VIEWS:
        return _members(value, depth)
    return _derived(value, kind, depth)


def _derived(value: Any, kind: type, depth: int) -> Any:
    """Rebuild what is left: deques, fractions, and instances of derived classes by their builtin base's methods."""
    if kind is deque:
        return deque((pure(item, depth + 1) for item in value), value.maxlen)
    if kind is Fraction:
        return _fraction(_numerator(value), _denominator(value))
    for base in _mro(kind):
        read = _READ.get(base)
        if read is not None:
            return pure(read(value), depth + 1)
    raise ImpureError


def _mapping(items: Any, depth: int) -> dict[Any, Any]:
    try:
        return {pure(key, depth + 1): pure(item, depth + 1) for key, item in items}
    except TypeError:  # a key that its base's content cannot be
        raise ImpureError from None


def _members(items: Any, depth: int) -> frozenset[Any]:
    try:
        return frozenset([pure(item, depth + 1) for item in items])
    except TypeError:
        raise ImpureError from None


def _fraction(numerator: Any, denominator: Any) -> Any:
    """Return a number that equals the fraction if there is one, else its two integers, marked."""
    if type(numerator) is not int or type(denominator) is not int:
        raise ImpureError
    if denominator == 1:
        return numerator
    if numerator.bit_length() <= 53 and denominator.bit_length() <= 1000 and not denominator & (denominator - 1):
        return numerator / denominator
    return (_FRACTION, numerator, denominator)


_READ: dict[type, Any] = {
    int: lambda value: int.__add__(value, 0),
    float: lambda value: float.__mul__(value, 1.0),
    complex: lambda value: complex.__mul__(value, 1),
    str: lambda value: str.__add__(value, ""),
    bytes: lambda value: bytes.__add__(value, b""),
    list: lambda value: list.__getitem__(value, slice(None)),
    tuple: lambda value: tuple.__getitem__(value, slice(None)),
    OrderedDict: lambda value: OrderedDict((key, dict.__getitem__(value, key)) for key in OrderedDict.__iter__(value)),
    dict: lambda value: dict(dict.items(value)),
    set: lambda value: frozenset(set.__iter__(value)),
    frozenset: lambda value: frozenset(frozenset.__iter__(value)),
    deque: lambda value: deque(deque.__iter__(value)),
}


def render(value: Any, room: int = 2000) -> str:
    """Return the value's text, at most about `room` characters; the same on every machine.

    No `__repr__` of the program runs: an object that is not plain data is `<ClassName object>`.
    """
    text = _render(value, room, 0)
    return text if len(text) <= room else text[: max(room - 3, 2)] + "..."


def _render(value: Any, room: int, depth: int) -> str:
    kind = type(value)
    if kind is int and value.bit_length() > MAX_BITS:
        return f"<int of {value.bit_length()} bits>"
    if kind in SCALARS or kind is Decimal:
        long = (kind is str or kind is bytes) and len(value) > max(room, 0)
        return repr(value[: max(room, 0)]) + "..." if long else repr(value)
    if depth > 20 or room <= 0:
        return "..."
    if kind is Fraction and type(_numerator(value)) is type(_denominator(value)) is int:
        return f"Fraction({_render(_numerator(value), room, depth)}, {_render(_denominator(value), room, depth)})"
    if kind in _BRACKETS:
        return _container(value, kind, room, depth)
    return f"<{_name(kind)[:80]} object>"


_BRACKETS: dict[type, tuple[str, str]] = {
    list: ("[", "]"),
    tuple: ("(", ")"),
    dict: ("{", "}"),
    set: ("{", "}"),
    frozenset: ("frozenset({", "})"),
    OrderedDict: ("OrderedDict({", "})"),
    defaultdict: ("defaultdict({", "})"),
    Counter: ("Counter({", "})"),
    deque: ("deque([", "])"),
}


def _container(value: Any, kind: type, room: int, depth: int) -> str:
    left, right = _BRACKETS[kind]
    if not _length(value, kind):
        return "set()" if kind is set else "frozenset()" if kind is frozenset else left + right
    if kind is set or kind is frozenset:
        members = [_render(item, room, depth + 1) for item in _ordered(value)]
        return left + _joined(members, room) + right
    parts: list[str] = []
    for item in dict.items(value) if dict in _mro(kind) else value:
        if len(parts) == MAX_ITEMS or room <= 0:
            parts.append("...")
            break
        if dict in _mro(kind):
            text = f"{_render(item[0], room, depth + 1)}: {_render(item[1], room, depth + 1)}"
        else:
            text = _render(item, room, depth + 1)
        room -= len(text) + 2
        parts.append(text)
    return left + ", ".join(parts) + ("," if kind is tuple and len(parts) == 1 else "") + right


def _length(value: Any, kind: type) -> int:
    return dict.__len__(value) if dict in _mro(kind) else len(value)


def _joined(members: list[str], room: int) -> str:
    kept = members[:MAX_ITEMS]
    while len(kept) > 1 and sum(map(len, kept)) > room:
        kept = kept[: len(kept) // 2]
    return ", ".join(kept + ["..."] * (len(kept) < len(members)))


def _ordered(members: Any) -> list[Any]:
    """Put a set's members in an order that does not depend on hashes."""
    items = list(members)
    kinds = set(map(type, items))
    if kinds <= {int, float, bool} or (len(kinds) == 1 and kinds <= {str, bytes}):
        return sorted(items)
    return sorted(items, key=lambda item: (_name(type(item)), _render(item, 200, 10)))
