"""What tests need of a program, found from their text: its names, and the calls that are certain to be made.

A call such as `f([1, 2])` in `assert f([1, 2]) == 3` depends on nothing that is only known later. It is sent along with
the program, and its answer stands ready when the test runs: one message each way instead of one per call.
"""

from __future__ import annotations

import ast
import copy
import marshal
from collections import Counter
from dataclasses import dataclass, field
from types import CodeType
from typing import Any

from .names import FUNCTIONS, around, stored_names

ANSWER = "@answer"
"""What a call that is sent along becomes: `@answer(number)`. No test can write such a name."""
JUMPS = (ast.Return, ast.Raise, ast.Break, ast.Continue)
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
    calls: list[tuple[str, int, int]] = field(default_factory=list)
    """Function, frames of the test below it, and the test: the calls that are certain, in order. After one that raises
    the test's others are not made."""
    arguments: list[CodeType] = field(default_factory=list)
    """Of each call: an expression of the positional ones and the named ones. It is evaluated where the program is, so
    that it makes the very objects that the test would make there (the order of a set depends on how it was made)."""
    sources: list[str] = field(default_factory=list)
    """Of each call, as the test writes it."""
    own: bool = False
    """Only the program's functions are called: not a builtin of that name, which it has not written. And nothing is
    asked of what they return."""

    def request(self) -> dict[str, Any]:
        """Return what is sent with every program."""
        arguments = marshal.dumps(self.arguments).hex()
        return {"names": self.names, "calls": self.calls, "arguments": arguments, "own": self.own}


class Planner:
    """Walks tests in the order they run, and takes out the calls that are certain.

    Args:
        names: the program's, as the tests use them.
        trees: the tests; calls in them are replaced.
    """

    def __init__(self, names: list[str], trees: list[ast.Module]) -> None:
        self._single = _repeated(trees)
        self._names = set(names)
        self._stored = stored_names(trees)
        self._parameters = {node.arg for tree in trees for node in ast.walk(tree) if isinstance(node, ast.arg)}
        self._functions: dict[str, ast.FunctionDef] = {}
        self._asking = _asking(trees, self._names)
        self.plan = Plan()
        self._certain = True
        for self._test, tree in enumerate(trees):
            self._last = tree is trees[-1]
            self._may_have_ended = False
            for statement in tree.body:
                self._statement(statement, 1, {})
        used = {node.id for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Name)}
        self.plan.names = [name for name in names if name in used]

    def _statement(self, node: ast.stmt, frames: int, known: dict[str, str]) -> None:
        """Go through a statement, as long as it is certain what runs."""
        if not self._certain or isinstance(node, (ast.Import, ast.ImportFrom, ast.Pass)):
            return
        if isinstance(node, FUNCTIONS):
            self._certain = not any(self._mentions(part, known) for part in around(node))
            if isinstance(node, ast.FunctionDef) and node.name in self._single:
                self._functions[node.name] = node
            return
        if self._may_have_ended and self._mentions(node, known):
            self._certain = False
        elif isinstance(node, ast.Assert):
            self._assert(node, frames, known)
        elif isinstance(node, ast.Expr):
            self._expression(node, frames, known)
        elif self._mentions(node, known) or any(isinstance(part, JUMPS) for part in ast.walk(node)):
            self._certain = False
        self._may_have_ended = not self._last  # if so, a call made in vain could be noticed by a test that follows

    def _assert(self, node: ast.Assert, frames: int, known: dict[str, str]) -> None:
        node.test = self._taken(node.test, frames, known)
        self._certain = self._certain and not self._mentions(node.test, known)

    def _expression(self, node: ast.Expr, frames: int, known: dict[str, str]) -> None:
        """Go into `check(candidate)`: the function is the tests', and as it is defined here it is called this once."""
        call = node.value
        function = self._functions.pop(call.func.id, None) if _is_plain_call(call) else None  # type: ignore[attr-defined]
        if function is None or len(function.args.args) != len(call.args):  # type: ignore[attr-defined]
            self._certain = not self._mentions(node, known)
            return
        inner = {}
        for parameter, argument in zip(function.args.args, call.args, strict=True):  # type: ignore[attr-defined]
            name = self._own_name(argument, frames, known)
            if name and parameter.arg not in self._stored:
                inner[parameter.arg] = name
            elif self._mentions(argument, known):
                self._certain = False
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
        if not self._certain or (self._may_have_ended and self._mentions(node, known)):
            self._certain = False
            return node
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            name = self._own_name(node.func, frames, known)
            if name and (arguments := self._arguments(node)) is not None:
                return self._sent_along(node, name, frames, arguments)
        if not isinstance(node, PLAIN) or (isinstance(node, ast.Compare) and len(node.ops) > 1):
            self._certain = not self._mentions(node, known)
            return node
        self._take_parts(node, frames, known)
        self._may_have_ended = not self._last
        self._certain = self._certain and not (isinstance(node, ast.Call) and self._mentions(node.func, known))
        return node

    def _take_parts(self, node: ast.expr, frames: int, known: dict[str, str]) -> None:
        for name, value in ast.iter_fields(node):
            if name == "func" and isinstance(value, ast.Name):
                continue  # what it stands for is looked up first, but called last
            if isinstance(value, list):
                value[:] = [self._taken(item, frames, known) if isinstance(item, ast.expr) else item for item in value]
            elif isinstance(value, ast.expr):
                setattr(node, name, self._taken(value, frames, known))

    def _own_name(self, node: ast.expr, frames: int, known: dict[str, str]) -> str | None:
        """Return the name of the program's that stands here, if it is certain to be that; None otherwise."""
        if not isinstance(node, ast.Name):
            return None
        if node.id in known:
            return known[node.id]
        own = node.id in self._names and node.id not in self._stored
        return node.id if own and (frames == 1 or node.id not in self._parameters) else None

    def _arguments(self, node: ast.Call) -> CodeType | None:
        """Return the expression of a call's arguments; None if they depend on anything."""
        parts = [*node.args, *(keyword.value for keyword in node.keywords)]
        if any(isinstance(part, ast.Starred) for part in parts) or any(key.arg is None for key in node.keywords):
            return None
        if not all(_depends_on_nothing(part, HARMLESS - self._stored - self._names) for part in parts):
            return None
        return sent_arguments(node)

    def _sent_along(self, node: ast.Call, name: str, frames: int, arguments: CodeType) -> ast.expr:
        self.plan.calls.append((name, frames, self._test))
        self.plan.arguments.append(arguments)
        self.plan.sources.append(ast.unparse(node)[:200])
        number = ast.Constant(len(self.plan.calls) - 1)
        return ast.fix_missing_locations(ast.copy_location(ast.Call(ast.Name(ANSWER, ast.Load()), [number], []), node))

    def _mentions(self, node: ast.AST, known: dict[str, str]) -> bool:
        """Whether a name of the program, or a function of the tests that uses one, is in it."""
        return any(
            isinstance(part, ast.Name) and (part.id in self._names or part.id in known or part.id in self._asking)
            for part in ast.walk(node)
        )


