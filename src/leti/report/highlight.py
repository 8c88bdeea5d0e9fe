"""Python in colours: which part of a text is what. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from pygments import lex
from pygments.lexers.python import PythonLexer
from pygments.token import Comment, Keyword, Name, Number, Operator, String

if TYPE_CHECKING:
    from collections.abc import Iterable

LONGEST = 20_000
"""Characters beyond which a text stays without colours."""
KINDS = (
    (Comment, "comment"),
    (String, "string"),
    (Number, "number"),
    (Keyword, "keyword"),
    (Operator.Word, "keyword"),
    (Name.Function, "named"),
    (Name.Class, "named"),
    (Name.Builtin, "builtin"),
)
_LEXER = PythonLexer(stripnl=False, ensurenl=False)


class Span(NamedTuple):
    """Characters of one kind."""

    kind: str
    """A class of the style sheet; empty for what has no colour."""
    text: str


def coloured(lines: list[str]) -> list[tuple[Span, ...]]:
    """The spans of each line; together they are the line's text."""
    text = "\n".join(lines)
    tokens = list(lex(text, _LEXER)) if len(text) <= LONGEST else []
    if "".join(value for _, value in tokens) != text:  # it takes a byte order mark away
        return [(Span("", line),) for line in lines]
    found: list[list[Span]] = [[]]
    for token, value in tokens:
        kind = next((name for kind, name in KINDS if token in kind), "")
        first, *others = value.split("\n")
        found[-1].append(Span(kind, first))
        found += [[Span(kind, other)] for other in others]
    return [tuple(_joined(spans)) for spans in found]


def first_characters(spans: Iterable[Span], count: int) -> tuple[Span, ...]:
    """The spans of a text's first characters."""
    kept = []
    for kind, text in spans:
        kept.append(Span(kind, text[:count]))
        count -= len(text)
        if count <= 0:
            break
    return tuple(kept)


def _joined(spans: Iterable[Span]) -> list[Span]:
    """Without empty spans, and neighbours of one kind as one."""
    kept: list[Span] = []
    for kind, text in spans:
        if kept and kept[-1].kind == kind:
            kept[-1] = Span(kind, kept[-1].text + text)
        elif text:
            kept.append(Span(kind, text))
    return kept
