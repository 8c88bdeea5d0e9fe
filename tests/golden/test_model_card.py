"""A model card, whole, against a file to read.

`LETI_REGOLD=1 pytest tests/golden` writes the file anew; then read the diff.
"""

from __future__ import annotations

import os
from pathlib import Path

from leti.export.card import render
from leti.export.facts import Facts, Score
from leti.scores import Estimate

GOLDEN = Path(__file__).parent / "model_card.md"
FACTS = Facts(
    base="Some/Coder-0.5B",
    on_hub=True,
    license="apache-2.0",
    iteration="003",
    iterations=4,
    planned=6,
    selected="002",
    problem_set="mbpp",
    chat=False,
    problems=374,
    programs=95_744,
    passed=40_123,
    samples=64,
    objective="fcft",
    feedback="detailed",
    isolation="namespaces",
    first=("<s>", "<|good|>"),
    good="<|good|>",
    scores=(
        Score(
            split="validation",
            problems=90,
            samples=16,
            metric="pass@1",
            base=None,
            exported=Estimate(0.4, 0.35, 0.45),
            change=None,
        ),
        Score(
            split="test",
            problems=500,
            samples=16,
            metric="pass@1",
            base=Estimate(0.231, 0.2, 0.262),
            exported=Estimate(0.389, 0.35, 0.43),
            change=Estimate(0.158, 0.117, 0.199),
        ),
    ),
    temperature=0.1,
    settings=(("seed", "0"), ("objective.name", '"fcft"')),
    versions=(("python", "3.11.2"), ("leti", "0.1.0")),
    exporter="0.1.0",
)


def test_the_card_is_the_golden_one() -> None:
    card = render(FACTS)
    if os.environ.get("LETI_REGOLD"):
        GOLDEN.write_text(card, "utf-8")
    assert card == GOLDEN.read_text("utf-8")
