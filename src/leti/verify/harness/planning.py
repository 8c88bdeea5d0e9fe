"""What tests need of a program, found from their text: its names, and the calls that are certain to be made.

A call such as `f([1, 2])` in `assert f([1, 2]) == 3` depends on nothing that is only known later. It is sent along with
the program, and its answer stands ready when the test runs: one message each way instead of one per call.
"""

from __future__ import annotations

import ast
import builtins
import marshal
import symtable
from dataclasses import dataclass, field
from types import CodeType
from typing import Any

FILE = "<string>"
ANSWER = "@answer"
"""What a call that is sent along becomes: `@answer(number)`. No test can write such a name."""
PLAIN = (ast.Call, ast.Compare, ast.UnaryOp, ast.BinOp, ast.Tuple, ast.List, ast.Subscript)
"""Expressions whose every part is evaluated, from left to right."""
HARMLESS = frozenset(
    "abs all any bool bytearray bytes chr complex dict divmod enumerate float frozenset hex int len list max min oct "
    "ord pow range repr reversed round set slice sorted str sum tuple zip".split()
)


@dataclass(kw_only=True)
class Plan:
    """What is asked of the program's side when a program is sent there."""

    names: list[str] = field(default_factory=list)
    """Names of the program that the tests use otherwise than in `calls`."""
    calls: list[tuple[str, int]] = field(default_factory=list)
    """Function, and frames of the test below it: the calls that are certain, in order."""
    arguments: list[CodeType] = field(default_factory=list)
    """Of each call: an expression of the positional ones and the named ones. It is evaluated where the program is, so
    that it makes the very objects that the test would make there (the order of a set depends on how it was made)."""
    sources: list[str] = field(default_factory=list)
    """Of each call, as the test writes it."""
    own: bool = False
    """Only the program's functions are called: not a builtin of that name, which it has not written."""

    def request(self) -> dict[str, Any]:
        """Return what is sent with every program."""
        arguments = marshal.dumps(self.arguments).hex()
        return {"names": self.names, "calls": self.calls, "arguments": arguments, "own": self.own}


def wanted_names(texts: list[str], trees: list[ast.Module]) -> list[str]:
    """Return the names that tests use and do not define: the program has to.

    A builtin's name is the program's where every assert compares a call of it, with literals alone, with something that
    has no name in it (`assert sum(10, 15) == 6`), and where a function of the tests is given it first (`check(sum)`).
    Anywhere else builtins are the interpreter's: a program that redefines `abs` or `all` decides nothing.
    """
    used: dict[str, None] = {}
    defined: set[str] = set()
    for text in texts:
        _scan(symtable.symtable(text, FILE, "exec"), used, defined)
    own = _called_like_builtins(trees)
    return [name for name in used if name not in defined and (name in own or not hasattr(builtins, name))]


def _scan(table: symtable.SymbolTable, used: dict[str, None], defined: set[str]) -> None:
    module = table.get_type() == "module"
    for symbol in table.get_symbols():
        own = symbol.is_assigned() or (module and symbol.is_imported())
        if own and (module or symbol.is_declared_global()):
            defined.add(symbol.get_name())
        elif symbol.is_referenced() and (module or symbol.is_global()):
            used[symbol.get_name()] = None
    for child in table.get_children():
        _scan(child, used, defined)


def _called_like_builtins(trees: list[ast.Module]) -> set[str]:
    nodes = [node for tree in trees for node in ast.walk(tree)]
    functions = {node.name for node in nodes if isinstance(node, ast.FunctionDef)}
    calls = [node for node in nodes if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.args]
    given = {call.args[0].id for call in calls if call.func.id in functions and isinstance(call.args[0], ast.Name)}  # type: ignore[attr-defined]
    found = {_left_builtin(node.test) for node in nodes if isinstance(node, ast.Assert)}
    called = {name for name in found if name is not None} if len(found) == 1 else set()
    return called | {name for name in given if hasattr(builtins, name)}


def _left_builtin(test: ast.expr) -> str | None:
    if not isinstance(test, ast.Compare) or len(test.ops) != 1 or not isinstance(test.left, ast.Call):
        return None
    call, right = test.left, test.comparators[0]
    if not isinstance(call.func, ast.Name) or not hasattr(builtins, call.func.id):
        return None
    parts = [*call.args, *(keyword.value for keyword in call.keywords), right]
    return call.func.id if not any(isinstance(node, ast.Name) for part in parts for node in ast.walk(part)) else None


