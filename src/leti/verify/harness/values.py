"""Values as plain data: what crosses between the program's side and the judge's.

A value is *plain* when it is built of exact builtin types and a few of the standard library. An instance of a class
that derives from such a type crosses as its base's content; that of a named tuple with its names. Any other object
stays where it is, and a handle crosses.

As JSON: null, booleans, numbers, text and lists stand for themselves; everything else is an object with one key, which
names its kind. Nothing the program wrote is called to make it, and nothing but constructors of these types to read it.
"""

from __future__ import annotations

import _json
import builtins
import json
import sys
from collections import Counter, OrderedDict, defaultdict, deque, namedtuple
from functools import lru_cache
from keyword import iskeyword
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

globals()["__builtins__"] = dict(vars(builtins))

MAX_DEPTH = 200
WIDE = 1 << 1000
"""Integers beyond it are written in hexadecimal: decimal takes time that grows with the square of their length."""

MAX_FIELDS = 100
MAX_NAMED = 16
"""Kinds of named tuples in one value: each is a class that has to be made. The others arrive as tuples."""

LIBRARIES = frozenset(
    "bisect cmath collections copy datetime decimal fractions functools heapq itertools math numpy operator random re "
    "statistics string typing".split()
)
"""Modules of which a name crosses as a name: each side has its own."""

_mro = type.__dict__["__mro__"].__get__
_members = type.__dict__["__dict__"].__get__
_type_name = type.__dict__["__name__"].__get__
_builtin_types = {value: name for name, value in vars(builtins).items() if type(value) is type}
_FILLING: tuple[type, ...] = (bool, bytes, complex, dict, float, frozenset, int, list, set, str, tuple)
_FACTORIES: dict[Any, str] = {kind: kind.__name__ for kind in _FILLING}
"""What may fill a defaultdict on the other side, too."""
_MADE_BY: dict[str | None, Any] = {None: None} | {name: kind for kind, name in _FACTORIES.items()}
_SIMPLE = frozenset({str, bool, type(None), float})
_encode = _json.make_encoder(None, repr, _json.encode_basestring_ascii, None, ":", ",", False, False, True)


def text(value: Any) -> str:
    """Return JSON data as text."""
    return "".join(_encode(value, 0))


def plain(value: Any, keep: Callable[[Any], Any]) -> Any:
    """Return the JSON data that stands for `value`.

    Args:
        value: anything. What is deeper in it than MAX_DEPTH, or holds itself, is not plain.
        keep: is given each object that is not plain data; returns the handle that crosses in its place.
    """
    return _plain(value, keep, 0)


def _plain(value: Any, keep: Callable[[Any], Any], depth: int) -> Any:
    kind = type(value)
    if kind in _SIMPLE or (kind is int and -WIDE < value < WIDE):
        return value
    if depth > MAX_DEPTH:
        return keep(value)
    write = _WRITE.get(kind) or _late(kind)
    if write is not None:
        return write(value, keep, depth + 1)
    if kind is type and value in _builtin_types:
        return {"type": _builtin_types[value]}
    return _derived(value, kind, keep, depth + 1)


def _derived(value: Any, kind: type, keep: Any, depth: int) -> Any:
    if names := _names(value, kind):
        return {"named": [_type_name(kind), names, [_plain(item, keep, depth) for item in tuple.__iter__(value)]]}
    for base in _mro(kind):
        read = _READ.get(base)
        if read is not None:
            return _plain(read(value), keep, depth)
    return keep(value)


def _names(value: Any, kind: type) -> list[str]:
    """Return the names of a named tuple's items; none if it is none, or one with names that others could not have."""
    if not issubclass(kind, tuple):
        return []
    found = next((fields for base in _mro(kind) if (fields := _members(base).get("_fields")) is not None), None)
    if type(found) is not tuple or not found or tuple.__len__(value) != len(found):
        return []
    words = [_type_name(kind), *found]
    return list(found) if _are_names(words) and len(set(found)) == len(found) <= MAX_FIELDS else []


