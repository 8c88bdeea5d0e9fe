"""Rows of programs that were written elsewhere."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from leti.errors import ProblemError
from leti.kinds import Calls, Case, Streams, Tests
from leti.types import Feedback, Problem
from leti.verify import PythonVerifier
from leti.verify.stored import Judged, read_programs, write_verdicts

ADD = "def add(a, b):\n    return a + b"


def rows(path: Path, *found: dict[str, Any]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in found))
    return path


def test_a_row_may_have_any_check(tmp_path: Path) -> None:
    path = rows(
        tmp_path / "rows.jsonl",
        {"program": ADD, "tests": "assert add(1, 2) == 3"},
        {"program": ADD, "function": "add", "calls": [{"arguments": [0.1, 0.2], "expected": 0.3}]},
        {"program": ADD, "function": "add", "calls": [{"arguments": "(1,), (2,)", "expected": "(1, 2)"}]},
        {"program": "print(int(input()) * 2)", "cases": [{"stdin": "4\n", "stdout": "8\n"}]},
        {"program": "def solution():\n    return 6 * 7", "answer": 42},
    )
    programs = read_programs(path, {})
    assert [type(program.problem.check) for program in programs] == [Tests, Calls, Calls, Streams, Calls]
    wrong = "def add(*_): return 3\ndef solution(): return 3\nprint(3)"
    with PythonVerifier(workers=1) as verifier:
        pairs = [(program.problem, program.solution) for program in programs]
        assert all(verdict.passed for verdict in verifier.verify(pairs))
        others = [(problem, replace(solution, program=wrong)) for problem, solution in pairs]
        assert [verdict.passed for verdict in verifier.verify(others)] == [True, False, False, False, False]


def test_tests_may_be_a_list_and_have_a_setup_and_calls_a_reference(tmp_path: Path) -> None:
    calls: dict[str, Any] = {"function": "add", "calls": [{"arguments": [1, 2]}], "reference": ADD}
    path = rows(
        tmp_path / "rows.jsonl",
        {"program": ADD, "setup": "K = 3", "tests": ["assert add(1, 2) == K", "assert add(0, 3) == K"]},
        {"program": ADD, "setup": "K = 3", "tests": "assert add(1, 2) == K"},
        {"program": ADD, **calls},
        {"program": "def add(a, b): return a - b", **calls},
    )
    programs = read_programs(path, {})
    with PythonVerifier(workers=1) as verifier:
        found = list(verifier.verify((program.problem, program.solution) for program in programs))
    assert [len(verdict.tests) for verdict in found] == [2, 1, 1, 1]
    assert [verdict.passed for verdict in found] == [True, True, True, False]


def test_names_of_a_row_go_back_out(tmp_path: Path) -> None:
    path = rows(tmp_path / "rows.jsonl", {"problem": "p/1", "sample": 2, "program": ADD, "tests": "assert add"})
    (program,) = read_programs(path, {})
    with PythonVerifier(workers=1) as verifier:
        (verdict,) = verifier.verify([(program.problem, program.solution)])
    out = tmp_path / "out.jsonl"
    write_verdicts(out, [Judged(program=program, verdict=verdict, feedback=Feedback(good=True, text=None))])
    found = json.loads(out.read_text())
    assert (found["id"], found["problem"], found["sample"]) == (0, "p/1", 2)


def test_no_programs_are_no_success(tmp_path: Path) -> None:
    with pytest.raises(ProblemError, match="no programs"):
        read_programs(rows(tmp_path / "rows.jsonl"), {})


def test_tests_go_before_other_fields_that_a_row_may_have(tmp_path: Path) -> None:
    (program,) = read_programs(rows(tmp_path / "a", {"program": ADD, "tests": "assert 1", "answer": 42}), {})
    assert isinstance(program.problem.check, Tests)


def test_columns_that_are_none_of_ours_are_passed_over(tmp_path: Path) -> None:
    row = {"program": ADD, "tests": "assert 1", "test": 1, "model": "m", "entry_point": "add", "accepted": True}
    (program,) = read_programs(rows(tmp_path / "a", row), {})
    assert isinstance(program.problem.check, Tests)


def test_rows_need_no_check_where_something_else_decides(tmp_path: Path) -> None:
    path = rows(tmp_path / "a", {"program": ADD}, {"program": ADD, "answer": 42})
    bare, answer = (program.problem.check for program in read_programs(path, {}, unchecked=True))
    assert bare == Tests(tests=())
    assert isinstance(answer, Calls)


def test_a_problem_that_is_named_goes_before_an_answer(tmp_path: Path) -> None:
    known = Problem(id="a/1", prompt="p", check=Streams(cases=(Case(stdin="", stdout=""),)), source="a")
    row = {"problem": "a/1", "completion": "c", "answer": 42}
    (program,) = read_programs(rows(tmp_path / "a", row), {"a/1": known})
    assert program.problem is known


@pytest.mark.parametrize(
    ("row", "field"),
    [
        ({"program": ADD}, "tests"),
        ({"program": ADD, "calls": []}, "calls"),
        ({"program": ADD, "function": "add", "calls": [{"arguments": [1, 2]}]}, "calls.0.expected"),
        ({"program": ADD, "cases": [{"stdin": ""}]}, "cases.0.stdout"),
        ({"calls": [{"arguments": [1, 2], "expected": 3}], "function": "add"}, "program"),
        ({"program": ADD, "answer": 3, "tolerence": 0.1}, "tolerence"),
        ({"program": ADD, "test": "assert add(1, 2) == 3"}, "test"),
        ({"program": ADD, "functions": "add", "calls": [{"arguments": [1, 2], "expected": 3}]}, "functions"),
    ],
)
def test_a_wrong_row_is_refused_with_file_line_and_field(tmp_path: Path, row: dict[str, Any], field: str) -> None:
    path = rows(tmp_path / "rows.jsonl", {"program": ADD, "tests": "assert 1"}, row)
    with pytest.raises(ProblemError, match=f"line 2: field '{field}'"):
        read_programs(path, {})
