"""A program, read once: its nodes by kind, and what its names were imported as."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TypeVar, cast

from leti.verify.suspicion.literals import called, parsed

Node = TypeVar("Node", bound=ast.AST)
_SAME = {"posix": "os", "nt": "os", "_io": "io", "_signal": "signal", "_thread": "threading", "_ctypes": "ctypes"}
"""Modules that are the inside of another."""


@dataclass(frozen=True, slots=True)
class Program:
    """What the suspicions look at."""

    tree: ast.Module
    nodes: Mapping[type[ast.AST], list[ast.AST]]
    imported: Mapping[str, str]
    """What each imported name stands for: `np` for numpy, `leave` for os._exit."""
    modules: frozenset[str]
    """The modules it imports, by their full names."""

    def all(self, kind: type[Node]) -> list[Node]:
        """Every node of exactly this kind, outer ones first."""
        return cast("list[Node]", self.nodes.get(kind, []))

    def meaning(self, node: ast.AST) -> str | None:
        """The dotted name of a thing that comes from a module, however it is spelled; None for everything else."""
        try:
            return self._meaning(node)
        except RecursionError:  # a chain of a thousand attributes names nothing we look for
            return None

    def _meaning(self, node: ast.AST) -> str | None:
        found: str | None = None
        match node:
            case ast.Name(id="__builtins__"):
                found = "builtins"
            case ast.Name(id=name):
                found = self.imported.get(name)
            case ast.Attribute(value=base, attr=name):
                found = self._within(base, name)
            case ast.Call(func=ast.Name(id="getattr"), args=[base, ast.Constant(value=str(name)), *_]):
                found = self._within(base, name)
            case ast.Call(args=[ast.Constant(value=str(name)), *_]) if called(node) in ("__import__", "import_module"):
                found = _inside_out(name)
            case ast.Subscript(value=base, slice=ast.Constant(value=str(name))):
                found = self._entry(base, name)
        return found

    def _within(self, base: ast.expr, name: str) -> str | None:
        outer = self._meaning(base)
        return None if outer is None else _inside_out(f"{outer}.{name}")

    def _entry(self, base: ast.expr, name: str) -> str | None:
        """`sys.modules["os"]`, `math.__dict__["isclose"]`, `vars(math)["isclose"]`, `__builtins__["len"]`."""
        match base:
            case ast.Call(func=ast.Name(id="vars"), args=[module]) | ast.Attribute(value=module, attr="__dict__"):
                return self._within(module, name)
        outer = self._meaning(base)
        if outer == "sys.modules":
            return _inside_out(name)
        return f"builtins.{name}" if outer == "builtins" else None


def read(text: str) -> Program | None:
    """A program's text, read; None for what does not parse."""
    tree = parsed(text)
    if tree is None:
        return None
    nodes = defaultdict[type[ast.AST], list[ast.AST]](list)
    for node in ast.walk(tree):
        nodes[type(node)].append(node)
    imports = [*nodes.get(ast.Import, ()), *nodes.get(ast.ImportFrom, ())]
    names = {name: meant for node in imports for name, meant in _imported(node)}
    for loop in nodes.get(ast.For, ()):
        names |= _runs_over(loop, names)
    return Program(tree, nodes, names, frozenset(module for node in imports for module in _modules(node)))


def at_import(statements: list[ast.stmt]) -> Iterator[ast.AST]:
    """The nodes that run when a program is loaded: not those of functions, nor what only runs as a main program."""
    waiting: list[ast.AST] = [*reversed(statements)]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda) or _is_main_guard(node):
            continue
        yield node
        waiting.extend(reversed([*ast.iter_child_nodes(node)]))


def _is_main_guard(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and any(
        isinstance(part, ast.Name) and part.id == "__name__" for part in ast.walk(node.test)
    )


def _imported(node: ast.AST) -> Iterator[tuple[str, str]]:
    match node:
        case ast.Import(names=names):
            for one in names:
                first = one.name.partition(".")[0]
                yield one.asname or first, _inside_out(one.name if one.asname else first)
        case ast.ImportFrom(names=names, module=module):
            for one in names:
                yield one.asname or one.name, _inside_out(f"{module or ''}.{one.name}")


def _inside_out(name: str) -> str:
    first, dot, rest = name.partition(".")
    return f"{_SAME.get(first, first)}{dot}{rest}"


def _modules(node: ast.AST) -> Iterator[str]:
    match node:
        case ast.Import(names=names):
            yield from (_inside_out(one.name) for one in names)
        case ast.ImportFrom(module=str(module)):
            yield _inside_out(module)


def _runs_over(loop: ast.AST, names: Mapping[str, str]) -> dict[str, str]:
    """`for module in (json, pickle): module.dumps = ...` means the first of them."""
    match loop:
        case ast.For(target=ast.Name(id=target), iter=ast.Tuple(elts=[first, *_]) | ast.List(elts=[first, *_])):
            if isinstance(first, ast.Name) and first.id in names:
                return {target: names[first.id]}
    return {}
