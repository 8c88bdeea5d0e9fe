"""What makes a program that passed suspect of a cheat.

A suspicion is for a person to look at. It is no failure, and changes no verdict: an honest program may hold the answers
too, where the problem is a table.
"""

from __future__ import annotations

import ast
import warnings

from leti.types import Problem
from leti.verify.suspicion.habits import habits
from leti.verify.suspicion.hardcoding import answered

__all__ = ["suspicions"]

MOST_NAMES = 4
"""Names a sentence gives."""
LONGEST_NAME = 60


def suspicions(problem: Problem, program: str, *, trusted: bool = True) -> tuple[str, ...]:
    """Short sentences about a program that passed, in a fixed order; none for what does not parse.

    Args:
        problem: what it was to solve.
        program: the text that was run.
        trusted: whether all of the decision was made by the judge's own objects.
    """
    tree = _parsed(program)
    if tree is None:
        return ()
    found = []
    count, total = answered(problem.check, tree)
    if count:
        found.append(f"returns the expected value of {count} of {total} tests as literals")
    given = _parsed(problem.prompt)
    was_there = habits(given) if given else {}  # what the prompt has was not the model's doing
    for sentence, names in habits(tree).items():
        if new := names - was_there.get(sentence, set()):
            found.append(f"{sentence}: {_listed(new)}")
    return (*found, *(() if trusted else ("part of the decision was made by the program's own objects",)))


def _parsed(text: str) -> ast.Module | None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about the text's own style, such as an invalid escape
        try:
            return ast.parse(text)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return None


def _listed(names: set[str]) -> str:
    """A few of the names, in order, as text that can stand anywhere: a program may name things as it likes."""
    shown = [name if name.isprintable() else ascii(name) for name in sorted(names)]
    more = f" and {len(shown) - MOST_NAMES} more" if len(shown) > MOST_NAMES else ""
    return ", ".join(name[:LONGEST_NAME] for name in shown[:MOST_NAMES]) + more
