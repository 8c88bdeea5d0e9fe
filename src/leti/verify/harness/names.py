"""Which names tests need of a program, found from their text."""

from __future__ import annotations

import ast
import builtins
import symtable

FILE = "<string>"
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
LITERALS = (ast.Constant, ast.List, ast.Tuple, ast.Dict, ast.Set, ast.UnaryOp, ast.unaryop, ast.expr_context)


def wanted_names(texts: list[str], trees: list[ast.Module]) -> list[str]:
    """Return the names that tests use and do not define, or not surely before they use them: the program has to.

    A builtin's name is the program's where every assert compares a call of it, with literals alone, with something that
    has no name in it (`assert sum(10, 15) == 6`), and where a function of the tests is given it first (`check(sum)`).
    Anywhere else builtins are the interpreter's: a program that redefines `abs` or `all` decides nothing.
    """
    used: dict[str, None] = {}
    defined: set[str] = set()
    for text in texts:
        _scan(symtable.symtable(text, FILE, "exec"), used, defined)
    own = _called_like_builtins(trees)
    known = defined - _used_first(trees)
    return [name for name in used if name not in known and (name in own or not hasattr(builtins, name))]


def _scan(table: symtable.SymbolTable, used: dict[str, None], defined: set[str]) -> None:
    module = table.get_type() == "module"
    for symbol in table.get_symbols():
        own = symbol.is_assigned() or (module and symbol.is_imported())
        if own and (module or symbol.is_declared_global()):
            defined.add(symbol.get_name())
        if symbol.is_referenced() and (module or symbol.is_global()):
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


def _used_first(trees: list[ast.Module]) -> set[str]:
    """Return the names that tests may use before they define them, as in `add = partial(add, 1)`."""
    found: set[str] = set()
    defined: set[str] = set()
    for tree in trees:
        surely = True
        for statement in tree.body:
            parts = around(statement) if isinstance(statement, FUNCTIONS) else [statement]
            names = {node.id for part in parts for node in ast.walk(part) if isinstance(node, ast.Name)}
            own = _defined(statement) if surely or not isinstance(statement, ast.Assign) else set()
            found |= names - defined - own
            defined |= own
            surely = surely and bool(own)
    return found


def _defined(statement: ast.stmt) -> set[str]:
    """Return the names that a statement defines without fail, if that is all it does."""
    if isinstance(statement, (*FUNCTIONS, ast.ClassDef)):
        return {statement.name}
    if isinstance(statement, (ast.Import, ast.ImportFrom)):
        return {(alias.asname or alias.name).partition(".")[0] for alias in statement.names}
    if isinstance(statement, ast.Assign) and all(isinstance(part, LITERALS) for part in ast.walk(statement.value)):
        return {target.id for target in statement.targets if isinstance(target, ast.Name)}
    return set()


def around(node: ast.FunctionDef | ast.AsyncFunctionDef) -> list[ast.expr]:
    """Return what is evaluated when a function is defined: what stands around its body."""
    return [*node.decorator_list, *node.args.defaults, *filter(None, node.args.kw_defaults)]


def stored_names(trees: list[ast.Module]) -> set[str]:
    """Return the names that tests give a meaning of their own, wherever."""
    nodes = [node for tree in trees for node in ast.walk(tree)]
    found = {node.id for node in nodes if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load)}
    return found | {node.name for node in nodes if isinstance(node, (*FUNCTIONS, ast.ClassDef))}
