"""Values that stand in code as they are, in a form in which equal values are equal.

A list and a tuple of the same elements are one value here: a test often says `[1, 2]` where the program says `(1, 2)`.
"""

from __future__ import annotations

import ast
import warnings
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any

Value = tuple[str, Any]
"""("atom", a number, text or the like), ("row", values), ("set", values), ("map", pairs), ("made", name and values);
("said", a value) is the text of a value."""

NO_NAMES: Mapping[str, Value] = MappingProxyType({})
LONGEST_RANGE = 1000
_ROWS = frozenset({"list", "tuple", "deque", "array"})
_SETS = frozenset({"set", "frozenset"})
_MAPS = frozenset({"dict", "OrderedDict", "Counter", "defaultdict"})
_MADE = frozenset({"float", "Decimal", "Fraction", "complex", "date", "datetime", "timedelta", "bytes", "bytearray"})
_COUNTED = frozenset({"range", "zip", "enumerate"})
_BUILDERS = _ROWS | _SETS | _MAPS | _MADE | _COUNTED


def parsed(text: str) -> ast.Module | None:
    """The tree of a text; None for what does not parse."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about the text's own style, such as an invalid escape
        try:
            return ast.parse(text)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return None


def value(node: ast.expr, names: Mapping[str, Value] = NO_NAMES) -> Value | None:
    """The value of an expression that is one as it stands; None for everything that has to be computed.

    Args:
        node: the expression.
        names: what is known of names.

    Raises:
        RecursionError: it is nested beyond the interpreter's depth.
    """
    found: Value | None = None
    match node:
        case ast.Constant(value=constant):
            found = ("atom", constant)
        case ast.Name(id=name):
            found = names.get(name)
        case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int() | float() | complex() as number)):
            found = ("atom", -number)
        case ast.List(elts=parts) | ast.Tuple(elts=parts):
            found = _gathered("row", parts, names)
        case ast.Set(elts=parts):
            found = _gathered("set", parts, names)
        case ast.Dict(keys=keys, values=values):
            found = _mapping(keys, values, names)
        case ast.Call(keywords=[]):
            found = _built(node, names)
    return found


def elements(whole: Value) -> tuple[Value, ...]:
    """What a row or a text consists of, in order; nothing for all else."""
    kind, content = whole
    if kind == "row":
        return tuple(content)
    if kind == "atom" and isinstance(content, str):
        return tuple(("atom", letter) for letter in content)
    return ()


def atoms(whole: Value) -> Iterator[Any]:
    """The numbers and texts a value is made of."""
    kind, content = whole
    if kind == "atom":
        yield content
    elif kind == "map":
        for key, held in content:
            yield from atoms(key)
            yield from atoms(held)
    elif kind == "made":
        yield from atoms(("row", content[1]))
    elif kind == "said":
        yield from atoms(content)
    else:
        for part in content:
            yield from atoms(part)


def as_set(whole: Value) -> Value:
    """A row without its order, and without repetitions: what a test sees that compares sets."""
    return ("set", frozenset(whole[1])) if whole[0] == "row" else whole


def _gathered(kind: str, parts: list[ast.expr], names: Mapping[str, Value]) -> Value | None:
    found = []
    for part in parts:
        one = value(part, names)
        if one is None:
            return None
        found.append(one)
    return (kind, tuple(found) if kind == "row" else frozenset(found))


def _mapping(keys: list[ast.expr | None], values: list[ast.expr], names: Mapping[str, Value]) -> Value | None:
    plain = [key for key in keys if key is not None]
    if len(plain) < len(keys):  # `**other`
        return None
    left, right = _gathered("row", plain, names), _gathered("row", values, names)
    return None if left is None or right is None else ("map", frozenset(zip(left[1], right[1], strict=True)))


def _built(node: ast.Call, names: Mapping[str, Value]) -> Value | None:
    """A container made of a literal: `set([1, 2])`, `Counter({...})`, `zip((1, 2), (3, 4))`."""
    name = called(node)
    if name not in _BUILDERS:
        return None
    given = _gathered("row", node.args, names)
    if given is None:
        return None
    if name in _MADE:
        return ("made", (name, given[1]))
    return _counted(name, given[1]) if name in _COUNTED else _container(name, given[1])


def _container(name: str, given: tuple[Value, ...]) -> Value | None:
    if len(given) > 1:
        return None
    start = given[0] if given else ("map", frozenset()) if name in _MAPS else ("row", ())
    if name in _MAPS:
        return start if start[0] == "map" else None
    if start[0] == "set":
        return start if name in _SETS else None
    return ("row", elements(start)) if name in _ROWS else ("set", frozenset(elements(start)))


def _counted(name: str, given: tuple[Value, ...]) -> Value | None:
    """What a loop over tests runs through."""
    if name == "range":
        return _range([content for _, content in given])
    rows = list(map(elements, given))
    if name == "enumerate":
        rows.insert(0, tuple(("atom", number) for number in range(len(rows[0]) if rows else 0)))
    return ("row", tuple(("row", row) for row in zip(*rows, strict=False)))


def _range(bounds: list[Any]) -> Value | None:
    if not 1 <= len(bounds) <= 3 or not all(type(bound) is int for bound in bounds) or bounds[2:] == [0]:
        return None
    numbers = range(*bounds)[: LONGEST_RANGE + 1]
    return ("row", tuple(("atom", number) for number in numbers)) if len(numbers) <= LONGEST_RANGE else None


def called(node: ast.Call) -> str:
    """The last name of what is called, as in `math.isclose`; empty where it has none."""
    match node.func:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
    return ""
