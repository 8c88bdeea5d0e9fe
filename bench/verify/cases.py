"""Tests as inputs and expected values, all that evalplus takes. Standard library only: peers' callers import it."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Cases:
    """The calls of one function and what they have to return."""

    entry: str
    inputs: tuple[tuple[Any, ...], ...]
    expected: tuple[Any, ...]
    tolerance: float = 0.0


def cases(tests: str) -> Cases | None:
    """The cases of a text of tests; None where a single assert is more than a call compared with a literal."""
    try:
        statements = ast.parse(tests).body
    except (SyntaxError, ValueError, RecursionError):
        return None
    names, asserts = _asserts(statements)
    found = [_case(statement.test) for statement in asserts if not _holds_always(statement.test)]
    if not found or None in found:
        return None
    calls = [case for case in found if case is not None]
    functions = {names.get(case[0], case[0]) for case in calls}
    if len(functions) != 1 or names.get("", "") is None:
        return None
    return Cases(
        entry=functions.pop(),
        inputs=tuple(case[1] for case in calls),
        expected=tuple(case[2] for case in calls),
        tolerance=max(case[3] for case in calls),
    )


def _asserts(statements: list[ast.stmt]) -> tuple[dict[str, Any], list[ast.Assert]]:
    """All asserts, and what the parameter of a `check` function stands for; "" -> None marks what is not understood."""
    names: dict[str, Any] = {}
    asserts: list[ast.Assert] = []
    for statement in statements:
        if isinstance(statement, ast.Assert):
            asserts.append(statement)
        elif isinstance(statement, ast.FunctionDef) and statement.name == "check" and statement.args.args:
            names.setdefault(statement.args.args[0].arg, "candidate")
            asserts += [inner for inner in statement.body if isinstance(inner, ast.Assert)]
            if not all(isinstance(inner, ast.Assert) or _is_idle(inner) for inner in statement.body):
                names[""] = None
        elif called := _checked(statement):
            names.update(dict.fromkeys([name for name in names if name], called))
        elif not (_is_idle(statement) or _only_checks(statement)):
            names[""] = None
    return names, asserts


def _is_idle(statement: ast.stmt) -> bool:
    """Whether it has no part in the tests: `METADATA = {...}`, a docstring, `pass`."""
    is_constant = isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
    return is_constant or isinstance(statement, ast.Assign | ast.Pass)


def _checked(statement: ast.stmt) -> str | None:
    """`name` in `check(name)`."""
    match statement:
        case ast.Expr(value=ast.Call(func=ast.Name(id="check"), args=[ast.Name(id=name)])):
            return name
    return None


def _only_checks(statement: ast.stmt) -> bool:
    """A function that only calls `check`, or the call of such a function."""
    if isinstance(statement, ast.FunctionDef):
        return all(_checked(inner) for inner in statement.body)
    match statement:
        case ast.Expr(value=ast.Call(func=ast.Name(), args=[], keywords=[])):
            return True
    return False


def _holds_always(test: ast.expr) -> bool:
    return isinstance(test, ast.Constant) and bool(test.value)


Case = tuple[str, tuple[Any, ...], Any, float]


def _case(test: ast.expr) -> Case | None:
    """(function, arguments, expected value, tolerance) of the tested expression."""
    try:
        return _compared(test)
    except (ValueError, TypeError, SyntaxError, RecursionError, MemoryError):
        return None  # an argument or a value that is no literal


def _compared(test: ast.expr) -> Case | None:
    match test:
        case ast.Call(func=ast.Name(id="abs"), args=[ast.BinOp()]):
            return None
        case ast.Call():
            return _called(test, True, 0.0)
        case ast.UnaryOp(op=ast.Not(), operand=ast.Call() as call):
            return _called(call, False, 0.0)
        case ast.Compare(left=ast.Call() as call, ops=[ast.Eq() | ast.Is()], comparators=[value]):
            return _called(call, ast.literal_eval(value), 0.0)
        case ast.Compare(
            left=ast.Call(
                func=ast.Name(id="abs"), args=[ast.BinOp(left=ast.Call() as call, op=ast.Sub(), right=value)]
            ),
            ops=[ast.Lt() | ast.LtE()],
            comparators=[tolerance],
        ):
            return _called(call, ast.literal_eval(value), float(ast.literal_eval(tolerance)))
    return None


def _called(call: ast.Call, expected: Any, tolerance: float) -> Case | None:
    if not isinstance(call.func, ast.Name) or call.keywords:
        return None
    return call.func.id, tuple(ast.literal_eval(argument) for argument in call.args), expected, tolerance