class Planner:
    """Walks tests in the order they run, and takes out the calls that are certain.

    Args:
        names: the program's, as the tests use them.
        trees: the tests; calls in them are replaced.
    """

    def __init__(self, names: list[str], trees: list[ast.Module]) -> None:
        self._names = set(names)
        self._functions = _functions(trees)
        self.plan = Plan()
        self._certain = True
        for tree in trees:
            for statement in tree.body:
                self._statement(statement, 1, {})
        used = {node.id for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Name)}
        self.plan.names = [name for name in names if name in used]

    def _statement(self, node: ast.stmt, frames: int, known: dict[str, str]) -> None:
        """Go through a statement, as long as it is certain what runs."""
        if not self._certain or isinstance(node, (ast.FunctionDef, ast.Import, ast.ImportFrom, ast.Pass)):
            return
        if isinstance(node, ast.Assert):
            self._assert(node, frames, known)
        elif isinstance(node, ast.Expr):
            self._expression(node, frames, known)
        elif self._mentions(node, known):
            self._certain = False

    def _assert(self, node: ast.Assert, frames: int, known: dict[str, str]) -> None:
        node.test = self._taken(node.test, frames, known)
        self._certain = self._certain and not self._mentions(node.test, known)

    def _expression(self, node: ast.Expr, frames: int, known: dict[str, str]) -> None:
        """Go into `check(candidate)`: the function is the tests', and is called this once."""
        call = node.value
        function = self._functions.pop(call.func.id, None) if _is_plain_call(call) else None  # type: ignore[attr-defined]
        if function is None or len(function.args.args) != len(call.args):  # type: ignore[attr-defined]
            self._certain = not self._mentions(node, known)
            return
        inner = {}
        for parameter, argument in zip(function.args.args, call.args, strict=True):  # type: ignore[attr-defined]
            if isinstance(argument, ast.Name) and argument.id in self._names:
                inner[parameter.arg] = argument.id
        for statement in function.body:
            self._statement(statement, frames + 1, inner)
        if self._certain:  # nothing in it asks for the function itself any more
            call.args = [  # type: ignore[attr-defined]
                ast.copy_location(ast.Constant(None), argument)
                if isinstance(argument, ast.Name) and argument.id in inner.values()
                else argument
                for argument in call.args  # type: ignore[attr-defined]
            ]

    def _taken(self, node: Any, frames: int, known: dict[str, str]) -> Any:
        """Return the expression with its certain calls replaced, in the order they are evaluated."""
        if not self._certain:
            return node
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            name = known.get(node.func.id, node.func.id)
            if name in self._names and (arguments := self._arguments(node)) is not None:
                return self._sent_along(node, name, frames, arguments)
        if not isinstance(node, PLAIN) or (isinstance(node, ast.Compare) and len(node.ops) > 1):
            return node
        for name, value in ast.iter_fields(node):
            if isinstance(value, list):
                value[:] = [self._taken(item, frames, known) if isinstance(item, ast.expr) else item for item in value]
            elif isinstance(value, ast.expr):
                setattr(node, name, self._taken(value, frames, known))
        return node

    def _arguments(self, node: ast.Call) -> CodeType | None:
        """Return the expression of a call's arguments; None if they depend on anything."""
        parts = [*node.args, *(keyword.value for keyword in node.keywords)]
        if any(isinstance(part, ast.Starred) for part in parts) or any(key.arg is None for key in node.keywords):
            return None
        if not all(_depends_on_nothing(part) for part in parts):
            return None
        return sent_arguments(node)

    def _sent_along(self, node: ast.Call, name: str, frames: int, arguments: CodeType) -> ast.expr:
        self.plan.calls.append((name, frames))
        self.plan.arguments.append(arguments)
        self.plan.sources.append(ast.unparse(node)[:200])
        number = ast.Constant(len(self.plan.calls) - 1)
        return ast.fix_missing_locations(ast.copy_location(ast.Call(ast.Name(ANSWER, ast.Load()), [number], []), node))

    def _mentions(self, node: ast.AST, known: dict[str, str]) -> bool:
        """Whether a name of the program, or a function of the tests that may use one, is in it."""
        return any(
            isinstance(part, ast.Name) and (part.id in self._names or part.id in known or part.id in self._functions)
            for part in ast.walk(node)
        )


def _functions(trees: list[ast.Module]) -> dict[str, Any]:
    """Return the functions that tests define once and use once."""
    found: dict[str, Any] = {}
    for tree in trees:
        for node in tree.body:
            if isinstance(node, ast.FunctionDef):
                found[node.name] = None if node.name in found or node.decorator_list else node
    used = [node.id for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Name)]
    return {name: node for name, node in found.items() if node is not None and used.count(name) == 1}


def _is_plain_call(node: ast.expr) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and not node.keywords


def _depends_on_nothing(node: ast.expr) -> bool:
    allowed = (ast.Lambda, ast.NamedExpr, ast.Await, ast.Yield, ast.YieldFrom)
    return all(
        not isinstance(part, allowed) and (not isinstance(part, ast.Name) or part.id in HARMLESS)
        for part in ast.walk(node)
    )


def sent_arguments(node: ast.Call) -> CodeType:
    """Return the expression of a call's arguments: the positional ones and the named ones."""
    named = ast.Dict(
        [ast.Constant(key.arg) if key.arg else None for key in node.keywords], [key.value for key in node.keywords]
    )
    whole = ast.Tuple([ast.Tuple(node.args, ast.Load()), named], ast.Load())
    expression = ast.fix_missing_locations(ast.copy_location(ast.Expression(whole), node))
    return compile(expression, "<arguments>", "eval")
