"""The built-in problems: MBPP's shape, made by `recipes/pocket`, splits disjoint by composition; a second family."""

from __future__ import annotations

from importlib.resources import as_file, files

from leti.kinds import Tests
from leti.problems.mbpp import prompt
from leti.problems.problem_set import TEST, TRAIN, VALIDATION, ProblemSet
from leti.problems.rows import rows
from leti.types import Problem

PLAIN = "plain"
"""A second family of problems that no run trains on (one line about one number)."""


def load() -> ProblemSet:
    """The train, validation and test splits that ship with the package, and `plain`: what training must not spoil."""
    splits: dict[str, list[Problem]] = {TRAIN: [], VALIDATION: [], TEST: [], PLAIN: []}
    with as_file(files("leti") / "pocket" / "problems.jsonl") as path:
        for _, row in rows(str(path)):
            opening = prompt(row["text"], row["tests"][0])
            problem = Problem(
                id=row["id"],
                prompt=opening,
                check=Tests(tests=tuple(row["tests"])),
                source="pocket",
                reference=f"{opening}\n{row['reference']}",
            )
            splits[row["split"]].append(problem)
    return ProblemSet("pocket", {split: tuple(found) for split, found in splits.items() if found})