def _repeated(trees: list[ast.Module]) -> set[str]:
    """Define functions of the tests anew before each further call: what one call asks is then not what another asks.

    That can be done with functions that are only ever called by statements of their own, at the top or in each other.

    Returns:
        The names of functions that, as they are defined, are called once.
    """
    nodes = [node for tree in trees for node in tree.body if isinstance(node, ast.FunctionDef)]
    defined = Counter(node.name for node in nodes)
    functions = {node.name: copy.deepcopy(node) for node in nodes if _is_simple(node) and defined[node.name] == 1}
    chains = _chains(functions, trees)
    called: set[str] = set()
    for tree in trees:
        body: list[ast.stmt] = []
        for statement in tree.body:
            chain = chains.get(_called(statement), [])
            body += [copy.deepcopy(functions[name]) for name in chain if name in called]
            called.update(chain)
            body.append(statement)
        tree.body = body
    return set(chains)


def _chains(functions: dict[str, ast.FunctionDef], trees: list[ast.Module]) -> dict[str, list[str]]:
    """Return functions that only statements call, each with all that it calls in this way, itself last."""
    inner = {name: [one for one in map(_called, node.body) if one in functions] for name, node in functions.items()}
    used = Counter(part.id for tree in trees for part in ast.walk(tree) if isinstance(part, ast.Name))
    called = Counter(map(_called, [node for tree in trees for node in tree.body]))
    called.update(one for names in inner.values() for one in names)
    found = {name for name in functions if used[name] == called[name] > 0}
    while True:
        chains = {name: _chain(name, inner) for name in found}
        # what a chain calls twice is not the same the second time, and what others call is not known
        wrong = {one for chain in chains.values() if len(set(chain)) < len(chain) for one in chain}
        wrong |= {one for name in functions.keys() - found for one in inner[name]}
        if not wrong & found:
            return chains
        found -= wrong


def _chain(name: str, inner: dict[str, list[str]], *above: str) -> list[str]:
    if name in above:
        return [name, name]
    return [*(more for one in inner[name] for more in _chain(one, inner, name, *above)), name]


def _called(statement: ast.stmt) -> str:
    """Return the name of the function that a statement calls, if that is all it does."""
    call = statement.value if isinstance(statement, ast.Expr) else None
    return call.func.id if call is not None and _is_plain_call(call) else ""  # type: ignore[attr-defined]


def _is_simple(function: ast.FunctionDef) -> bool:
    """Whether defining a function once more makes no difference, and calling it runs its body."""
    yields = any(isinstance(part, (ast.Yield, ast.YieldFrom)) for part in ast.walk(function))
    return not (yields or around(function))


def _asking(trees: list[ast.Module], names: set[str]) -> set[str]:
    """Return the functions of the tests that may ask something of the program when they are called."""
    functions = [node for tree in trees for node in ast.walk(tree) if isinstance(node, FUNCTIONS)]
    used = [(node.name, {part.id for part in ast.walk(node) if isinstance(part, ast.Name)}) for node in functions]
    found: set[str] = set()
    while new := {name for name, inside in used if inside & (names | found)} - found:
        found |= new
    return found


def _is_plain_call(node: ast.expr) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and not node.keywords


def _depends_on_nothing(node: ast.expr, harmless: frozenset[str]) -> bool:
    refused = (ast.Lambda, ast.NamedExpr, ast.Await, ast.Yield, ast.YieldFrom)
    return all(
        not isinstance(part, refused) and (not isinstance(part, ast.Name) or part.id in harmless)
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
