"""What is kept of a run: counts and figures, no programs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import islice
from typing import TYPE_CHECKING, Any

import torch
from gate import gate

from leti.problems import TEST
from leti.sampling.completion import written
from leti.training import PretrainSettings
from leti.training.batches import micro_batches, tensors, weighted_loss
from leti.training.pretrain import blocks
from leti.training.weights import load

if TYPE_CHECKING:
    from leti.build import AnyVerifier
    from leti.config import Config
    from leti.runs import Place, Programs
    from leti.types import Problem, Solution

PLAIN_CODE = PretrainSettings(source="stdlib", ratio=0, block_tokens=256)
BLOCKS = 64
GATE_ROWS, GATE_SAMPLES = 3, 5
"""Stored programs of each test problem whose likelihood is taken, and fresh ones for each reward token."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scored:
    """The base or an iteration, with the programs of every split it was scored on."""

    place: Place
    weights: str
    splits: Mapping[str, Programs]
    problems: Mapping[str, Problem]
    ends: bool
    """The base, or the last iteration: measured in every way."""


def tell(scored: Scored, verifier: AnyVerifier) -> dict[str, Any]:
    """What is kept of one place."""
    steps = list(scored.place.metrics)
    told: dict[str, Any] = {
        "name": scored.place.name,
        "steps": sum(step.kind == "examples" for step in steps),
        "pretrain_steps": sum(step.kind != "examples" for step in steps),
        "tokens": sum(step.tokens for step in steps),
        "train": ends(scored.place),
    }
    for split, programs in scored.splits.items():
        told[split] = passes(programs) | {"ends": ends(programs)}
    if scored.ends:
        told["plain_code_loss"] = plain_code_loss(scored.weights)
        told["block"] = passes_of_blocks(scored, verifier)
    return told


def passes(programs: Programs) -> dict[str, Any]:
    """How many programs of each problem passed, in the order of the problems."""
    return _counted([(row.solution.problem, row.verdict.passed) for row in programs.attempts])


def ends(programs: Programs) -> dict[str, int]:
    """How many programs ended how: `passed`, the error's name, or the outcome."""
    found: Counter[str] = Counter()
    for row in programs.attempts:
        verdict = row.verdict
        found["passed" if verdict.passed else verdict.error.name if verdict.error else verdict.outcome.value] += 1
    return dict(found.most_common())


def passes_of_blocks(scored: Scored, verifier: AnyVerifier) -> dict[str, Any]:
    """`passes` of the test programs after post-processing: of each completion the function it begins with."""
    rows = list(scored.splits[TEST].attempts)
    cut = [_block(row.solution, scored.problems[row.solution.problem]) for row in rows]
    changed = [new for row, new in zip(rows, cut, strict=True) if new.program != row.solution.program]
    again = verifier.verify(((scored.problems[new.problem], new) for new in changed), scored=True)
    verdicts = {new.key: verdict for new, verdict in zip(changed, again, strict=True)}
    counted = _counted([(row.solution.problem, verdicts.get(row.key, row.verdict).passed) for row in rows])
    return counted | {"changed": len(changed)}


def _block(solution: Solution, problem: Problem) -> Solution:
    return replace(solution, program=written(problem, solution.completion, cut="block"))


def _counted(rows: list[tuple[str, bool]]) -> dict[str, Any]:
    samples: Counter[str] = Counter()
    passed: Counter[str] = Counter()
    for problem, good in rows:
        samples[problem] += 1
        passed[problem] += good
    return {"samples": max(samples.values(), default=0), "passed": [passed[problem] for problem in samples]}


@torch.no_grad()
def plain_code_loss(weights: str) -> float:
    """Mean loss, in nats per token, on code of the standard library, the same for every model."""
    model, tokenizer = load(weights)
    model.eval()
    sequences = list(
        islice(blocks(PLAIN_CODE, tokenizer, block_tokens=PLAIN_CODE.block_tokens, key="held out"), BLOCKS)
    )
    groups = micro_batches(sequences, row_tokens=256, micro_tokens=2048)
    total = sum(float(weighted_loss(model, tensors(rows, model.device))) for rows in groups)
    return total / sum(sequence.bearing for sequence in sequences)


def gate_of(config: Config, places: list[Scored], prefix: str) -> dict[str, Any] | None:
    """What the reward token means to the last weights, on the test split; None where there is no such token."""
    base, last = places[0], places[-1]
    if not prefix or base is last:
        return None
    rows = [row for scored in (base, last) for row in scored.splits[TEST].attempts if row.solution.sample < GATE_ROWS]
    problems = {name: last.problems[name] for name in dict.fromkeys(row.solution.problem for row in rows)}
    return gate(config, last.weights, rows=rows, problems=problems, samples=GATE_SAMPLES)
