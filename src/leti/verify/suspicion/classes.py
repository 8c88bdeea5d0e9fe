"""Classes whose values equal whatever they are compared with."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from leti.verify.suspicion.program import Program

_OF_TWO = frozenset({"__eq__", "__ne__", "__lt__", "__le__", "__gt__", "__ge__", "__contains__", "__instancecheck__"})
_OF_ONE = frozenset({"__bool__", "__hash__"})
_SPECIAL = _OF_TWO | _OF_ONE
_VALUES = frozenset({
    "bool", "bytes", "bytearray", "complex", "dict", "float", "frozenset", "int", "list", "set", "str", "tuple",
})  # fmt: skip
Function = ast.FunctionDef | ast.Lambda


def always_agree(program: Program) -> set[str]:
    """The comparisons that do not look at what they compare, by class and name where there are any."""
    found = {f"{owner.name}.{method.name}" for owner, method in _methods(program) if _agrees(method.name, method)}
    for name, given in _set_from_outside(program):
        if isinstance(given, ast.Lambda) and _agrees(name, given):
            found.add(name)
    return found | ({"unittest.mock.ANY"} & set(map(program.meaning, _names(program))))


def _names(program: Program) -> list[ast.AST]:
    return [*program.all(ast.Name), *(node for node in program.all(ast.Attribute) if node.attr == "ANY")]


def forged_values(program: Program) -> set[str]:
    """Classes that are a builtin value with a comparison of their own, or that claim another class than theirs."""
    found: set[str] = set()
    for owner, method in _methods(program):
        bases = {base.id for base in owner.bases if isinstance(base, ast.Name)}
        if method.name in ("__eq__", "__ne__"):
            found.update(f"{owner.name}({base})" for base in bases & _VALUES)
        if method.name == "__class__":
            found.add(f"{owner.name}.__class__")
    return found


def _methods(program: Program) -> Iterator[tuple[ast.ClassDef, ast.FunctionDef]]:
    for owner in program.all(ast.ClassDef):
        for node in owner.body:
            if isinstance(node, ast.FunctionDef):
                yield owner, node


def _set_from_outside(program: Program) -> Iterator[tuple[str, ast.expr]]:
    """`__eq__ = lambda ...` in a class or on one, `type("Y", (), {"__eq__": ...})`, `setattr(Y, "__eq__", ...)`."""
    for node in program.all(ast.Assign):
        for target in node.targets:
            yield target.id if isinstance(target, ast.Name) else getattr(target, "attr", ""), node.value
    for table in program.all(ast.Dict):
        for key, held in zip(table.keys, table.values, strict=True):
            if isinstance(key, ast.Constant) and isinstance(key.value, str):
                yield key.value, held
    for call in program.all(ast.Call):
        match call:
            case ast.Call(func=ast.Name(id="setattr"), args=[_, ast.Constant(value=str(name)), given]):
                yield name, given


def _agrees(name: str, function: Function) -> bool:
    """Whether its answer is a constant, or it never looks at the other value."""
    answers = _answers(function)
    if name not in _SPECIAL or not answers:
        return False
    constants = {answer.value for answer in answers if isinstance(answer, ast.Constant)}
    if len(constants) == 1 and all(isinstance(answer, ast.Constant) for answer in answers):
        return True
    parameters = [*function.args.posonlyargs, *function.args.args]
    if name not in _OF_TWO or len(parameters) < 2 or any(_gives_way(answer) for answer in answers):
        return False
    other = parameters[1].arg
    return not any(isinstance(node, ast.Name) and node.id == other for node in ast.walk(function))


def _answers(function: Function) -> list[ast.expr]:
    if isinstance(function, ast.Lambda):
        return [function.body]
    returns = [node.value for node in ast.walk(function) if isinstance(node, ast.Return)]
    return [answer for answer in returns if answer is not None]


def _gives_way(answer: ast.expr) -> bool:
    return isinstance(answer, ast.Name) and answer.id == "NotImplemented"
