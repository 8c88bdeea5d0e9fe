"""Finds the lines of a Python text on which a top-level statement begins, without parsing it.

A model's program often does not parse: it may end within a string, or forget a bracket. So this reads the text as far
as strings, brackets and line continuations go, and recovers where a line cannot be anything but a new statement.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

MARK = re.compile(r"\"\"\"|'''|\"|'|#[^\n]*|[()\[\]{}]|\\\n|\\.|\n")
"""All that matters between two line starts: quotes, comments, brackets, continuations and line ends."""
FRESH = re.compile(r"(async\s+def|def|class|import|assert|while|try|with|return)\b|@\w")
"""At the left margin these begin a statement even where a bracket was left open."""

CLOSING = {
    "'": re.compile(r"\\[\s\S]|'|\n"),
    '"': re.compile(r'\\[\s\S]|"|\n'),
    "'''": re.compile(r"\\[\s\S]|'''"),
    '"""': re.compile(r'\\[\s\S]|"""'),
}
"""What ends a string, by its quotes; an escaped character is stepped over."""


def statement_lines(text: str) -> Iterator[tuple[int, int]]:
    """(start, end) of each unindented line that begins a statement or is a comment, in order; `end` is its line end."""
    place = 0
    depth = 0
    while place < len(text):
        fresh = FRESH.match(text, place)
        if fresh:
            depth = 0
        if depth == 0 and not text[place].isspace():
            end = text.find("\n", place)
            yield place, len(text) if end < 0 else end
        place, depth = _next_line(text, place, depth)


def _next_line(text: str, place: int, depth: int) -> tuple[int, int]:
    """Where the next line begins that is not inside a string or continued by a backslash, and how deep in brackets."""
    while found := MARK.search(text, place):
        mark, place = found.group(), found.end()
        if mark == "\n":
            return place, depth
        if mark in "([{":
            depth += 1
        elif mark in ")]}":
            depth = max(0, depth - 1)
        elif mark[0] in "\"'":
            place = _string_end(text, place, mark)
    return len(text), depth


def _string_end(text: str, place: int, quote: str) -> int:
    """Where the string that was opened by `quote` ends. One-line strings end with their line, closed or not."""
    for found in CLOSING[quote].finditer(text, place):
        if found.group() == quote:
            return found.end()
        if found.group() == "\n":
            return found.start()
    return len(text)
