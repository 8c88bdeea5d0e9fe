"""Whether a value that was returned is the expected one. Both are plain data: no code of a program has a say."""

from __future__ import annotations

import math
from collections import deque
from decimal import Decimal
from fractions import Fraction
from typing import Any

RELATIVE = 1e-7  # of the expected number, where numbers may be off at all and one is a fraction
_NUMBERS = (int, float, complex, Decimal, Fraction)
_ROWS = (list, tuple)
_SETS: tuple[type[Any], ...] = (set, type({}.keys()), type({}.items()))
_MEMBERS: tuple[type, ...] = (list, tuple, set, frozenset, deque, type({}.keys()), type({}.items()), type({}.values()))


def same(got: Any, expected: Any, *, tolerance: float) -> bool:
    """Return whether two values are equal, or differ only in numbers that are near each other.

    Not-a-number is the same as not-a-number: a program that returns it where it is expected is right.

    Args:
        got: what was returned.
        expected: what should have been.
        tolerance: how far a number may be off; with 0 not at all.
    """
    if got is expected or bool(got == expected):
        return True
    if isinstance(expected, _ROWS) and isinstance(got, list if isinstance(expected, list) else tuple):
        pairs = zip(got, expected, strict=False)
        return len(got) == len(expected) and all(same(one, other, tolerance=tolerance) for one, other in pairs)
    if isinstance(expected, dict) and isinstance(got, dict):
        near = [same(got[key], value, tolerance=tolerance) for key, value in expected.items() if key in got]
        return len(got) == len(expected) == sum(near)
    if isinstance(got, _NUMBERS) and isinstance(expected, _NUMBERS):
        return _near(got, expected, tolerance)
    return False


def _near(got: Any, expected: Any, tolerance: float) -> bool:
    if isinstance(got, float) and isinstance(expected, float) and math.isnan(got):
        return math.isnan(expected)
    if not tolerance:
        return False
    try:
        room = tolerance
        if isinstance(got, (float, complex)) or isinstance(expected, (float, complex)):
            room += RELATIVE * abs(expected)
        return room < math.inf and bool(abs(got - expected) <= room)
    except (ArithmeticError, TypeError, ValueError):  # too large for a fraction, or kinds that do not mix
        return False


def same_members(got: Any, expected: Any) -> bool:
    """Return whether two values hold the same members, in whatever order and however often."""
    if not all(issubclass(type(value), _MEMBERS) for value in (got, expected)):
        return False
    return set(map(_hashable, got)) == set(map(_hashable, expected))


def _hashable(value: Any) -> Any:
    """Return what is equal for equal values, and can stand in a set."""
    if isinstance(value, dict):
        return "dict", frozenset((key, _hashable(item)) for key, item in value.items())
    if isinstance(value, list):
        return "list", tuple(map(_hashable, value))
    if isinstance(value, tuple):
        return tuple(map(_hashable, value))
    if isinstance(value, deque):
        return "deque", tuple(map(_hashable, value))
    if isinstance(value, bytearray):
        return bytes(value)
    return frozenset(map(_hashable, value)) if isinstance(value, _SETS) else value
