"""Tests prepared for running: every comparison goes through the judge, whose answer the program cannot write.

`assert L == R` becomes `assert JUDGE @ ("==", L, R)`: the operands are evaluated once, in the same order, on the same
lines. The judge stands in the code as a constant, so no name leads to it. (A call of a constant would make the compiler
warn; a matrix product of one does not.)
"""

from __future__ import annotations

import _ast
import builtins
from types import CodeType
from typing import Any, cast

from .values import SCALARS, ImpureError, pure, render

globals()["__builtins__"] = dict(vars(builtins))

FILE = "<string>"
ONLY_AST = 1024  # ast.PyCF_ONLY_AST
_MARK = "\x00judge"
_OPERATORS: dict[type, str] = {
    _ast.Eq: "==",
    _ast.NotEq: "!=",
    _ast.Lt: "<",
    _ast.LtE: "<=",
    _ast.Gt: ">",
    _ast.GtE: ">=",
    _ast.In: "in",
    _ast.NotIn: "not in",
    _ast.Is: "is",
    _ast.IsNot: "is not",
}


class Judge:
    """Decides the comparisons of one test and remembers the last that failed."""

    def __init__(self) -> None:
        self.held = 0
        self.failed: tuple[str, Any, Any] | None = None

    def __matmul__(self, question: tuple[Any, ...]) -> bool:
        operator, *operands = question
        asserted = operator[0] == "?"  # the whole condition of an assert statement
        operator = operator[1:] if asserted else operator
        if operator == "true":
            answer = bool(operands[0])
        elif operator == "not":
            answer = not operands[0]
        else:
            answer = decide(operator, left=operands[0], right=operands[1])
        if asserted and not answer:
            self.failed = (operator, operands[0], operands[-1])
        self.held += asserted and answer
        return answer

    def shown(self) -> tuple[str, str | None]:
        """What the last failing check got, and what it expected (None where it asked for truth only)."""
        operator, got, expected = self.failed or ("true", None, None)
        if operator in ("true", "not"):
            return render(got), None
        text = render(expected)
        return render(got), text if operator in ("==", "is") else f"{operator} {text}"


def decide(operator: str, *, left: Any, right: Any) -> bool:
    """Answer a comparison; where one side is plain data, on plain data only.

    An object whose class the program wrote never equals plain data, whatever its `__eq__` says. Where both sides hold
    such objects (a test that builds instances of the program's class), the comparison is done as it is written.
    """
    if operator in ("is", "is not"):
        return (left is right) == (operator == "is")
    if type(left) in SCALARS and type(right) in SCALARS:
        return bool(_COMPARE[operator](left, right))
    sides = [_side(left), _side(right)]
    member = operator in ("in", "not in")
    if sides[0] is None or sides[1] is None:
        said = bool(_COMPARE[operator](left, right))  # also for what it may raise, as a TypeError of `<`
        as_written = sides[1] is None and (member or sides[0] is None)
        return said if as_written else operator in ("!=", "not in")
    return bool(_COMPARE[operator](sides[0][0], right if member else sides[1][0]))


def _side(value: Any) -> tuple[Any] | None:
    try:
        return (pure(value),)
    except ImpureError:
        return None


_COMPARE: dict[str, Any] = {
    "==": lambda a, b: a == b,
    "!=": lambda a, b: a != b,
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
    "in": lambda a, b: a in b,
    "not in": lambda a, b: a not in b,
}


class Prepared:
    """One test, ready to run: its code, the asserts that must have held, and the lines of every assert in it."""

    def __init__(self, text: str, line: int) -> None:
        tree = compile("\n" * (line - 1) + text, FILE, "exec", ONLY_AST, dont_inherit=True)
        self.judge = Judge()
        self.ranges: list[tuple[int, int]] = []
        self.must_hold = sum(type(statement) is _ast.Assert for statement in tree.body)
        self._visit(tree)
        self.code = _with_judge(compile(tree, FILE, "exec", dont_inherit=True), self.judge)

    def _visit(self, node: Any) -> None:
        for name in node._fields:
            value = getattr(node, name, None)
            if isinstance(value, list):
                for item in value:
                    if isinstance(item, _ast.AST):
                        self._visit(item)
                value[:] = [_compared(item) for item in value]
            elif isinstance(value, _ast.AST):
                self._visit(value)
                setattr(node, name, _compared(value))
        if type(node) is _ast.Assert:
            self.ranges.append((node.lineno, node.end_lineno or node.lineno))
            node.test = _asserted(node.test)


def _compared(node: Any) -> Any:
    """Replace a comparison by a question to the judge."""
    if type(node) is not _ast.Compare or len(node.ops) != 1:
        return node
    return _question(node, _OPERATORS[type(node.ops[0])], [node.left, node.comparators[0]])


def _asserted(test: Any) -> Any:
    """Mark the condition of an assert, so that its operands are kept where it fails."""
    if type(test) is _ast.BinOp and type(test.left) is _ast.Constant and test.left.value == _MARK:
        operator = cast("Any", test.right).elts[0]
        operator.value = "?" + operator.value
        return test
    if type(test) is _ast.UnaryOp and type(test.op) is _ast.Not:
        return _question(test, "?not", [test.operand])
    return _question(test, "?true", [test])


def _question(place: Any, operator: str, operands: list[Any]) -> Any:
    at = {
        "lineno": place.lineno,
        "col_offset": place.col_offset,
        "end_lineno": place.end_lineno,
        "end_col_offset": place.end_col_offset,
    }
    parts = _ast.Tuple([_ast.Constant(operator, **at), *operands], _ast.Load(), **at)
    return _ast.BinOp(_ast.Constant(_MARK, **at), _ast.MatMult(), parts, **at)


def _with_judge(code: CodeType, judge: Judge) -> CodeType:
    constants: list[Any] = []
    for constant in code.co_consts:
        if type(constant) is CodeType:
            constants.append(_with_judge(constant, judge))
        else:
            constants.append(judge if constant == _MARK and type(constant) is str else constant)
    return code.replace(co_consts=tuple(constants))
