"""Where a program has literals next to each other: what is compared with one, and what is given then."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain

from leti.verify.suspicion.cases import inner
from leti.verify.suspicion.literals import Value, called, elements, parsed, value

Keys = tuple[frozenset[Value], ...]
"""What holds where a value is given: for each comparison the literals of which one is equal."""
MOST_ROWS = 20
LONGEST_ROW = 100
"""Rows up to here are laid side by side: that takes the square of their number."""
DEEPEST_TABLE = 4
LONGEST_KEY = 2000
"""Characters of a text that is read as a value."""
_OPENS = "-([{'\"0123456789"
_TRUE, _FALSE = ("atom", True), ("atom", False)


@dataclass(frozen=True, slots=True)
class Link:
    """A literal that the program gives where its keys hold; without keys: whatever it compares."""

    keys: Keys
    value: Value


def branches(body: Iterable[ast.stmt], keys: Keys, *, known: Mapping[str, Value]) -> Iterator[Link]:
    """What statements return, yield or assign, under the comparisons that hold there."""
    for statement in body:
        match statement:
            case ast.If(test=test) | ast.While(test=test):
                yield from branches(statement.body, (*keys, *_condition(test)), known=known)
                yield from branches(statement.orelse, (*keys, *_condition(test, holds=False)), known=known)
            case ast.Match():
                for case in statement.cases:
                    guard = () if case.guard is None else _condition(case.guard)
                    yield from branches(case.body, (*keys, *_pattern(case.pattern), *guard), known=known)
            case ast.Return(value=ast.expr() as given) | ast.Expr(value=ast.Yield(value=ast.expr() as given)):
                yield from outputs(given, keys, known=known)
            case ast.Assign(value=given) | ast.AugAssign(value=given) | ast.AnnAssign(value=ast.expr() as given):
                yield from outputs(given, keys, known=known)
            case _:
                for block in inner(statement):
                    yield from branches(block, keys, known=known)


def outputs(given: ast.expr, keys: Keys, *, known: Mapping[str, Value]) -> Iterator[Link]:
    """The literals an expression may give."""
    literal = value(given, known)
    if literal is not None:
        yield Link(keys, literal)
        return
    match given:
        case ast.IfExp(test=test, body=body, orelse=orelse):
            yield from outputs(body, (*keys, *_condition(test)), known=known)
            yield from outputs(orelse, (*keys, *_condition(test, holds=False)), known=known)
        case ast.BoolOp() | ast.BinOp():
            yield from _operands(given, keys, known)
        case ast.Compare():
            for holds, answer in ((True, _TRUE), (False, _FALSE)):
                compared = _condition(given, holds=holds)
                if compared:
                    yield Link((*keys, *compared), answer)
        case (
            ast.Lambda(body=inside) | ast.Call(func=ast.Attribute(attr="get" | "pop" | "setdefault"), args=[_, inside])
        ):
            yield from outputs(inside, keys, known=known)


def _operands(given: ast.BoolOp | ast.BinOp, keys: Keys, known: Mapping[str, Value]) -> Iterator[Link]:
    """`n == 5 and 120 or ...`, `(n == 5) * 120 + ...`."""
    match given:
        case ast.BoolOp(op=ast.And(), values=[*tests, last]):
            yield from outputs(last, (*keys, *chain.from_iterable(map(_condition, tests))), known=known)
        case ast.BoolOp(values=values):
            for one in values:
                yield from outputs(one, keys, known=known)
        case ast.BinOp(left=left, right=right):
            for one, other in ((left, right), (right, left)):
                if not isinstance(one, ast.Compare):  # else it is the condition of the other
                    yield from outputs(one, (*keys, *_condition(other)), known=known)


def tables(live: list[ast.stmt], known: Mapping[str, Value]) -> Iterator[list[Link]]:
    """The links of each table: dicts, rows of inputs and answers, rows side by side, entries set one by one."""
    rows: list[tuple[Value, ...]] = []
    entries: list[Link] = []
    for node in chain.from_iterable(map(ast.walk, live)):
        match node:
            case ast.Dict():
                yield list(_dict(node, (), known))
            case ast.Call(keywords=[_, *_]) if called(node) == "dict":
                yield [link for word in node.keywords for link in outputs(word.value, _named(word), known=known)]
            case ast.List() | ast.Tuple() | ast.Set():
                rows.extend(_row(node, known))
            case ast.Assign(targets=[ast.Subscript(slice=key)], value=held):
                entries.extend(outputs(held, _one(value(key, known)), known=known))
            case ast.Expr(value=ast.Call(args=[key, held], func=ast.Attribute())):
                entries.extend(outputs(held, _one(value(key, known)), known=known))
    yield entries
    yield from (list(_pairs(row)) for row in rows)
    yield from _side_by_side([row for row in rows if len(row) <= LONGEST_ROW][:MOST_ROWS])


def rows_of(live: list[ast.stmt]) -> Iterator[tuple[Value, ...]]:
    """The lists and tuples of literals, and what is yielded one by one."""
    yielded = []
    for node in chain.from_iterable(map(ast.walk, live)):
        match node:
            case ast.List() | ast.Tuple():
                yield from _row(node, {})
            case ast.Yield(value=ast.expr() as given):
                yielded.append(value(given))
    yield tuple(one for one in yielded if one is not None)


def _row(node: ast.List | ast.Tuple | ast.Set, known: Mapping[str, Value]) -> Iterator[tuple[Value, ...]]:
    """A display of literals; with dicts in it also as rows of their values: `{"input": 5, "output": 120}`."""
    if len(node.elts) < 2:
        return
    unnamed = [ast.Tuple(elts=part.values) if isinstance(part, ast.Dict) else part for part in node.elts]
    for parts in (node.elts, unnamed)[: 2 if any(isinstance(part, ast.Dict) for part in node.elts) else 1]:
        found = [value(part, known) for part in parts]
        if None not in found:
            yield tuple(one for one in found if one is not None)


def _named(word: ast.keyword) -> Keys:
    return _one(None if word.arg is None else ("atom", word.arg))


def _one(literal: Value | None) -> Keys:
    """A single key; none for what is not known, so that nothing matches it."""
    return (frozenset(),) if literal is None else (_key(literal),)


def _key(literal: Value) -> frozenset[Value]:
    """A key, and what it says if it is the text of a value: what is compared with it may be `str(x)`."""
    kind, content = literal
    if kind == "atom" and isinstance(content, str) and content[:1] in _OPENS and 0 < len(content) < LONGEST_KEY:
        match parsed(content):
            case ast.Module(body=[ast.Expr(value=written)]) if (said := value(written)) is not None:
                return frozenset((literal, ("said", said)))
    return frozenset((literal,))


def _dict(node: ast.Dict, keys: Keys, known: Mapping[str, Value]) -> Iterator[Link]:
    for key, held in zip(node.keys, node.values, strict=True):
        here = (*keys, *_one(None if key is None else value(key, known)))
        if isinstance(held, ast.Dict) and len(keys) < DEEPEST_TABLE:
            yield from _dict(held, here, known)
        yield from outputs(held, here, known=known)


def _pairs(rows: tuple[Value, ...]) -> Iterator[Link]:
    """Rows in a row, each of which is inputs and an answer."""
    for row in rows:
        parts = elements(row) if row[0] == "row" else ()
        if len(parts) > 1:
            yield Link((_key(parts[0] if len(parts) == 2 else ("row", parts[:-1])),), parts[-1])


def _side_by_side(rows: list[tuple[Value, ...]]) -> Iterator[list[Link]]:
    """Rows that are read by number, and pairs of rows of one length: inputs in one, answers in the other."""
    for row in rows:
        for first in (0, 1):
            yield [Link((frozenset((("atom", number),)),), one) for number, one in enumerate(row, first)]
        keys = [_key(one) for one in row]
        for other in rows:
            if len(other) == len(row) and other is not row:
                yield [Link((key,), right) for key, right in zip(keys, other, strict=True)]


def _condition(test: ast.expr, *, holds: bool = True) -> Keys:
    """What has to be equal to a literal for a condition to hold (or not to hold)."""
    match test:
        case ast.Compare(left=left, ops=[operator], comparators=[right]):
            return _comparison(operator, value(right) or value(left), holds=holds)
        case ast.BoolOp(op=operation, values=values):
            parts = [_condition(one, holds=holds) for one in values]
            if isinstance(operation, ast.And) == holds:
                return tuple(chain.from_iterable(parts))
            return (frozenset[Value]().union(*chain.from_iterable(parts)),) if all(parts) else ()
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            return _condition(operand, holds=not holds)
    return ()


def _comparison(operator: ast.cmpop, literal: Value | None, *, holds: bool) -> Keys:
    if literal is None:
        return ()
    if isinstance(operator, ast.Eq | ast.Is if holds else ast.NotEq | ast.IsNot):
        return (_key(literal),)
    if isinstance(operator, ast.In if holds else ast.NotIn) and literal[0] in ("row", "set"):
        return (frozenset(literal[1]),)
    return ()


def _pattern(pattern: ast.pattern) -> Keys:
    match pattern:
        case ast.MatchValue(value=written):
            literal = value(written)
            return () if literal is None else (_key(literal),)
        case ast.MatchSingleton(value=constant):
            return (frozenset((("atom", constant),)),)
        case ast.MatchOr(patterns=patterns):
            parts = list(map(_pattern, patterns))
            return (frozenset[Value]().union(*chain.from_iterable(parts)),) if all(parts) else ()
        case ast.MatchSequence(patterns=patterns):
            return _sequence(list(map(_pattern, patterns)))
        case ast.MatchAs(pattern=ast.pattern() as inside):
            return _pattern(inside)
    return ()


def _sequence(parts: list[Keys]) -> Keys:
    """One key where each place has one literal; else a key for each place that has any."""
    if all(len(part) == 1 and len(part[0]) == 1 for part in parts):
        return (frozenset((("row", tuple(one for part in parts for one in part[0])),)),)
    return tuple(chain.from_iterable(parts))
