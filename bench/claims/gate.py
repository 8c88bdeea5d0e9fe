"""The gate before any comparison of feedback: does the reward token mean something to the trained model?

    python bench/claims/gate.py runs/pocket --split validation

Three questions, all about problems that were never trained on. How much less likely, in nats, does a program that
passed become when `<|good|>` before its prompt is swapped for `<|bad|>`? How much more often does the model pass when
it is asked with the one than with the other? And is it worth leaning from the one to the other (`sampling.guidance`),
beyond what leaving out the tail does alone? Prints JSON, one line.
"""

from __future__ import annotations

import argparse
import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from leti import build
from leti.config import Config
from leti.runs import AttemptRow, Run
from leti.scores import Tally, tally
from leti.training.batches import attention_mask, tensors
from leti.training.tokens import encode
from leti.training.weights import load
from leti.types import Ending, Example, Problem, Role, SampleRequest, Segment, wanted
from leti.vocabulary import BAD, GOOD

MASK = 0.05
"""`min_p` where the tail of the distribution is left out: the control for guidance, which needs that."""
WAYS: Mapping[str, tuple[str, Mapping[str, float]]] = {
    "good": (GOOD, {}),
    "none": ("", {}),
    "bad": (BAD, {}),
    "masked": (GOOD, {"min_p": MASK}),
    "guided": (GOOD, {"min_p": MASK, "guidance": 1.0}),
}
"""How the model is asked: the token, and what changes in how programs are drawn."""
NATS = 0.3
"""What a swap must cost a program that passed."""
ROWS = 64


def gate(
    config: Config, weights: str, *, rows: Sequence[AttemptRow], problems: Mapping[str, Problem], samples: int = 10
) -> dict[str, Any]:
    """The figures, and whether both are high enough.

    Args:
        config: of the run that the weights come from.
        weights: trained ones, that know the reward tokens.
        rows: attempts at problems that were not trained on; equal ones count once.
        problems: those problems, by id.
        samples: programs per problem and token.
    """
    distinct = list({(row.solution.problem, row.solution.completion): row for row in rows}.values())
    good = swap(weights, [row for row in distinct if row.verdict.passed], problems)
    bad = swap(weights, [row for row in distinct if not row.verdict.passed], problems)
    tallies = {name: passed(config, weights, problems, way=name, samples=samples) for name in WAYS}
    gap = differences(tallies["good"], tallies["bad"])
    return {
        "swap_good": good,
        "swap_bad": bad,
        "pass@1": {name: _mean([t.passed / t.samples for t in found.values()]) for name, found in tallies.items()},
        "good-bad": gap,
        "good-none": differences(tallies["good"], tallies["none"]),
        "guided-masked": differences(tallies["guided"], tallies["masked"]),
        "open": good["mean"] >= NATS and gap["mean"] > 2 * gap["error"],
    }


def of_run(run: Run, split: str, *, samples: int) -> dict[str, Any]:
    """The gate for the last weights of a run, on a split that it was scored on.

    Raises:
        RunError: this is no run.
    """
    config = Config.model_validate(run.config)
    place = [each for each in run.iterations() if each.weights.exists()][-1]
    problems = {p.id: p for p in build.split(config, build.problem_set(config), name=split)}
    rows = [*run.base.scored(split).attempts, *place.scored(split).attempts]
    return gate(config, str(place.weights), rows=rows, problems=problems, samples=samples)


def swap(weights: str, rows: Sequence[AttemptRow], problems: Mapping[str, Problem]) -> dict[str, float]:
    """Nats by which programs become less likely under `<|bad|>` than under `<|good|>`: mean over problems."""
    model, tokenizer = load(weights)
    model.eval()
    likely = {}
    for token in (GOOD, BAD):
        examples = [example(row, problems[row.solution.problem], token) for row in rows]
        encoded = [encode(each, tokenizer, max_tokens=1024) for each in examples]
        likely[token] = log_likelihoods(model, [sequence for sequence in encoded if sequence is not None])
    by_problem: dict[str, list[float]] = defaultdict(list)
    for row, good, bad in zip(rows, likely[GOOD], likely[BAD], strict=True):
        by_problem[row.solution.problem].append(good - bad)
    return _mean([float(np.mean(each)) for each in by_problem.values()]) | {"programs": len(rows)}


def example(row: AttemptRow, problem: Problem, token: str) -> Example:
    """The program after a reward token and its prompt; only the program bears loss."""
    solution = row.solution
    segments = [
        Segment(text=token, role=Role.REWARD, weight=0.0),
        Segment(text=problem.prompt, role=Role.PROBLEM, weight=0.0),
        Segment(text=solution.completion, role=Role.PROGRAM, tokens=solution.tokens),
    ]
    if solution.ending is not Ending.LENGTH:
        segments.append(Segment(text="", role=Role.END))
    return Example(problem=solution.problem, sample=solution.sample, segments=tuple(segments))


@torch.no_grad()
def log_likelihoods(model: Any, sequences: Sequence[Any]) -> list[float]:
    """Sum of log probabilities of each sequence's loss-bearing tokens, in nats."""
    found: list[float] = []
    for start in range(0, len(sequences), ROWS):
        batch = tensors([[sequence] for sequence in sequences[start : start + ROWS]], model.device)
        mask = attention_mask(batch.owners, model.config._attn_implementation)  # noqa: SLF001 - has no public name
        logits = model(input_ids=batch.ids, position_ids=batch.positions, attention_mask=mask, use_cache=False).logits
        chosen = logits.float().log_softmax(-1).gather(-1, batch.targets[..., None])[..., 0]  # (rows, tokens)
        found += (chosen * batch.weights).sum(-1).tolist()
    return found


def passed(
    config: Config, weights: str, problems: Mapping[str, Problem], *, way: str, samples: int
) -> dict[str, Tally]:
    """Tallies of fresh programs; all ways draw with the same random numbers."""
    token, changes = WAYS[way]
    request = SampleRequest(
        weights=weights,
        prefix=token,
        decoding=replace(build.score_decoding(config), **changes),
        key=f"gate seed={config.seed}",
    )
    solutions = list(build.sampler(config).sample(wanted(list(problems.values()), samples), request, done=frozenset()))
    with build.verifier(config) as verifier:
        verdicts = verifier.verify(((problems[s.problem], s) for s in solutions), scored=True)
        return tally((s.problem, v.passed) for s, v in zip(solutions, verdicts, strict=True))


def differences(first: Mapping[str, Tally], second: Mapping[str, Tally]) -> dict[str, float]:
    """Paired difference of pass@1 over problems, with its standard error."""
    return _mean([t.passed / t.samples - second[name].passed / second[name].samples for name, t in first.items()])


def _mean(values: Sequence[float]) -> dict[str, float]:
    return {"mean": float(np.mean(values)), "error": float(np.std(values, ddof=1) / len(values) ** 0.5)}


def main() -> None:
    """Read the switches, print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("run", type=Path)
    parser.add_argument("--split", default="validation")
    parser.add_argument("--samples", type=int, default=10)
    options = parser.parse_args()
    print(json.dumps(of_run(Run(options.run), options.split, samples=options.samples)))


if __name__ == "__main__":
    main()
