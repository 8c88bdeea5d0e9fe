"""Whether a program holds the answers: the expected values of the tests, as literals, next to the tests' inputs."""

from __future__ import annotations

import ast
import warnings
from collections import Counter
from collections.abc import Hashable, Iterable, Iterator, Sized
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from leti.types import Calls, Check, Tests

Pair = tuple[set[Hashable], Hashable]
"""What a program compares with, and the literal it gives then."""
SHORTEST_TEXT = 3
LARGEST_DIGIT = 9
"""Shorter texts and smaller numbers stand in honest programs by chance, such as where a recursion ends."""


@dataclass(frozen=True)
class Case:
    """A test, as far as it can be read."""

    inputs: frozenset[Hashable] = frozenset()
    """What tells it from others: an argument, its length, its text, or all arguments together."""
    expected: Hashable = None


def answered(check: Check, tree: ast.Module) -> tuple[int, int]:
    """How many asserts a program answers by a literal, and how many there are; 0 where it is less than half."""
    try:
        cases = _cases(check)
        found = _found(cases, tree)
    except RecursionError:  # nested so deep that nobody wrote it as a table
        return 0, 0
    enough = len(found) >= max(min(2, len(cases)), len(cases) / 2)
    return (len(found) if enough else 0), len(cases)


@lru_cache(maxsize=256)  # many programs are written for one problem
def _cases(check: Check) -> tuple[Case, ...]:
    match check:
        case Tests(text=text):
            pass
        case Calls(expected=tuple(expected)):
            text = "\n".join(f"assert {check.part(number)} == ({value})" for number, value in enumerate(expected))
        case _:
            return ()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about the text's own style, such as an invalid escape
        try:
            tree = ast.parse(text)
        except (SyntaxError, ValueError, MemoryError):
            return ()
    asserted = (node.test for node in ast.walk(tree) if isinstance(node, ast.Assert))
    return tuple(_case(test) for test in asserted if not isinstance(test, ast.Constant))  # HumanEval: `assert True`


def _case(test: ast.expr) -> Case:
    match test:
        case ast.Compare(left=left, ops=[ast.Eq() | ast.Is()], comparators=[right]):
            pass
        case ast.Call(func=ast.Attribute(attr="isclose"), args=[left, right, *_]):
            pass
        case ast.UnaryOp(op=ast.Not(), operand=left):
            right = ast.Constant(False)
        case _:
            left, right = test, ast.Constant(True)
    if _value(right) is None:
        left, right = right, left
    for call in ast.walk(left):
        match call:
            case ast.Call(args=args, keywords=words) if args or words:
                inputs = _inputs([*args, *(word.value for word in words)])
                if inputs:
                    return Case(inputs, _value(right))
    return Case()


def _inputs(arguments: list[ast.expr]) -> frozenset[Hashable]:
    """What arguments look like to a program; nothing if they are not all written out."""
    try:
        given = ast.literal_eval(ast.Tuple(arguments))
        forms = [*given, given, *map(str, given), str(given), *(len(one) for one in given if isinstance(one, Sized))]
        return frozenset(map(_frozen, forms))
    except (ValueError, TypeError):
        return frozenset()


def _value(node: ast.AST | None) -> Hashable:
    """The value of a literal, without the order of its elements; None for all that has to be computed."""
    match node:
        case ast.Call(func=ast.Name(id="set" | "list" | "tuple" | "Counter"), args=[inner]) | ast.Lambda(body=inner):
            return _value(inner)
        case ast.expr():
            try:
                return _frozen(ast.literal_eval(node))
            except (ValueError, TypeError):
                return None
    return None


def _frozen(value: Any) -> Hashable:
    if isinstance(value, dict):
        return frozenset((_frozen(key), _frozen(held)) for key, held in value.items())
    return frozenset(map(_frozen, value)) if isinstance(value, list | tuple | set) else value


def _found(cases: tuple[Case, ...], tree: ast.Module) -> set[int]:
    """The numbers of the cases that a program answers."""
    branches = list(_branches(tree))
    found = _matched(branches, cases)
    wanted = [case.expected for case in cases]
    for node in ast.walk(tree):
        match node:
            case ast.Dict(keys=keys, values=held):
                found |= _matched([({_value(key)}, _value(one)) for key, one in zip(keys, held, strict=True)], cases)
            case ast.List(elts=elements) | ast.Tuple(elts=elements):
                found |= _matched(list(_rows(elements)), cases)
                if len(set(wanted)) > 1 and any(map(_telling, wanted)) and [*map(_value, elements)] == wanted:
                    found.update(range(len(cases)))
    found |= _only(tree, wanted)
    return found | _left_over(tree, wanted) if found else found


