"""Programs that were written elsewhere: JSONL rows in, verdicts out.

A row is either whole, `{"id", "program", "tests"}` (what is run is the program, a newline, the tests, which may be a
list and have a `setup`; in place of tests there may be `calls`, `cases` or an `answer`: see `check_rows`), or names a
problem, `{"id", "problem": "mbpp/17", "completion"}` (what is run is the problem's prompt and the completion).
"""

from __future__ import annotations

import difflib
import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from leti.check_rows import FIELDS, KINDS, check_of
from leti.errors import ProblemError
from leti.kinds import Check, Tests
from leti.rows import json_objects, write_lines
from leti.types import Ending, Feedback, Problem, Solution, Verdict
from leti.verify.checks import says_nothing, tests_from_text
from leti.verify.suspicion import suspicions as suspicions_of

HUB, PLUS = ("pocket", "mbpp", "humaneval"), ("mbppplus", "humanevalplus")
"""Sources of problems by how they are named on the command line; all others are files of your own."""
DECIDING = ("tests", "setup", "reference", *FIELDS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """One row, read."""

    id: Any
    """As the row gives it: it goes back out as it came in."""
    problem: Problem
    solution: Solution
    names: Mapping[str, Any]
    """`problem` and `sample`, where the row has them: they go back out too."""


def read_programs(path: Path, problems: Mapping[str, Problem], *, unchecked: bool = False) -> list[Program]:
    """The programs of a file, in order.

    Args:
        path: JSONL, plain or .gz.
        problems: by id, for rows that name one.
        unchecked: a row need not have a check, as something else decides.

    Raises:
        ProblemError: a wrong row; file, line and field are named.
    """
    found = [
        _program(row, where, number, problems, unchecked=unchecked)
        for number, (where, row) in enumerate(json_objects(path))
    ]
    if not found:
        raise ProblemError(f"{path}: no programs in it.")
    return found


def stored_solutions(path: Path, problems: Mapping[str, Problem]) -> list[Solution]:
    """Stored programs for these problems, to be scored: as many for each.

    Raises:
        ProblemError: a wrong row, or a problem with too few programs or none.
    """
    solutions = [
        _program(row, where, number, problems).solution
        for number, (where, row) in enumerate(json_objects(path))
        if _text(row, "problem", where)
    ]
    counts = Counter(solution.problem for solution in solutions)
    most = max(counts.values(), default=0)
    short = [name for name in problems if counts[name] < max(most, 1)]
    if short:
        raise ProblemError(
            f"{path}: {counts[short[0]]} programs for {short[0]!r}, {most} for others; {len(short)} of {len(problems)} "
            "problems have too few. A score needs as many for each problem of the split: type another --split, or "
            "--set 'problems.limits={test = N}' for the first N problems."
        )
    return solutions


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """One row, and what became of it."""

    program: Program
    verdict: Verdict
    feedback: Feedback


def write_verdicts(path: Path, judged: Iterable[Judged], *, suspicions: bool = False) -> None:
    """One row per program, in order: id, passed, outcome, error_type, tests, trusted, feedback, seconds.

    Args:
        path: JSONL.
        judged: the programs.
        suspicions: say of each program that passed what makes it suspect of a cheat, if anything does.
    """
    write_lines(path, (_verdict_line(one, suspicions=suspicions) for one in judged))


def _verdict_line(judged: Judged, *, suspicions: bool) -> bytes:
    verdict = judged.verdict
    row: dict[str, Any] = {
        "id": judged.program.id,
        **judged.program.names,
        "passed": verdict.passed,
        "outcome": verdict.outcome,
        "error_type": verdict.error.name if verdict.error else None,
        "tests": [test.status for test in verdict.tests],
        "trusted": verdict.trusted,
        "feedback": judged.feedback.text,
        "seconds": round(verdict.seconds, 6),
    }
    if suspicions:
        text, trusted = judged.program.solution.program, verdict.trusted
        row["suspicions"] = suspicions_of(judged.program.problem, text, trusted=trusted) if verdict.passed else []
    return json.dumps(row, ensure_ascii=True).encode()


def _program(
    row: Mapping[str, Any], where: str, number: int, problems: Mapping[str, Problem], *, unchecked: bool = False
) -> Program:
    if "problem" in row and not any(kind in row for kind in ("tests", "calls", "cases")):
        problem = _named(row, where, problems)
        completion = _text(row, "completion", where)
        program = _text(row, "program", where) if "program" in row else problem.prompt + completion
    else:
        program = completion = _text(row, "program", where)
        reference = _text(row, "reference", where) if row.get("reference") is not None else None
        _refuse_misspelt(row, where)
        bare = unchecked and not any(kind in row for kind in ("tests", *KINDS))
        check = Tests(tests=()) if bare else _check(row, where, reference=reference is not None)
        problem = Problem(id=f"row/{number}", prompt="", check=check, source="row", reference=reference)
    solution = Solution(
        problem=problem.id, sample=number, completion=completion, tokens=(), program=program, ending=Ending.TOKEN
    )
    names = {name: row[name] for name in ("problem", "sample") if name in row}
    return Program(id=row.get("id", number), problem=problem, solution=solution, names=names)


def _refuse_misspelt(row: Mapping[str, Any], where: str) -> None:
    """A row may say more than is asked for, but not what is nearly a field that decides."""
    absent = [field for field in DECIDING if field not in row]
    for name in row:
        meant = [] if name in DECIDING else difflib.get_close_matches(name, absent, n=1, cutoff=0.86)
        if meant:
            raise ProblemError(f"{where}: field {name!r}: did you mean {meant[0]!r}? If not, name it otherwise.")


def _check(row: Mapping[str, Any], where: str, *, reference: bool) -> Check:
    if "tests" not in row and any(kind in row for kind in KINDS):
        return check_of(row, where, reference=reference)
    tests = row.get("tests")
    if isinstance(tests, list) and all(isinstance(test, str) for test in tests):
        text, check = "\n".join(tests), Tests(tests=tuple(tests))
    else:
        text = _text(row, "tests", where)
        check = tests_from_text(text)
    if says_nothing(text):
        raise ProblemError(f"{where}: field 'tests': no statement in it, so that every program would pass.")
    return replace(check, setup=_text(row, "setup", where)) if "setup" in row else check


def _named(row: Mapping[str, Any], where: str, problems: Mapping[str, Problem]) -> Problem:
    name = _text(row, "problem", where)
    if name not in problems:
        source = name.partition("/")[0]
        named = f"{source}=PATH" if source in HUB else "evalplus=PATH" if source in PLUS else "jsonl=PATH"
        known = f"--problems {named}" if not any(p.startswith(f"{source}/") for p in problems) else "another id"
        raise ProblemError(f"{where}: field 'problem': no problem {name!r}. Type {known}.")
    return problems[name]


def _text(row: Mapping[str, Any], field: str, where: str) -> str:
    value = row.get(field)
    if not isinstance(value, str):
        seen = "missing" if field not in row else f"{value!r:.60}"
        raise ProblemError(f"{where}: field {field!r}: must be text, is {seen}.")
    return value
