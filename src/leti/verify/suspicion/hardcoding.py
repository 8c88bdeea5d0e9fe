"""Whether a program holds the answers: the expected values of the tests, as literals, next to the tests' inputs."""

from __future__ import annotations

import ast
import warnings
from collections import Counter
from collections.abc import Hashable, Iterable, Iterator, Sized
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from leti.kinds import Calls, Check, Tests

Pair = tuple[set[Hashable], Hashable]
"""What a program compares with, and the literal it gives then; None stands for all that is no literal."""
SHORTEST_TEXT = 3
LARGEST_DIGIT = 9
"""Shorter texts and smaller numbers stand in honest programs by chance, such as where a recursion ends."""
LARGEST_LABEL = 100
"""Up to here numbers may be the names of classes: grades, days of a month, per cent."""


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
    return len(found) if enough else 0, len(cases)


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
    left: ast.expr = test
    right: ast.expr = ast.Constant(True)
    match test:
        case ast.Compare(left=left, ops=[ast.Eq() | ast.Is()], comparators=[right]):
            pass
        case ast.Call(func=ast.Attribute(attr="isclose"), args=[left, right, *_]):
            pass
        case ast.UnaryOp(op=ast.Not(), operand=left):
            right = ast.Constant(False)
    side, expected = (left, _value(right)) if _value(left) is None else (right, _value(left))
    for call in ast.walk(side):
        if isinstance(call, ast.Call) and (inputs := _inputs(call)):
            return Case(inputs, expected)
    return Case()


def _inputs(call: ast.Call) -> frozenset[Hashable]:
    """What the arguments look like to a program; nothing if they are not all written out."""
    arguments = [*call.args, *(word.value for word in call.keywords)]
    try:
        given = ast.literal_eval(ast.Tuple(arguments))
        forms = [*given, given, *map(str, given), str(given), *(len(one) for one in given if isinstance(one, Sized))]
        return frozenset(map(_frozen, forms)) - {None} if given else frozenset()
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


def _telling(value: Hashable) -> bool:
    """Whether a value is seldom in a program by chance."""
    match value:
        case frozenset() | tuple():
            return len(value) > 1 or any(map(_telling, value))
        case str() | bytes():
            return len(value) >= SHORTEST_TEXT
        case int() | float():
            return abs(value) > LARGEST_DIGIT
    return False


def _found(cases: tuple[Case, ...], tree: ast.Module) -> set[int]:
    """The numbers of the cases that a program answers."""
    top = [one for one in tree.body if not isinstance(one, ast.For | ast.If | ast.Assert)]  # it checks itself there
    nodes = [node for statement in top for node in ast.walk(statement)]
    wanted = [case.expected for case in cases]
    # What several tests expect may be the name of a class, such as "odd".
    once = {one for one, times in Counter(wanted).items() if times == 1 and _telling(one)}
    rows = ([*map(_value, node.elts)] for node in nodes if isinstance(node, ast.List | ast.Tuple))
    if once and len(wanted) > 1 and None not in wanted and wanted in rows:  # to be given one after the other
        return set(range(len(wanted)))
    found = set[int]()
    for pairs in ([*_branches(nodes)], *_tables(nodes)):
        found |= _matched(pairs, cases, once=once)
    # Beside answers that are caught any literal may be one, such as in the last `else`.
    given = {_value(node) for node in nodes if isinstance(node, ast.expr)} if found else _only(nodes)
    return found | {number for number, one in enumerate(wanted) if one in given & once}


def _matched(pairs: list[Pair], cases: tuple[Case, ...], *, once: set[Hashable]) -> set[int]:
    """The cases that pairs answer, if tests are most of what they know: a table of all months is no cheat."""
    known, asked, found = set[Hashable](), set[Hashable](), set[int]()
    for keys, answer in pairs:
        if answer is None:
            continue
        known |= keys - {None}
        for number, case in enumerate(cases):
            if answer == case.expected and keys & case.inputs:
                found.add(number)
                asked |= keys & case.inputs
    told = any(map(_telling, asked)) or any(cases[number].expected in once for number in found)
    return found if told and 2 * len(asked) > len(known) else set()


def _only(nodes: list[ast.AST]) -> set[Hashable]:
    """What a program returns that returns only literals, whatever it asks before; labels are left out."""
    returned = {_value(node.value) for node in nodes if isinstance(node, ast.Return)}
    return set() if None in returned else {one for one in returned if not _label(one)}


def _label(value: Hashable) -> bool:
    """Whether a value may be the name of a class: "even", a grade, the number of a month's days."""
    return isinstance(value, str) or (isinstance(value, int | float) and abs(value) <= LARGEST_LABEL)


def _branches(nodes: list[ast.AST]) -> Iterator[Pair]:
    """What is given under a condition, or put under a key."""
    for node in nodes:
        match node:
            case ast.If(test=test, body=body, orelse=orelse) | ast.While(test=test, body=body, orelse=orelse):
                yield from _pairs(_compared(test), [*body, *orelse])
            case ast.match_case(pattern=pattern, guard=guard, body=body):
                yield from _pairs(_compared(pattern) | _compared(guard), body)
            case ast.IfExp() | ast.BoolOp() | ast.BinOp():  # also `n == 5 and 120`, `(n == 5) * 120`
                yield from _pairs(_compared(node), ast.iter_child_nodes(node))
            case ast.Return(value=ast.Compare() as test) | ast.Lambda(body=ast.Compare() as test):
                yield from _pairs(_compared(test), [ast.Constant(True)])
            case ast.Assign(targets=[ast.Subscript(slice=key)], value=given):
                yield from _pairs({_value(key)}, [given])
            case ast.Call(func=ast.Attribute(), args=[key, given]):  # `table.setdefault(5, 120)`
                yield from _pairs({_value(key)}, [given])


def _pairs(keys: set[Hashable], given: Iterable[ast.AST]) -> Iterator[Pair]:
    """The keys with each of the expressions, or with what statements return or assign."""
    return ((keys, _value(getattr(one, "value", None) if isinstance(one, ast.stmt) else one)) for one in given)


def _compared(condition: ast.AST | None) -> set[Hashable]:
    """The literals that something is compared with, if only whether they are equal."""
    found = set[Hashable]()
    for node in ast.walk(condition) if condition else ():
        match node:
            case ast.Compare(ops=[ast.In() | ast.NotIn()], comparators=[ast.List() | ast.Tuple() | ast.Set() as among]):
                found.update(map(_value, among.elts))
            case ast.Compare(left=left, ops=[ast.Eq() | ast.NotEq() | ast.Is() | ast.IsNot()], comparators=[right]):
                found |= {_value(left), _value(right)}
            case ast.MatchValue(value=right):
                found.add(_value(right))
    return found


def _tables(nodes: list[ast.AST]) -> Iterator[list[Pair]]:
    """Dicts, and rows that are inputs and an answer: `(5, 120)`, `(3, 7, 21)`, `{"input": 5, "output": 120}`."""
    for node in nodes:
        match node:
            case ast.Dict(keys=keys, values=values):
                yield [({_value(key)}, _value(one)) for key, one in zip(keys, values, strict=True)]
            case ast.List(elts=rows) | ast.Tuple(elts=rows):
                cells = [getattr(row, "elts", getattr(row, "values", [])) for row in rows]
                yield [({*map(_value, inputs)}, _value(answer)) for *inputs, answer in filter(None, cells)]
