r"""Checks as rows of JSON give them: calls of a function, runs of the whole program, or one answer.

    {"function": "area", "calls": [{"arguments": [2, 3], "expected": 6}], "tolerance": 0.01}
    {"cases": [{"stdin": "1 2\n", "stdout": "3\n"}]}
    {"answer": 42, "function": "solution"}

Arguments are a list of JSON values, or Python source such as `"(1, 2), key={3}"`; then what is expected is Python
source of a literal too. Where no call says what is expected, the problem's reference is asked. `tolerance` is how far a
number may be off (a whole number not at all, where it is below 1), `unordered` compares as sets, `accept` is the source
of a function of (returned, expected, *arguments) that accepts what is not equal.
"""

from __future__ import annotations

import ast
import math
from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from leti.errors import ProblemError
from leti.kinds import Calls, Case, Streams

KINDS = ("calls", "cases", "answer")
FUNCTION = "solution"
"""What the function is called that gives an answer, if the row does not say."""
TOLERANCE = 1e-6
"""How far numbers may be off if the row does not say: EvalPlus's rule for fractions."""


STRICT = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False)


class CallRow(BaseModel):
    """One call."""

    model_config = STRICT

    arguments: list[Any] | str
    expected: Any = None


class CaseRow(BaseModel):
    """One run."""

    model_config = STRICT

    stdin: str
    stdout: str


class CheckRow(BaseModel):
    """The fields of a row that make a check other than tests."""

    model_config = STRICT

    function: str | None = None
    calls: list[CallRow] | None = Field(None, min_length=1)
    cases: list[CaseRow] | None = Field(None, min_length=1)
    answer: Any = None
    tolerance: float = Field(TOLERANCE, ge=0)
    unordered: bool = False
    accept: str | None = None


FIELDS = tuple(CheckRow.model_fields)


def check_of(row: Mapping[str, Any], where: str, *, reference: bool) -> Calls | Streams:
    """Return the check of a row that has one of `KINDS`.

    Args:
        row: of JSON; fields that are none of `FIELDS` are passed over.
        where: file and line, for the error's message.
        reference: whether the problem has one, which can say what is expected.

    Raises:
        ProblemError: a field is wrong; file, line and field are named.
    """
    kinds = [kind for kind in ("tests", *KINDS) if kind in row]
    if len(kinds) > 1:
        raise ProblemError(
            f"{where}: field {kinds[1]!r}: there is {kinds[0]!r} too. A row has one check: leave one out."
        )
    try:
        read = CheckRow.model_validate({name: row[name] for name in FIELDS if name in row})
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(str(part) for part in first["loc"] if part not in ("str", "list[any]"))
        raise ProblemError(f"{where}: field {field!r}: {first['msg']}.") from None
    if "cases" in row:
        _refuse_others(row, ("function", "tolerance", "unordered", "accept"), where)
        return Streams(cases=tuple(Case(stdin=case.stdin, stdout=case.stdout) for case in read.cases or ()))
    return _calls(read, where, reference=reference)


def _refuse_others(row: Mapping[str, Any], names: Sequence[str], where: str) -> None:
    for name in names:
        if name in row:
            raise ProblemError(f"{where}: field {name!r}: means nothing beside 'cases', which compare text.")


def _calls(read: CheckRow, where: str, *, reference: bool) -> Calls:
    function = read.function or (FUNCTION if read.calls is None else "")
    if not function.isidentifier():
        seen = "missing" if read.function is None else f"{read.function!r:.60} is no name"
        raise ProblemError(f"{where}: field 'function': {seen}. Type the name of the function that is called.")
    if read.accept is not None:
        _parsed(read.accept, "accept", where)
    calls = read.calls if read.calls is not None else [CallRow(arguments=[], expected=read.answer)]
    return Calls(
        function=function,
        arguments=tuple(_arguments(call, f"calls.{number}", where) for number, call in enumerate(calls)),
        expected=_expected(calls, where, reference=reference),
        tolerance=read.tolerance,
        unordered=read.unordered,
        accept=read.accept,
    )


def _arguments(call: CallRow, field: str, where: str) -> str:
    text = call.arguments if isinstance(call.arguments, str) else _given(call.arguments, f"{field}.arguments", where)
    tree = _parsed(f"_({text}\n)", f"{field}.arguments", where)
    call_of = tree.body[0].value if len(tree.body) == 1 and isinstance(tree.body[0], ast.Expr) else None
    if not isinstance(call_of, ast.Call) or not isinstance(call_of.func, ast.Name):
        raise ProblemError(f"{where}: field '{field}.arguments': {text!r:.60} are no arguments of one call.")
    return text


def _given(values: list[Any], field: str, where: str) -> str:
    return ", ".join(_source(value, field, where) for value in values)


def _expected(calls: Sequence[CallRow], where: str, *, reference: bool) -> tuple[str, ...] | None:
    silent = [number for number, call in enumerate(calls) if "expected" not in call.model_fields_set]
    if len(silent) == len(calls) and reference:
        return None
    if silent:
        why = "others have it" if len(silent) < len(calls) else "there is no 'reference' to ask"
        raise ProblemError(f"{where}: field 'calls.{silent[0]}.expected': missing, and {why}. Type it.")
    return tuple(_literal(call, f"calls.{number}.expected", where) for number, call in enumerate(calls))


def _literal(call: CallRow, field: str, where: str) -> str:
    if not isinstance(call.arguments, str):
        return _source(call.expected, field, where)
    if not isinstance(call.expected, str):
        seen = f"{call.expected!r:.60}"
        raise ProblemError(f"{where}: field {field!r}: must be Python source, as the arguments are; is {seen}.")
    try:
        ast.literal_eval(call.expected)
    except (ValueError, TypeError, SyntaxError, RecursionError, MemoryError):
        raise ProblemError(
            f"{where}: field {field!r}: {call.expected!r:.60} is no literal of Python, such as (1, 'a')."
        ) from None
    return call.expected


def _source(value: Any, field: str, where: str) -> str:
    try:
        text = source(value)
        ast.literal_eval(text)
    except (ValueError, RecursionError, MemoryError, SyntaxError) as error:
        raise ProblemError(f"{where}: field {field!r}: cannot be written as Python ({error}).") from None
    return text


def _parsed(code: str, field: str, where: str) -> ast.Module:
    try:
        return ast.parse(code)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise ProblemError(f"{where}: field {field!r}: not Python ({error}).") from None


def source(value: Any) -> str:
    """Return Python source of a literal that makes the value: of plain data, infinite numbers among them.

    Raises:
        ValueError: it is or holds what is not a number.
    """
    if isinstance(value, list):
        return f"[{', '.join(map(source, value))}]"
    if isinstance(value, tuple):
        return f"({', '.join(map(source, value))}{',' * (len(value) == 1)})"
    if isinstance(value, set) and value:
        return f"{{{', '.join(sorted(map(source, value)))}}}"
    if isinstance(value, dict):
        return f"{{{', '.join(f'{source(key)}: {source(item)}' for key, item in value.items())}}}"
    if isinstance(value, float) and not math.isfinite(value):
        if math.isnan(value):
            raise ValueError("nan has no literal")
        return "1e999" if value > 0 else "-1e999"
    return repr(value)