def _are_names(words: list[Any]) -> bool:
    return all(type(w) is str and len(w) < 100 and w.isidentifier() and not iskeyword(w) and w[0] != "_" for w in words)


def _items(name: str) -> Callable[[Any, Any, int], Any]:
    def _write(value: Any, keep: Any, depth: int) -> Any:
        return {name: [_plain(item, keep, depth) for item in value]}

    return _write


def _pairs(name: str) -> Callable[[Any, Any, int], Any]:
    def _write(value: Any, keep: Any, depth: int) -> Any:
        return {name: [[_plain(key, keep, depth), _plain(item, keep, depth)] for key, item in dict.items(value)]}

    return _write


def _list(value: Any, keep: Any, depth: int) -> Any:
    return value if _SIMPLE.issuperset(map(type, value)) else [_plain(item, keep, depth) for item in value]


def _late(kind: type) -> Any:
    """Return how a value is written whose type stands in a module that few programs load."""
    for home, writers in _LATE.items():
        module = vars(sys.modules.get(home, builtins))
        for name, write in writers.items():
            if module.get(name) is kind:
                return write
    return None


def _fraction(value: Any, keep: Any, _: int) -> Any:
    parts = value._numerator, value._denominator  # noqa: SLF001 - an exact Fraction; its public ones are properties
    if type(parts[0]) is not int or type(parts[1]) is not int or parts[1] < 1:
        return keep(value)
    return {"fraction": [hex(part) for part in parts]}


def _moment(name: str) -> Callable[[Any, Any, int], Any]:
    def _write(value: Any, keep: Any, _: int) -> Any:
        if getattr(value, "tzinfo", None) not in (None, sys.modules["datetime"].timezone.utc):
            return keep(value)
        return {name: [value.isoformat(), getattr(value, "fold", 0)]}

    return _write


_LATE: dict[str, dict[str, Any]] = {
    "decimal": {"Decimal": lambda value, *_: {"Decimal": str(value)}},
    "fractions": {"Fraction": _fraction},
    "datetime": {
        "date": _moment("date"),
        "time": _moment("time"),
        "datetime": _moment("datetime"),
        "timedelta": lambda value, *_: {"timedelta": [value.days, value.seconds, value.microseconds]},
    },
}

_WRITE: dict[type, Any] = {
    int: lambda value, *_: {"int": hex(value)},
    list: _list,
    tuple: _items("tuple"),
    set: _items("set"),
    frozenset: _items("frozenset"),
    dict: _pairs("dict"),
    defaultdict: lambda value, keep, depth: {
        "defaultdict": [
            [[_plain(k, keep, depth), _plain(v, keep, depth)] for k, v in dict.items(value)],
            _FACTORIES.get(value.default_factory) if type(value.default_factory) is type else None,
        ]
    },
    Counter: _pairs("Counter"),
    OrderedDict: lambda value, keep, depth: {
        "OrderedDict": [[_plain(k, keep, depth), _plain(v, keep, depth)] for k, v in OrderedDict.items(value)]
    },
    deque: lambda value, keep, depth: {"deque": [[_plain(item, keep, depth) for item in value], value.maxlen]},
    type({}.keys()): _items("keys"),
    type({}.items()): _items("items"),
    type({}.values()): _items("values"),
    type(OrderedDict().keys()): _items("keys"),
    type(OrderedDict().items()): _items("items"),
    type(OrderedDict().values()): _items("values"),
    bytes: lambda value, *_: {"bytes": value.hex()},
    bytearray: lambda value, *_: {"bytearray": value.hex()},
    complex: lambda value, *_: {"complex": [value.real, value.imag]},
    range: lambda value, *_: {"range": [hex(value.start), hex(value.stop), hex(value.step)]},
    slice: lambda value, keep, depth: {
        "slice": [_plain(part, keep, depth) for part in (value.start, value.stop, value.step)]
    },
    type(...): lambda *_: {"ellipsis": None},
}

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
    set: lambda value: set(set.__iter__(value)),
    frozenset: lambda value: frozenset(frozenset.__iter__(value)),
    deque: lambda value: deque(deque.__iter__(value)),
}
"""What an instance of a derived class is read as: its content, by the base's own methods."""


