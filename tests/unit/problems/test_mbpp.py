from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from leti.errors import ProblemError
from leti.problems import TEST, TRAIN, VALIDATION, ProblemSet, load_problems

if TYPE_CHECKING:
    from pathlib import Path

ROW = {
    "text": "Add.",
    "code": "def add(a, b):\r\n    return a + b",
    "task_id": 601,
    "test_setup_code": "",
    "test_list": ["assert add(1, 2) == 3", "assert add(0, 0) == 0"],
}


@pytest.fixture(scope="module")
def mbpp(shared: Path) -> ProblemSet:
    return load_problems("mbpp", str(shared / "data" / "mbpp"))


def one(tmp_path: Path, **turned: object) -> ProblemSet:
    path = tmp_path / "mbpp.jsonl"
    path.write_text(json.dumps({name: value for name, value in {**ROW, **turned}.items() if value is not None}) + "\n")
    return load_problems("mbpp", str(path))


def test_the_splits_are_the_published_ones(mbpp: ProblemSet) -> None:
    assert {name: len(found) for name, found in mbpp.splits.items()} == {
        TRAIN: 374,
        VALIDATION: 90,
        TEST: 500,
        "prompt": 10,
    }
    assert [p.id for p in mbpp.split(TEST)] == [f"mbpp/{n}" for n in range(11, 511)]
    assert mbpp.split(TRAIN)[0].id == "mbpp/601"


def test_the_splits_agree_with_the_datas_own_list(mbpp: ProblemSet, shared: Path) -> None:
    published = json.loads((shared / "data" / "mbpp" / "splits.json").read_text())
    for split, found in mbpp.splits.items():
        numbers = published.get(split) or published["full"][split]
        if isinstance(numbers, dict):
            numbers = next(value for value in numbers.values() if isinstance(value, list))
        assert [f"mbpp/{n}" for n in sorted(numbers)] == [p.id for p in found]


def test_the_prompt_of_task_11_is_the_papers(mbpp: ProblemSet, shared: Path) -> None:
    (case, *_) = json.loads((shared / "vectors" / "fcft_texts.json").read_text())
    assert mbpp.find("mbpp/11").prompt == case["prompt"]


def test_every_problem_has_three_tests_and_shows_the_first(mbpp: ProblemSet) -> None:
    for problems in mbpp.splits.values():
        for problem in problems:
            assert len(problem.check.tests) == 3
            assert problem.prompt.endswith(f'\n{problem.check.tests[0]}\n"""')


def test_setup_code_stands_after_the_program_in_the_two_tasks_that_have_some(mbpp: ProblemSet) -> None:
    with_setup = [p for split in mbpp.splits.values() for p in split if p.check.setup]
    assert sorted(p.id for p in with_setup) == ["mbpp/367", "mbpp/927"]
    for problem in with_setup:
        assert "class Node" in (problem.reference or "")
        assert problem.check.text.startswith("root = Node(")
        compile(f"{problem.reference}\n{problem.check.text}", problem.id, "exec")


def test_the_papers_code_drops_the_setup_code(shared: Path) -> None:
    faithful = load_problems("mbpp", str(shared / "data" / "mbpp" / "mbpp.jsonl"), setup_code=False)
    assert not any(p.check.setup for split in faithful.splits.values() for p in split)
    assert len(faithful.find("mbpp/367").check.tests) == 3


def test_line_ends_are_unix_ones_everywhere(mbpp: ProblemSet) -> None:
    for split in mbpp.splits.values():
        for problem in split:
            assert "\r" not in f"{problem.prompt}{problem.check.text}{problem.reference}"


def test_a_reference_is_the_prompt_and_the_published_program(tmp_path: Path) -> None:
    problem = one(tmp_path).find("mbpp/601")
    assert problem.reference == '"""\nAdd.\nassert add(1, 2) == 3\n"""\ndef add(a, b):\n    return a + b'


@pytest.mark.parametrize(
    ("turned", "words"),
    [
        ({"text": None}, "'text'"),
        ({"test_list": None}, "'test_list'"),
        ({"test_list": []}, "IndexError"),
        ({"code": 3}, "int"),
        ({"task_id": "eleven"}, "eleven"),
        ({"task_id": 975}, "975 is in none of MBPP's splits"),
        ({"task_id": 0}, "0 is in none of MBPP's splits"),
    ],
)
def test_a_wrong_row_is_refused_with_file_and_line(tmp_path: Path, turned: dict[str, object], words: str) -> None:
    with pytest.raises(ProblemError, match=words) as caught:
        one(tmp_path, **turned)
    assert f"{tmp_path / 'mbpp.jsonl'}, line 1: " in str(caught.value)


def test_the_sanitized_rows_are_told_to_be_no_mbpp_rows(shared: Path) -> None:
    with pytest.raises(ProblemError, match="line 1: not an MBPP row"):
        load_problems("mbpp", str(shared / "data" / "mbpp" / "sanitized_mbpp.jsonl"))


def test_a_directory_without_the_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ProblemError, match=r"a directory without mbpp\.jsonl"):
        load_problems("mbpp", str(tmp_path))


def test_a_limit_takes_the_first_of_a_split(mbpp: ProblemSet) -> None:
    assert [p.id for p in mbpp.split(TEST, 2)] == ["mbpp/11", "mbpp/12"]
    assert len(mbpp.split(TEST, 10_000)) == 500
