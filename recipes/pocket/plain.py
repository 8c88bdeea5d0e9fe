"""Exercises whose only difficulty is the function's name: one line about one number.

The corpus has them so that the base learns to copy names; the benchmark has some as a second family of problems, which
no run trains on: what is forgotten there was forgotten by the way.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from grammar import free_name

if TYPE_CHECKING:
    from collections.abc import Callable
    from random import Random

# (words, body, what it gives).
BODIES: tuple[tuple[str, str, Callable[[int, int], object]], ...] = (
    ("plus {k}", "x + {k}", lambda x, k: x + k),
    ("minus {k}", "x - {k}", lambda x, k: x - k),
    ("times {k}", "x * {k}", lambda x, k: x * k),
    ("modulo {k}", "x % {k}", lambda x, k: x % k),
    ("in a list", "[x]", lambda x, _: [x]),
    ("as a string", "str(x)", lambda x, _: str(x)),
    ("squared", "x ** 2", lambda x, _: x**2),
)
SENTENCES = ("Return the number {}.", "Write a function to get a number {}.")


@dataclass(frozen=True)
class Plain:
    """One exercise, solved."""

    text: str
    tests: list[str]
    program: str


def plain(pieces: list[str], rng: Random, tests: int = 1) -> Plain:
    """Return an exercise with so many asserts, of which no two expect the same."""
    name, k = free_name(pieces, rng), rng.randint(max(2, tests), 9)  # modulo k has k answers
    words, body, value = rng.choice(BODIES)
    text = rng.choice(SENTENCES).format(words.format(k=k))
    found: dict[str, str] = {}
    while len(found) < tests:
        x = rng.randint(1, 30)
        expected = repr(value(x, k))
        found.setdefault(expected, f"assert {name}({x}) == {expected}")
    return Plain(text, list(found.values()), f"def {name}(x):\n    return {body.format(k=k)}\n")
