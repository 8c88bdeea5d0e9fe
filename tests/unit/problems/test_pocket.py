"""What ships with the package: the problems, and the text that the built-in model has read."""

from __future__ import annotations

import json
import re
from importlib.resources import files
from typing import Any

import pytest

from leti.kinds import Tests
from leti.problems import pocket
from leti.vocabulary import CONTROL_TOKENS

FOLDER = files("leti") / "pocket"


def lines(name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (FOLDER / name).read_text("utf-8").splitlines()]


ROWS = lines("problems.jsonl")
CORPUS = [row["content"] for row in lines("corpus.jsonl")]


def test_the_splits_are_as_large_as_the_documentation_says() -> None:
    splits = {name: len(found) for name, found in pocket.load().splits.items()}
    assert splits == {"train": 400, "validation": 100, "test": 300, "plain": 100}


def test_every_problem_has_its_own_id_a_prompt_that_ends_in_its_first_test_and_a_reference_that_compiles() -> None:
    problems = [problem for split in pocket.load().splits.values() for problem in split]
    assert len({problem.id for problem in problems}) == len(problems)
    for problem in problems:
        assert isinstance(problem.check, Tests)
        assert problem.id.startswith("pocket/")
        assert problem.prompt.endswith(f'\n{problem.check.tests[0]}\n"""')
        compile(f"{problem.reference}\n{problem.check.text}", problem.id, "exec")


def test_no_composition_is_in_two_splits() -> None:
    compositions = [row["composition"] for row in ROWS if row["split"] != "plain"]
    assert len(set(compositions)) == 800


@pytest.mark.parametrize("field", ["text", "tests"])
def test_no_two_splits_share_what_is_asked(field: str) -> None:
    seen: dict[str, str] = {}
    for row in ROWS:
        assert seen.setdefault(json.dumps(row[field]), row["split"]) == row["split"], row["id"]


def test_no_constant_passes_the_tests_of_a_problem() -> None:
    for row in ROWS:
        expected = [test.rpartition(" == ")[2] for test in row["tests"]]
        assert len(set(expected)) == 3, row["id"]


def test_difficulty_is_graded() -> None:
    test = [row["operations"] for row in ROWS if row["split"] == "test"]
    assert min(test.count(operations) for operations in (1, 2, 3)) >= 20


def test_no_problem_stands_in_the_text_the_model_has_read() -> None:
    asked = {(row["text"], row["tests"][0]) for row in ROWS}
    read = {(found[1], found[2]) for text in CORPUS if (found := re.search(r'"""\n(.*)\n(assert .*)\n"""', text))}
    assert len(read) > len(CORPUS) // 2
    assert not asked & read


def test_the_model_has_never_read_a_reward_token() -> None:
    assert not [text for text in CORPUS if any(token in text for token in CONTROL_TOKENS)]


def test_the_model_is_small_enough_to_ship() -> None:
    assert sum(path.stat().st_size for path in (FOLDER / "model").iterdir()) <= 8 << 20  # type: ignore[attr-defined]
