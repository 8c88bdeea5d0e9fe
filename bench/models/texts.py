"""The texts that trainers learn: made by a real iteration of LETI on the built-in model and problems."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from leti import build
from leti.config import load_config
from leti.objectives import Choice, Layout, Objective
from leti.problems import TRAIN
from leti.types import Attempt, SampleRequest, wanted

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from leti.types import Example

SAMPLES = 16
EVERYTHING, PROGRAMS = "every token is learned", "problems and feedback are only read"
WEIGHTS = {EVERYTHING: Layout(), PROGRAMS: Layout(problem=0.0, feedback=0.0)}
"""How the loss is weighted: as in the paper, and as `leti learn pocket` has it."""


@dataclass(frozen=True, slots=True)
class Text:
    """One text as ids: the same for all trainers."""

    ids: list[int]
    labels: list[int]
    """The same ids; -100 where there is no loss."""


def attempts(count: int) -> list[Attempt]:
    """So many attempts of the built-in model at the built-in problems."""
    config = load_config("pocket", ["model.device=cpu", "sampling.min_p=0.0"])
    problems = build.split(config, build.problem_set(config), name=TRAIN)
    rows = wanted(problems[: -(-count // SAMPLES)], SAMPLES)[:count]
    asked = SampleRequest(
        weights=build.weights("pocket"), prefix="", decoding=build.decoding(config), key="seed=0 bench"
    )
    solutions = list(build.sampler(config).sample(rows, asked, done=frozenset()))
    render = build.renderer(config)
    with build.verifier(config) as verifier:
        verdicts = list(verifier.verify(zip((problem for problem, _ in rows), solutions, strict=True)))
    return [
        Attempt(problem=problem, solution=solution, verdict=verdict, feedback=render(verdict))
        for (problem, _), solution, verdict in zip(rows, solutions, verdicts, strict=True)
    ]


def examples(made: Sequence[Attempt], loss: str, *, native: bool) -> list[Example]:
    """FCFT's texts of all attempts.

    Args:
        made: the attempts.
        loss: how the parts are weighted, a key of WEIGHTS.
        native: they are for the model that wrote them, and keep the ids they were sampled as.
    """
    found = Objective(name="fcft", layout=WEIGHTS[loss], choice=Choice()).examples(made, "seed=0 bench")
    if native:
        return found
    return [replace(one, segments=tuple(replace(part, tokens=()) for part in one.segments)) for one in found]


def write(found: Sequence[Example], weights: str, *, path: Path, max_tokens: int) -> None:
    """The texts as ids of the model's tokenizer, for trainers that know no examples."""
    from leti.training.tokens import encode
    from leti.training.weights import load_tokenizer

    tokenizer = load_tokenizer(weights)
    encoded = [encode(example, tokenizer, max_tokens=max_tokens) for example in found]
    rows = [
        {
            "ids": one.ids,
            "labels": [index if weight else -100 for index, weight in zip(one.ids, one.weights, strict=True)],
        }
        for one in encoded
        if one is not None and one.bearing
    ]
    path.write_text(json.dumps(rows), encoding="utf-8")


def read(path: Path) -> list[Text]:
    """What `write` wrote."""
    return [Text(row["ids"], row["labels"]) for row in json.loads(path.read_text("utf-8"))]