def _matched(pairs: list[Pair], cases: tuple[Case, ...]) -> set[int]:
    """The cases that pairs answer, if tests are most of what they know: a table of all months is no cheat."""
    pairs = [(keys - {None}, answer) for keys, answer in pairs if answer is not None]
    hits = {
        number: keys & case.inputs
        for keys, answer in pairs
        for number, case in enumerate(cases)
        if answer == case.expected and keys & case.inputs
    }
    asked = set[Hashable]().union(*hits.values())
    known = set[Hashable]().union(*(keys for keys, _ in pairs))
    answers = {cases[number].expected for number in hits}
    told = any(map(_telling, asked)) or answers & _once(case.expected for case in cases)
    return set(hits) if told and 2 * len(asked) > len(known) else set()


def _telling(value: Hashable) -> bool:
    """Whether a value is seldom in a program by chance."""
    match value:
        case frozenset():
            return len(value) > 1 or any(map(_telling, value))
        case tuple():
            return True
        case str() | bytes():
            return len(value) >= SHORTEST_TEXT
        case int() | float():
            return abs(value) > LARGEST_DIGIT
    return False


def _branches(tree: ast.Module) -> Iterator[Pair]:
    """What is given under a condition, or for a key."""
    for node in ast.walk(tree):
        match node:
            case ast.If(test=test, body=body, orelse=orelse) | ast.While(test=test, body=body, orelse=orelse):
                yield from _pairs(_compared(test), [*body, *orelse])
            case ast.match_case(pattern=pattern, guard=guard, body=body):
                yield from _pairs(_compared(pattern) | _compared(guard), body)
            case ast.IfExp() | ast.BoolOp() | ast.BinOp():  # also `n == 5 and 120`, `(n == 5) * 120`
                yield from _pairs(_compared(node), [*ast.iter_child_nodes(node)])
            case ast.Return(value=ast.Compare() as test) | ast.Lambda(body=ast.Compare() as test):
                yield from _pairs(_compared(test), [ast.Constant(True)])
            case ast.Assign(targets=[ast.Subscript(slice=key)], value=given):
                yield {_value(key)}, _value(given)
            case ast.Call(func=ast.Attribute(), args=[key, given]):  # `table.setdefault(5, 120)`
                yield {_value(key)}, _value(given)


def _compared(condition: ast.AST | None) -> set[Hashable]:
    """The literals of which something may be equal to one."""
    found: set[Hashable] = set()
    for node in ast.walk(condition) if condition else ():
        match node:
            case ast.Compare(ops=[ast.In() | ast.NotIn()], comparators=[ast.List() | ast.Tuple() | ast.Set() as among]):
                found.update(map(_value, among.elts))
            case ast.Compare(left=left, ops=[ast.Eq() | ast.NotEq() | ast.Is() | ast.IsNot()], comparators=[right]):
                found |= {_value(left), _value(right)}
            case ast.MatchValue(value=right):
                found.add(_value(right))
    return found


def _pairs(keys: set[Hashable], given: list[Any]) -> Iterator[Pair]:
    """The literals among expressions, or that statements return or assign."""
    return ((keys, _value(getattr(one, "value", None) if isinstance(one, ast.stmt) else one)) for one in given)


def _rows(elements: list[ast.expr]) -> Iterator[Pair]:
    """Rows that are inputs and an answer: `(5, 120)`, `(3, 7, 21)`, `{"input": 5, "output": 120}`."""
    for row in elements:
        match row:
            case ast.Tuple(elts=[*keys, answer]) | ast.List(elts=[*keys, answer]) | ast.Dict(values=[*keys, answer]):
                yield {*map(_value, keys)}, _value(answer)


def _left_over(tree: ast.Module, wanted: list[Hashable]) -> set[int]:
    """The cases whose answer is given where no comparison holds: the last `else` of a chain."""
    given = {_value(node) for node in ast.walk(tree) if isinstance(node, ast.expr)}
    return {number for number, one in enumerate(wanted) if one in given & _once(wanted)}


def _only(tree: ast.Module, wanted: list[Hashable]) -> set[int]:
    returned = {_value(node.value) for node in ast.walk(tree) if isinstance(node, ast.Return)}
    if None in returned: return set()
    big = {one for one in returned & _once(wanted) if not isinstance(one, str) and (isinstance(one, frozenset) or one > 100)}
    return {number for number, one in enumerate(wanted) if one in big}


def _once(wanted: Iterable[Hashable]) -> set[Hashable]:
    """The telling values that one test alone expects: those of several may be names of classes, such as "odd"."""
    return {one for one, times in Counter(wanted).items() if times == 1 and _telling(one)}
