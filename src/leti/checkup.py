"""What is worth knowing before a run: whether the checks hold, whether splits overlap, what it will cost."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from leti.loop import Verifier
from leti.progress import track
from leti.types import Ending, Problem, Scoring, Solution


def reference_lines(problems: Sequence[Problem], verifier: Verifier) -> list[str]:
    """Runs every reference solution: a check that its own reference fails can teach nothing."""
    with_reference = [problem for problem in problems if problem.reference is not None]
    pairs = [(problem, _reference(problem)) for problem in with_reference]
    verdicts = track(verifier.verify(pairs, scored=True), label="references", total=len(pairs))
    failing = [
        f"  {problem.id}: {verdict.outcome}" + (f" ({verdict.error.type})" if verdict.error else "")
        for (problem, _), verdict in zip(pairs, verdicts, strict=True)
        if not verdict.passed
    ]
    passed = len(pairs) - len(failing)
    return [f"references: {passed} of {len(pairs)} pass; {len(problems) - len(pairs)} problems have none", *failing]


def overlap_lines(train: Sequence[Problem], scored: Mapping[str, Sequence[Problem]]) -> list[str]:
    """Problems of a scored split that are also trained on: with the same instruction, or with the same tests."""
    instructions = {_instruction(problem): problem.id for problem in train}
    tests = {problem.check.text: problem.id for problem in train if problem.check.text}
    found = []
    for split, problems in scored.items():
        for problem in problems:
            twin = instructions.get(_instruction(problem)) or tests.get(problem.check.text)
            if twin is not None:
                found.append(f"  {split} {problem.id} is like train {twin}")
    return [f"overlap: {len(found)} scored problems are also trained on", *found]


def cost_lines(programs: int, scoring: Scoring, *, iterations: int) -> list[str]:
    """How many programs a run writes (`programs` to train on in each iteration), and how many tokens at most."""
    scored = sum(map(len, scoring.splits.values())) * scoring.samples
    whole = iterations * programs + (iterations + 1) * scored
    longest = scoring.decoding.total_tokens or scoring.decoding.max_new_tokens
    most = whole * longest
    per_turn = f"{programs} programs per iteration to train on, {scored} per scoring"
    return [f"cost: {per_turn}, {whole} in all; at most {most:,} sampled tokens"]


def _reference(problem: Problem) -> Solution:
    assert problem.reference is not None
    return Solution(
        problem=problem.id,
        sample=0,
        completion=problem.reference.removeprefix(problem.beginning),
        tokens=(),
        program=problem.reference,
        ending=Ending.TOKEN,
    )


def _instruction(problem: Problem) -> str:
    """A prompt without its asserts: two problems may ask the same with other tests."""
    return "\n".join(line for line in problem.prompt.splitlines() if not line.lstrip().startswith("assert "))
