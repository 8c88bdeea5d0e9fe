"""The cases of a problem's tests: what a program is given, and what it has to return."""

from __future__ import annotations

import ast
import builtins
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property, lru_cache

from leti.types import Tests
from leti.verify.suspicion.literals import Value, as_set, called, elements, parsed, value

MOST_CASES = 1000
LONGEST_TESTS = 200_000
"""Characters. Beyond these a program cannot hold the answers, and reading would take long."""
_TRUE, _FALSE = ("atom", True), ("atom", False)


@dataclass(frozen=True)
class Case:
    """One call of a test, with its inputs and its expected value written out."""

    inputs: tuple[Value, ...]
    expected: Value

    @cached_property
    def wholes(self) -> frozenset[Value]:
        """The input as a program may have it before it: the argument, all of them together, or the text of it."""
        found = [("row", self.inputs), *self.inputs[: len(self.inputs) == 1]]
        return frozenset((*found, *(("said", one) for one in found)))

    @cached_property
    def parts(self) -> frozenset[Value]:
        """The arguments, what they hold, and how long they are."""
        found = {*self.inputs, *(("said", argument) for argument in self.inputs)}
        for argument in self.inputs:
            inside = elements(argument)
            found.update(inside[:MOST_CASES])
            if argument[0] == "row" or inside:
                found.add(("atom", len(inside)))
        return frozenset(found)


@dataclass(frozen=True)
class Cases:
    """The readable checks of a text of tests."""

    readable: tuple[Case, ...]
    total: int
    """All checks, the unreadable ones included."""
    names: frozenset[str]
    """Every name the tests mention: the program's functions are among them."""
    between: frozenset[str]
    """The builtins and modules between a call and its comparison: `set(f(1)) == ...`, `math.isclose(f(1), ...)`."""

    @cached_property
    def by_answer(self) -> dict[Value, list[int]]:
        """The numbers of the cases that expect a value, which stands here without its order."""
        found = defaultdict[Value, list[int]](list)
        for number, case in enumerate(self.readable):
            found[as_set(case.expected)].append(number)
        return found


NO_CASES = Cases((), 0, frozenset(), frozenset())


@lru_cache(maxsize=256)
def cases(tests: Tests) -> Cases:
    """The cases of tests. Remembered, since many programs are written for one problem."""
    tree = parsed(tests.text) if len(tests.text) <= LONGEST_TESTS else None
    if tree is None:
        return NO_CASES
    found: list[Case | None] = []
    with suppress(RecursionError):  # of what is nested so deep, nothing is a literal somebody copied
        _read(tree.body, {}, found)
    names = frozenset(node.id for node in ast.walk(tree) if isinstance(node, ast.Name))
    readable = tuple(case for case in found if case is not None)
    return Cases(readable, len(found), names, frozenset(_between(tree)))


def _between(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        match node:
            case ast.Call(func=ast.Name(id=name), args=args) if name in vars(builtins):
                if any(isinstance(part, ast.Call) for argument in args for part in ast.walk(argument)):
                    yield name
            case ast.Call(func=ast.Attribute(value=ast.Name(id=name))) if name in sys.stdlib_module_names:
                yield name


def inner(statement: ast.stmt) -> Iterator[list[ast.stmt]]:
    """The lists of statements that stand within a statement."""
    for field in ("body", "orelse", "finalbody"):
        yield getattr(statement, field, [])
    for part in (*getattr(statement, "handlers", ()), *getattr(statement, "cases", ())):
        yield part.body


def _read(body: Iterable[ast.stmt], known: dict[str, Value], found: list[Case | None]) -> None:
    """Add the cases of statements, in order; what assignments say of names goes into `known`."""
    for statement in body:
        if len(found) >= MOST_CASES:
            return
        match statement:
            case ast.Assert(test=test):
                found += [] if isinstance(test, ast.Constant) else [_case(test, known)]  # HumanEval has `assert True`
            case ast.Expr(value=ast.Call(args=[left, right, *_]) as call) if called(call).lower().startswith("assert"):
                found.append(_compared((left, right), known))
            case ast.Assign(targets=[target], value=assigned):
                _learn(target, value(assigned, known), known)
            case ast.For(target=target, iter=iterated):
                _read_rounds(statement, value(iterated, known), known=known, found=found)
            case _:
                for block in inner(statement):
                    _read(block, known, found)


def _read_rounds(loop: ast.For, rounds: Value | None, *, known: dict[str, Value], found: list[Case | None]) -> None:
    for one in [None] if rounds is None else elements(rounds)[:MOST_CASES]:
        _learn(loop.target, one, known)
        _read(loop.body, known, found)


def _learn(target: ast.expr, given: Value | None, known: dict[str, Value]) -> None:
    match target:
        case ast.Name(id=name) if given is None:
            known.pop(name, None)
        case ast.Name(id=name) if given is not None:
            known[name] = given
        case ast.Tuple(elts=targets) | ast.List(elts=targets):
            parts: Sequence[Value | None] = elements(given) if given is not None else ()
            for one, part in zip(targets, parts if len(parts) == len(targets) else [None] * len(targets), strict=True):
                _learn(one, part, known)


def _case(test: ast.expr, known: dict[str, Value]) -> Case | None:
    """The case of one asserted expression."""
    match test:
        case ast.Compare(left=left, ops=[ast.Eq() | ast.Is()], comparators=[right]):
            return _compared((left, right), known)
        case ast.Compare(left=left, ops=[ast.Lt() | ast.LtE()]):
            return _near(left, known)
        case ast.Compare():
            return None
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            return _of(operand, _FALSE, known)
        case ast.Call(args=[left, right, *_]) if called(test).lower().endswith(("close", "equal")):
            return _compared((left, right), known)
    return _of(test, _TRUE, known)


def _near(distance: ast.expr, known: dict[str, Value]) -> Case | None:
    """`abs(f(1) - 2.5)`, which is asked to be small."""
    for node in ast.walk(distance):
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Sub):
            return _compared((node.left, node.right), known)
    return None


def _compared(sides: tuple[ast.expr, ast.expr], known: dict[str, Value]) -> Case | None:
    for side, other in (sides, sides[::-1]):
        expected = value(other, known)
        if expected is not None:
            return _of(side, expected, known)
    return None


def _of(side: ast.expr, expected: Value, known: dict[str, Value]) -> Case | None:
    """The case whose call stands in an expression: the outermost one that has inputs, all of them written out."""
    for node in ast.walk(side):
        if isinstance(node, ast.Call) and (node.args or node.keywords):
            inputs = _inputs(node, known)
            if inputs is not None:
                return Case(inputs, expected)
    return None


def _inputs(call: ast.Call, known: dict[str, Value]) -> tuple[Value, ...] | None:
    found: list[Value] = []
    for argument in (*call.args, *(keyword.value for keyword in call.keywords)):
        given = value(argument.value if isinstance(argument, ast.Starred) else argument, known)
        if given is None:
            return None
        found.extend(elements(given) if isinstance(argument, ast.Starred) else (given,))
    return tuple(found)
