"""What of a program its tests lead to: one that checks itself holds inputs and answers too, for nobody to return."""

from __future__ import annotations

import ast
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from itertools import chain

from leti.verify.suspicion.literals import Value, value

_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


def nodes(statements: Iterable[ast.stmt]) -> Iterator[ast.AST]:
    """Every node of statements."""
    return chain.from_iterable(map(ast.walk, statements))


def live(tree: ast.Module, names: Iterable[str]) -> list[ast.stmt]:
    """The top-level statements that names lead to, in order."""
    makers = defaultdict[str, list[int]](list)
    for number, statement in enumerate(tree.body):
        for name in _binds(statement):
            makers[name].append(number)
    reached: set[int] = set()
    waiting = [*names]
    while waiting:
        new = {*makers.pop(waiting.pop(), ())} - reached
        reached |= new
        for number in new:
            waiting.extend(_needs(tree.body[number]))
    return [statement for number, statement in enumerate(tree.body) if number in reached]


def constants(statements: list[ast.stmt]) -> Mapping[str, Value]:
    """The names that are given a literal, once, and nothing else."""
    given: dict[str, Value | None] = {}
    times: Counter[str] = Counter()
    for node in nodes(statements):
        match node:
            case ast.Name(id=name, ctx=ast.Store()) | ast.arg(arg=name):
                times[name] += 1
            case ast.Assign(targets=[ast.Name(id=name)], value=assigned):
                given[name] = value(assigned)
    return {name: literal for name, literal in given.items() if literal is not None and times[name] == 1}


def _binds(statement: ast.stmt) -> set[str]:
    """The names a top-level statement gives a value to, or adds to the value of."""
    if isinstance(statement, _DEFINITIONS):
        return {statement.name}
    found = set()
    for node in ast.walk(statement):
        match node:
            case ast.Assert() | ast.Name(id="__name__"):
                return set()  # the program checks itself
            case ast.Name(id=name, ctx=ast.Store()) | ast.FunctionDef(name=name) | ast.ClassDef(name=name):
                found.add(name)
            case ast.Subscript(value=ast.Name(id=name), ctx=ast.Store()):
                found.add(name)
            case ast.Expr(value=ast.Call(func=ast.Attribute(value=ast.Name(id=name)))):
                found.add(name)
    return found


def _needs(statement: ast.stmt) -> set[str]:
    """The names it takes from elsewhere."""
    loaded, own = set(), set()
    for node in ast.walk(statement):
        match node:
            case ast.Name(id=name, ctx=ast.Load()):
                loaded.add(name)
            case ast.Name(id=name) | ast.arg(arg=name):
                own.add(name)
    return loaded - own if isinstance(statement, _DEFINITIONS) else loaded
