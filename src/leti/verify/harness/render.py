"""Values as text: bounded, and the same on every machine.

Only plain data is looked into. No `__repr__` of the program is ever asked: its objects are not on this side.
"""

from __future__ import annotations

from collections import Counter, OrderedDict, defaultdict, deque
from decimal import Decimal
from fractions import Fraction
from typing import Any

from .remote import Remote, class_name

MAX_ITEMS = 200
MAX_BITS = 1000
SCALARS = frozenset({int, float, complex, str, bytes, bool, type(None), range, type(...)})


def render(value: Any, room: int = 2000) -> str:
    """Return the value's text, at most about `room` characters; the same on every machine.

    An object of the program is `<ClassName object>`.
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
    if kind is Fraction:
        return f"Fraction({_render(value.numerator, room, depth)}, {_render(value.denominator, room, depth)})"
    if kind in _BRACKETS:
        return _container(value, kind, room, depth)
    return _object(value, kind, room, depth)


def _object(value: Any, kind: type, room: int, depth: int) -> str:
    if issubclass(kind, tuple):  # with names: no other derived class crosses
        named = [f"{name}={_render(item, room, depth + 1)}" for name, item in zip(value._fields, value, strict=True)]
        return f"{kind.__name__}({', '.join(named)})"
    return f"<{(class_name(value) if kind is Remote else kind.__name__)[:80]} object>"


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
    for item in dict.items(value) if issubclass(kind, dict) else value:
        if len(parts) == MAX_ITEMS or room <= 0:
            parts.append("...")
            break
        if issubclass(kind, dict):
            text = f"{_render(item[0], room, depth + 1)}: {_render(item[1], room, depth + 1)}"
        else:
            text = _render(item, room, depth + 1)
        room -= len(text) + 2
        parts.append(text)
    return left + ", ".join(parts) + ("," if kind is tuple and len(parts) == 1 else "") + right


def _length(value: Any, kind: type) -> int:
    return dict.__len__(value) if issubclass(kind, dict) else len(value)


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
    return sorted(items, key=lambda item: (type(item).__name__, _render(item, 200, 10)))