class MalformedError(Exception):
    """It is not what `plain` writes."""


def rebuilt(data: str, handle: Callable[[Any], Any]) -> Any:
    """Return the value that `plain` made the text of; safe on any text.

    Args:
        data: JSON.
        handle: is given what `keep` returned under the key "handle"; returns the object that stands for it.

    Raises:
        MalformedError: if it is not such a text.
    """
    named: dict[tuple[str, ...], Any] = {}

    def hook(pairs: list[tuple[str, Any]]) -> Any:
        if len(pairs) != 1:
            raise MalformedError(f"{len(pairs)} keys")
        kind, content = pairs[0]
        if kind == "named":
            return _named(content, named)
        return handle(content) if kind == "handle" else _MAKE[kind](content)

    try:
        return json.loads(data, object_pairs_hook=hook) if "{" in data else json.loads(data)
    except (ValueError, TypeError, KeyError, ArithmeticError, RecursionError, AttributeError, IndexError) as error:
        raise MalformedError(f"{type(error).__name__}: {error}") from None


def _named(content: Any, known: dict[tuple[str, ...], Any]) -> Any:
    """Return a named tuple, of the same class for the same names."""
    name, names, items = content
    if not _are_names([name, *names]) or len(names) > MAX_FIELDS:
        raise MalformedError("names that a named tuple cannot have")
    key = (name, *names)
    if key not in known:
        if len(known) == MAX_NAMED:
            return tuple(items)
        known[key] = _class_of(key)
    return known[key](*items)


@lru_cache(64)
def _class_of(words: tuple[str, ...]) -> Any:
    return namedtuple(words[0], words[1:])  # noqa: PYI024 - its fields are not known before


def _keyed(kind: Callable[[Any], Any]) -> Callable[[Any], Any]:
    return lambda content: kind([(key, item) for key, item in content])


def _made(home: str, name: str) -> Any:
    return getattr(__import__(home), name)


_MAKE: dict[str, Callable[[Any], Any]] = {
    "int": lambda content: int(content, 16),
    "tuple": tuple,
    "set": set,
    "frozenset": frozenset,
    "dict": _keyed(dict),
    "defaultdict": lambda content: defaultdict(_MADE_BY[content[1]], [(key, item) for key, item in content[0]]),
    "Counter": _keyed(lambda pairs: Counter(dict(pairs))),
    "OrderedDict": _keyed(OrderedDict),
    "deque": lambda content: deque(content[0], content[1]),
    "keys": lambda content: dict.fromkeys(content).keys(),
    "items": lambda content: dict(content).items(),
    "values": lambda content: dict(enumerate(content)).values(),
    "bytes": bytes.fromhex,
    "bytearray": bytearray.fromhex,
    "complex": lambda content: complex(content[0], content[1]),
    "range": lambda content: range(*(int(part, 16) for part in content)),
    "slice": lambda content: slice(content[0], content[1], content[2]),
    "iterator": iter,
    "ellipsis": lambda _: ...,
    "Decimal": lambda content: _made("decimal", "Decimal")(str(content)),
    "fraction": lambda content: _made("fractions", "Fraction")(int(content[0], 16), int(content[1], 16)),
    "date": lambda content: _made("datetime", "date").fromisoformat(content[0]),
    "time": lambda content: _made("datetime", "time").fromisoformat(content[0]).replace(fold=content[1]),
    "datetime": lambda content: _made("datetime", "datetime").fromisoformat(content[0]).replace(fold=content[1]),
    "timedelta": lambda content: _made("datetime", "timedelta")(*content),
    "type": lambda content: {name: value for value, name in _builtin_types.items()}[content],
}
