"""Your own problems: one JSON object per line.

    {"prompt": "...", "tests": ["assert f(1) == 2", ...]}

and, if you like, `id`, `split` (train, the default, validation or test), `setup` (code the tests need, run after the
program) and `reference` (what follows the prompt in a program known to pass; `leti check` runs it). In place of tests a
row may have `calls`, `cases` or an `answer`: see `check_rows`. Where a function of yours decides, none is needed.
"""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from leti.check_rows import FIELDS, KINDS, check_of
from leti.errors import ProblemError
from leti.kinds import Check, Tests
from leti.problems.problem_set import TEST, TRAIN, VALIDATION, ProblemSet
from leti.problems.rows import rows
from leti.types import Problem


class Row(BaseModel):
    """One line."""

    model_config = ConfigDict(extra="forbid", strict=True)

    prompt: str
    tests: list[str] | str | None = None
    setup: str = ""
    reference: str | None = None
    id: str | int | None = None
    split: Literal["train", "validation", "test"] = "train"


def load(path: str, *, unchecked: bool = False) -> ProblemSet:
    """The problems of a file, by split; without an `id` a problem is named by its number in the file, from 1.

    Args:
        path: of the file, or the name of a data set on the hub.
        unchecked: a row need not have a check.

    Raises:
        ProblemError: a wrong row: file, line and field are named.
    """
    name = Path(path).name.removesuffix(".gz").removesuffix(".jsonl")
    splits: dict[str, list[Problem]] = {TRAIN: [], VALIDATION: [], TEST: []}
    seen: dict[str, str] = {}
    for number, (where, raw) in enumerate(rows(path), start=1):
        row = _row(raw, where)
        check = Tests(tests=()) if unchecked and "tests" not in raw and _has_tests(raw) else _check(row, raw, where)
        problem = _problem(row, f"{name}/{number if row.id is None else row.id}", check)
        if problem.id in seen:
            raise ProblemError(f"{where}: field 'id': {problem.id!r} was used before ({seen[problem.id]}).")
        seen[problem.id] = where
        splits[row.split].append(problem)
    if not seen:
        raise ProblemError(f"{path}: no problems. Each line must be like {{'prompt': ..., 'tests': [...]}}.")
    return ProblemSet(name, {split: tuple(found) for split, found in splits.items() if found})


def _has_tests(raw: dict[str, Any]) -> bool:
    return not any(kind in raw for kind in KINDS)


def _row(raw: dict[str, Any], where: str) -> Row:
    known = raw if _has_tests(raw) else {name: value for name, value in raw.items() if name not in FIELDS}
    try:
        return Row.model_validate(known)
    except ValidationError as error:
        first = error.errors()[0]
        location = ".".join(str(part) for part in first["loc"])
        allowed = ", ".join(Row.model_fields)
        others = f"; for other checks than tests: {', '.join(FIELDS)}"
        raise ProblemError(f"{where}: field {location!r}: {first['msg']}. Fields are: {allowed}{others}.") from None


def _problem(row: Row, name: str, check: Check) -> Problem:
    reference = None if row.reference is None else row.prompt + _joint(row.prompt, row.reference) + row.reference
    return Problem(
        id=name,
        prompt=row.prompt,
        check=check,
        source=name.partition("/")[0],
        reference=reference,
    )


def _joint(prompt: str, reference: str) -> str:
    """A newline, where the two are lines each; nothing where one goes on in the middle of the other's line."""
    if prompt.endswith("\n") or reference.startswith("\n"):
        return ""
    return "" if _is_python(prompt + reference) and not _is_python(f"{prompt}\n{reference}") else "\n"


def _is_python(code: str) -> bool:
    try:
        ast.parse(code)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return True


def _check(row: Row, raw: dict[str, Any], where: str) -> Check:
    return _tests(row, where) if _has_tests(raw) else check_of(raw, where, reference=row.reference is not None)


def _tests(row: Row, where: str) -> Tests:
    if row.tests is None:
        raise ProblemError(f"{where}: field 'tests': Field required; or one of: {', '.join(KINDS)}.")
    tests = [row.tests] if isinstance(row.tests, str) else row.tests
    _statements(row.setup, "setup", where)
    if not sum(_statements(test, "tests", where) for test in tests):
        raise ProblemError(f"{where}: field 'tests': empty, so that every program would pass.")
    return Tests(tests=tuple(tests), setup=row.setup)


def _statements(code: str, field: str, where: str) -> int:
    try:
        return len(ast.parse(code).body)
    except (SyntaxError, ValueError) as error:
        raise ProblemError(f"{where}: field {field!r}: not Python ({error}).") from None
