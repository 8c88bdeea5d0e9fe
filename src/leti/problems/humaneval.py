"""HumanEval (Chen et al. 2021): 164 problems, to score on; never to train on."""

from __future__ import annotations

from leti.errors import ProblemError
from leti.kinds import Tests
from leti.problems.problem_set import TEST, ProblemSet
from leti.problems.rows import rows
from leti.types import Problem

HUB_NAME = "openai/openai_humaneval"


def load(path: str) -> ProblemSet:
    """One split, `test`. The prompt is stripped, as the paper's code and the BigCode harness do.

    Raises:
        ProblemError: a row lacks a field.
    """
    problems = []
    for where, row in rows(path, file="HumanEval.jsonl"):
        try:
            opening = row["prompt"].strip()
            problems.append(
                Problem(
                    id=row["task_id"].lower(),
                    prompt=opening,
                    check=Tests(tests=(f"\n{row['test']}\ncheck({row['entry_point']})",)),
                    source="humaneval",
                    reference=f"{opening}\n{row['canonical_solution']}",
                )
            )
        except (KeyError, AttributeError) as error:
            raise ProblemError(f"{where}: not a HumanEval row ({type(error).__name__}: {error}).") from None
    return ProblemSet("humaneval", {TEST: tuple(problems)})
