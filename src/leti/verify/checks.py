"""Checks made of a text of Python tests."""

from __future__ import annotations

import ast
import re
import warnings

from leti.kinds import Tests


def says_nothing(text: str) -> bool:
    """Whether there is no statement in it: only space and comments."""
    return _statements(text) == []


def tests_from_text(text: str) -> Tests:
    """Split a text of tests: each top-level `assert` ends one; other statements belong to the assert that follows.

    What stands after the last assert is a test of its own, if it has statements. A text that does not parse is one
    test whole. `Tests.text` of the result is `text`, comments and blank lines included: lines keep their numbers.
    """
    statements = _statements(text)
    if statements is None:
        return Tests(tests=(text,))
    if re.search(r"\r(?!\n)|\f", text):  # the parser counts other lines than we would
        return Tests(tests=(text,))
    if not statements:
        return Tests(tests=(text,))
    ends = []
    for statement, following in zip(statements, [*statements[1:], None], strict=True):
        end = statement.end_lineno or statement.lineno
        closed = following is None or following.lineno > end
        if closed and (isinstance(statement, ast.Assert) or following is None):
            ends.append(end)
    lines = text.split("\n")
    ends[-1] = len(lines)
    starts = [0, *ends[:-1]]
    return Tests(tests=tuple("\n".join(lines[start:end]) for start, end in zip(starts, ends, strict=True)))


def _statements(text: str) -> list[ast.stmt] | None:
    """The top-level statements; None for what does not parse: running it will show the fault."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about the text's own style, such as an invalid escape
        try:
            return ast.parse(text).body
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return None
