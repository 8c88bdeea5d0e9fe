from __future__ import annotations

import gzip
import json
from typing import TYPE_CHECKING, Any

import pytest

from leti.errors import ConfigError, ProblemError
from leti.kinds import Calls, Case, Streams, Tests
from leti.problems import TEST, TRAIN, VALIDATION, digest, load_problems

if TYPE_CHECKING:
    from pathlib import Path

GOOD = {"prompt": "def f(x):", "tests": ["assert f(1) == 2"]}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "mine.jsonl"


def fill(path: Path, *rows: dict[str, Any]) -> str:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return str(path)


def refusal(name: str) -> str:
    with pytest.raises(ProblemError) as caught:
        load_problems("jsonl", name)
    return str(caught.value)


def test_a_row_of_prompt_and_tests_is_a_training_problem(path: Path) -> None:
    (problem,) = load_problems("jsonl", fill(path, GOOD)).split(TRAIN)
    assert (problem.id, problem.source, problem.prompt) == ("mine/1", "mine", "def f(x):")
    assert (problem.check.tests, problem.check.setup) == (("assert f(1) == 2",), "")
    assert problem.reference is None


def test_every_field_is_used(path: Path) -> None:
    row = {**GOOD, "id": "a", "split": "test", "setup": "y = 1", "reference": "    return x + 1"}
    (problem,) = load_problems("jsonl", fill(path, row)).split(TEST)
    assert problem.id == "mine/a"
    assert problem.check.text == "y = 1\nassert f(1) == 2"
    assert problem.reference == "def f(x):\n    return x + 1"


@pytest.mark.parametrize(
    ("prompt", "reference"),
    [("def f(x):\n", "    return x"), ("def f(x):", "\n    return x"), ("def f(x):", "    return x")],
)
def test_a_reference_begins_on_its_own_line(path: Path, prompt: str, reference: str) -> None:
    (problem,) = load_problems("jsonl", fill(path, {**GOOD, "prompt": prompt, "reference": reference})).split(TRAIN)
    assert problem.reference == "def f(x):\n    return x"


def test_a_row_may_have_another_check_than_tests(path: Path) -> None:
    checks = [
        {"function": "f", "calls": [{"arguments": [1], "expected": 2}]},
        {"function": "f", "calls": [{"arguments": [1]}], "reference": "return x + 1"},
        {"cases": [{"stdin": "1", "stdout": "2"}]},
        {"answer": 42},
        {"answer": 43},
    ]
    problems = load_problems("jsonl", fill(path, *({"prompt": "def f(x):"} | check for check in checks))).split(TRAIN)
    assert [problem.check for problem in problems] == [
        Calls(function="f", arguments=("1",), expected=("2",), tolerance=1e-6),
        Calls(function="f", arguments=("1",), expected=None, tolerance=1e-6),
        Streams(cases=(Case(stdin="1", stdout="2"),)),
        Calls(function="solution", arguments=("",), expected=("42",), tolerance=1e-6),
        Calls(function="solution", arguments=("",), expected=("43",), tolerance=1e-6),
    ]
    assert problems[1].reference == "def f(x):return x + 1"
    assert len({digest((problem,)) for problem in problems}) == len(problems)


@pytest.mark.parametrize(
    ("check", "field"),
    [
        ({"calls": [{"arguments": [1], "expected": 2}]}, "function"),
        ({"function": "f", "calls": [{"arguments": [1]}]}, "calls.0.expected"),
        ({"tests": ["assert f()"], "answer": 1}, "answer"),
        ({"answer": 1, "answers": 2}, "answers"),
        ({"tests": ["assert f()"], "function": "f"}, "function"),
    ],
)
def test_a_wrong_check_is_refused_with_file_line_and_field(path: Path, check: dict[str, Any], field: str) -> None:
    assert f"{path}, line 2: field '{field}'" in refusal(fill(path, GOOD, {"prompt": "def f():"} | check))


def test_rows_need_no_check_where_something_else_decides(path: Path) -> None:
    fill(path, {"prompt": "one more"}, {"prompt": "f", "answer": 42})
    bare, answer = (p.check for p in load_problems("jsonl", str(path), unchecked=True).split(TRAIN))
    assert bare == Tests(tests=())
    assert isinstance(answer, Calls)
    assert "field 'tests': Field required" in refusal(str(path))


def test_tests_that_are_there_are_read_whatever_else_decides(path: Path) -> None:
    with pytest.raises(ProblemError, match="every program would pass"):
        load_problems("jsonl", fill(path, {"prompt": "f", "tests": []}), unchecked=True)


def test_one_test_may_be_a_string(path: Path) -> None:
    (problem,) = load_problems("jsonl", fill(path, {**GOOD, "tests": "assert f(1)\nassert f(2)"})).split(TRAIN)
    assert problem.check.tests == ("assert f(1)\nassert f(2)",)


def test_rows_go_to_their_splits_in_order(path: Path) -> None:
    rows = [{**GOOD, "id": n, "split": split} for n, split in enumerate([TEST, TRAIN, VALIDATION, TRAIN])]
    found = load_problems("jsonl", fill(path, *rows))
    assert {name: [p.id for p in problems] for name, problems in found.splits.items()} == {
        TRAIN: ["mine/1", "mine/3"],
        VALIDATION: ["mine/2"],
        TEST: ["mine/0"],
    }


def test_a_packed_file_is_the_same_as_a_plain_one(path: Path) -> None:
    plain = load_problems("jsonl", fill(path, GOOD, GOOD))
    packed = path.with_name("mine.jsonl.gz")
    packed.write_bytes(gzip.compress(path.read_bytes()))
    assert load_problems("jsonl", str(packed)) == plain


