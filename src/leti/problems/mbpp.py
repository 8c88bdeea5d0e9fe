"""MBPP (Austin et al. 2021): 974 problems, three asserts each; the paper's training set."""

from __future__ import annotations

from typing import Any

from leti.errors import ProblemError
from leti.kinds import Tests
from leti.problems.problem_set import TEST, TRAIN, VALIDATION, ProblemSet
from leti.problems.rows import rows
from leti.types import Problem

HUB_NAME = "google-research-datasets/mbpp"
SPLITS = {"prompt": range(1, 11), TEST: range(11, 511), VALIDATION: range(511, 601), TRAIN: range(601, 975)}
"""By task id, as published."""


def load(path: str, *, setup_code: bool = True) -> ProblemSet:
    """The four official splits.

    Args:
        path: `mbpp.jsonl`, its directory, or the hub's name.
        setup_code: include `test_setup_code`. The paper's code drops it, so that 367 and 927 can never pass.

    Raises:
        ProblemError: a row lacks a field, or an id is in no split.
    """
    splits: dict[str, list[Problem]] = {name: [] for name in (TRAIN, VALIDATION, TEST, "prompt")}
    for where, row in rows(path, file="mbpp.jsonl"):
        try:
            problem, number = _problem(row, setup_code=setup_code), int(row["task_id"])
        except (LookupError, AttributeError, TypeError, ValueError) as error:
            raise ProblemError(f"{where}: not an MBPP row ({type(error).__name__}: {error}).") from None
        home = next((name for name, numbers in SPLITS.items() if number in numbers), None)
        if home is None:
            raise ProblemError(f"{where}: task_id {number} is in none of MBPP's splits (1 to 974).")
        splits[home].append(problem)
    return ProblemSet("mbpp", {name: tuple(found) for name, found in splits.items()})


def prompt(text: str, first_test: str) -> str:
    """The paper's zero-shot prompt: a docstring with the instruction and the first test, no newline after it."""
    return f'"""\n{text}\n{first_test}\n"""'


def _problem(row: dict[str, Any], *, setup_code: bool) -> Problem:
    opening = prompt(row["text"], row["test_list"][0])
    return Problem(
        id=f"mbpp/{row['task_id']}",
        prompt=opening,
        check=Tests(tests=tuple(row["test_list"]), setup=_lines(row["test_setup_code"]) if setup_code else ""),
        source="mbpp",
        reference=f"{opening}\n{_lines(row['code'])}",
    )


def _lines(code: str) -> str:
    """Code with Unix line ends: 972 of the 974 rows carry CRLF, and some end in a lone CR."""
    return code.replace("\r\n", "\n").replace("\r", "\n")
