"""A problem set: problems by split."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256

from leti.errors import ProblemError
from leti.kinds import Calls
from leti.types import Problem

TRAIN, VALIDATION, TEST = "train", "validation", "test"


@dataclass(frozen=True, slots=True)
class ProblemSet:
    """Problems by split; ids are unique over all splits."""

    name: str
    splits: Mapping[str, tuple[Problem, ...]]

    def split(self, name: str, limit: int | None = None) -> tuple[Problem, ...]:
        """The first `limit` problems of a split (all without a limit).

        Raises:
            ProblemError: the set has no such split.
        """
        if name not in self.splits:
            have = ", ".join(self.splits) or "none"
            raise ProblemError(f"Problem set {self.name!r} has no split {name!r}. It has: {have}.")
        return self.splits[name][:limit]

    def find(self, problem_id: str) -> Problem:
        """The problem of that id.

        Raises:
            ProblemError: there is none.
        """
        for problems in self.splits.values():
            for problem in problems:
                if problem.id == problem_id:
                    return problem
        raise ProblemError(f"Problem set {self.name!r} has no problem {problem_id!r}.")


def digest_of_uses(splits: Mapping[str, tuple[Problem, ...]]) -> str:
    """A SHA-256 over which problem is in which split."""
    listed = [f"{name}\0{problem.id}" for name, problems in splits.items() for problem in problems]
    return sha256("\0".join(listed).encode("utf-8", "surrogatepass")).hexdigest()


def digest_of_references(problems: tuple[Problem, ...]) -> str:
    """A SHA-256 over the reference solutions, from which limits on time are taken."""
    listed = [f"{problem.id}\0{problem.reference}" for problem in problems]
    return sha256("\0".join(listed).encode("utf-8", "surrogatepass")).hexdigest()


def digest(problems: tuple[Problem, ...]) -> str:
    """A SHA-256 over everything that decides what is sampled and what passes."""
    state = sha256()
    for problem in problems:
        asked = isinstance(problem.check, Calls) and problem.check.expected is None
        decides = (problem.reference or "",) if asked else ()
        for part in (problem.id, problem.prompt, *problem.check.content, *decides):
            state.update(part.encode("utf-8", "surrogatepass") + b"\0")
    return state.hexdigest()