def test_empty_lines_and_other_line_ends_are_passed_over(path: Path) -> None:
    path.write_bytes(f"\r\n{json.dumps(GOOD)}\r\n\n{json.dumps(GOOD)}".encode())
    assert [p.id for p in load_problems("jsonl", str(path)).split(TRAIN)] == ["mine/1", "mine/2"]


@pytest.mark.parametrize(
    ("row", "field", "words"),
    [
        ({"tests": ["assert f()"]}, "prompt", "Field required"),
        ({"prompt": "def f():"}, "tests", "Field required"),
        ({**GOOD, "prompt": 3}, "prompt", "valid string"),
        ({**GOOD, "prompt": None}, "prompt", "valid string"),
        ({**GOOD, "tests": [3]}, "tests", "valid string"),
        ({**GOOD, "tests": {"a": 1}}, "tests", "valid list"),
        ({**GOOD, "tests": []}, "tests", "every program would pass"),
        ({**GOOD, "tests": ""}, "tests", "every program would pass"),
        ({**GOOD, "tests": [" ", "\n"]}, "tests", "every program would pass"),
        ({**GOOD, "tests": ["# to do"]}, "tests", "every program would pass"),
        ({**GOOD, "tests": ["assert f("]}, "tests", "not Python"),
        ({**GOOD, "tests": ["assert '\x00'"]}, "tests", "not Python"),
        ({**GOOD, "setup": "import"}, "setup", "not Python"),
        ({**GOOD, "setup": 1}, "setup", "valid string"),
        ({**GOOD, "reference": 1}, "reference", "valid string"),
        ({**GOOD, "split": "dev"}, "split", "'train', 'validation' or 'test'"),
        ({**GOOD, "id": 1.5}, "id", "valid string"),
        ({**GOOD, "id": [1]}, "id", "valid string"),
        ({**GOOD, "test": "assert f()"}, "test", "Extra inputs"),
    ],
)
def test_a_wrong_row_is_refused_with_file_line_and_field(
    path: Path, row: dict[str, Any], field: str, words: str
) -> None:
    told = refusal(fill(path, GOOD, row))
    assert f"{path}, line 2: field '{field}" in told
    assert words in told


@pytest.mark.parametrize("line", ["{'prompt': 1}", '{"prompt": ', "[1, 2]", "3", "null", '"text"'])
def test_a_line_that_is_no_json_object_is_refused_with_file_and_line(path: Path, line: str) -> None:
    path.write_text(f"{json.dumps(GOOD)}\n\n{line}\n")
    assert f"{path}, line 3: " in refusal(str(path))
    assert "one JSON object" in refusal(str(path))


def test_a_torn_last_line_is_refused_and_said_to_be_torn(path: Path) -> None:
    path.write_text(f"{json.dumps(GOOD)}\n{json.dumps(GOOD)[:-5]}")
    assert "line 2" in refusal(str(path))
    assert "ends in the middle of this line" in refusal(str(path))


def test_bytes_that_are_no_text_are_refused(path: Path) -> None:
    path.write_bytes(b'{"prompt": "\xff"}\n')
    assert f"{path}, line 1" in refusal(str(path))


@pytest.mark.parametrize("cut", [3, 20, -4])
def test_a_damaged_packed_file_is_refused_by_name(tmp_path: Path, cut: int) -> None:
    path = tmp_path / "mine.jsonl.gz"
    path.write_bytes(gzip.compress(json.dumps(GOOD).encode() * 50)[:cut])
    assert str(path) in refusal(str(path))


def test_whether_a_file_is_packed_is_seen_from_its_content(tmp_path: Path) -> None:
    plain, packed = tmp_path / "mine.jsonl.gz", tmp_path / "mine.jsonl"
    plain.write_text(json.dumps(GOOD))
    packed.write_bytes(gzip.compress(json.dumps(GOOD).encode()))
    assert load_problems("jsonl", str(plain)).splits == load_problems("jsonl", str(packed)).splits


@pytest.mark.parametrize("ids", [("a", "a"), (1, "1"), (None, 1), (2, None)])
def test_an_id_that_was_used_before_is_refused_with_both_places(path: Path, ids: tuple[Any, Any]) -> None:
    told = refusal(fill(path, *({**GOOD, "id": each} for each in ids)))
    assert f"{path}, line 2: field 'id'" in told
    assert f"{path}, line 1" in told


def test_a_file_without_problems_is_refused(path: Path) -> None:
    path.write_text("\n\n")
    assert "no problems" in refusal(str(path))


def test_a_file_that_is_not_there_is_refused_with_what_to_type(path: Path) -> None:
    told = refusal(str(path))
    assert str(path) in told
    assert "no such file" in told
    assert "JSONL file" in told


def test_your_own_problems_need_a_path() -> None:
    with pytest.raises(ConfigError, match=r"--set problems\.path=FILE"):
        load_problems("jsonl")


@pytest.mark.parametrize(
    ("prompt", "reference", "whole"),
    [
        ("def f(x):\n    return", " x + 1\n", "def f(x):\n    return x + 1\n"),
        ("def f(x):", "    return x + 1", "def f(x):\n    return x + 1"),
        ("# one more", "def f(x): return x + 1", "# one more\ndef f(x): return x + 1"),
        ("y = 2", "def f(x): return x + 1", "y = 2\ndef f(x): return x + 1"),
    ],
)
def test_a_reference_goes_on_where_the_prompt_ends(path: Path, prompt: str, reference: str, whole: str) -> None:
    (problem,) = load_problems("jsonl", fill(path, {**GOOD, "prompt": prompt, "reference": reference})).split(TRAIN)
    assert problem.reference == whole
