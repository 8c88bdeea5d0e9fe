"""Whether a program holds the answers: the expected values of the tests, as literals, next to the tests' inputs."""

from __future__ import annotations

import ast
import warnings
from collections.abc import Hashable, Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from leti.types import Calls, Check, Streams

Pair = tuple[frozenset[Hashable], Hashable]
"""What a program compares with, and the literal it gives then."""
SHORTEST_TEXT = 3
LARGEST_DIGIT = 9
"""Shorter texts and smaller numbers stand in honest programs by chance, such as where a recursion ends."""


@dataclass(frozen=True)
class Case:
    """One test that can be read."""

    inputs: frozenset[Hashable]
    """What a program may compare with to know the test: an argument, its length or text, or all of them together."""
    expected: Hashable


def answered(check: Check, tree: ast.Module) -> int:
    """How many tests of a check a program answers by a literal; 0 where that is less than half of them."""
    try:
        cases = _cases(check)
        found = _found(cases, tree)
    except RecursionError:  # nested so deep that nobody wrote it as a table
        return 0
    return len(found) if len(found) >= max(min(2, check.count), check.count / 2) else 0
