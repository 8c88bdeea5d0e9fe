from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from leti.errors import ProblemError
from leti.problems import TEST, ProblemSet, load_problems

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def humaneval(shared: Path) -> ProblemSet:
    return load_problems("humaneval", str(shared / "data" / "humaneval"))


def test_there_are_164_problems_to_score_on_and_none_to_train_on(humaneval: ProblemSet) -> None:
    assert {name: len(found) for name, found in humaneval.splits.items()} == {TEST: 164}
    assert humaneval.split(TEST)[163].id == "humaneval/163"


def test_prompts_are_stripped_as_the_papers_code_does(humaneval: ProblemSet) -> None:
    for problem in humaneval.split(TEST):
        assert problem.prompt == problem.prompt.strip()
    assert humaneval.find("humaneval/0").prompt.startswith("from typing import List")


def test_the_check_is_one_test_that_calls_the_function_asked_for(humaneval: ProblemSet) -> None:
    problem = humaneval.find("humaneval/0")
    (test,) = problem.check.tests
    assert test.endswith("\ncheck(has_close_elements)")
    for each in humaneval.split(TEST):
        compile(f"{each.reference}\n{each.check.text}", each.id, "exec")


def test_a_wrong_row_is_refused_with_file_and_line(tmp_path: Path) -> None:
    path = tmp_path / "HumanEval.jsonl"
    for row, words in (({"task_id": "HumanEval/0", "prompt": "def f():"}, "'test'"), ({"prompt": 3}, "strip")):
        path.write_text(json.dumps(row))
        with pytest.raises(ProblemError, match=f"line 1: not a HumanEval row.*{words}"):
            load_problems("humaneval", str(tmp_path))


def test_there_is_no_training_split_to_ask_for(humaneval: ProblemSet) -> None:
    with pytest.raises(ProblemError, match=r"'humaneval' has no split 'train'\. It has: test"):
        humaneval.split("train")
