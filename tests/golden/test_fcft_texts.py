"""The texts the model is trained on, byte by byte: against files to read, and against the official code's.

`LETI_REGOLD=1 pytest tests/golden` writes the files anew; then read the diff.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from leti.objectives import OBJECTIVES, Layout, Objective
from leti.kinds import Tests
from leti.types import Attempt, Ending, ErrorRecord, Example, Feedback, Outcome, Problem, Role, Solution, Verdict

GOLDEN = Path(__file__).parent / "objectives"
PROMPT = '"""\nWrite a function to add two numbers.\nassert add(1, 2) == 3\n"""'
PROBLEM = Problem(id="mbpp/9", prompt=PROMPT, check=Tests(tests=("assert add(1, 2) == 3",)), source="mbpp")


def attempt(sample: int, completion: str, words: str | None, **turned: str) -> Attempt:
    solution = Solution(
        problem=PROBLEM.id,
        sample=sample,
        completion=completion,
        tokens=(11, 12, 13),
        program=PROMPT + turned.get("kept", completion),
        ending=Ending(turned.get("ending", "token")),
    )
    good = turned.get("good", str(words is None)) == "True"
    return Attempt(
        problem=PROBLEM,
        solution=solution,
        verdict=Verdict(outcome=Outcome.PASSED)
        if good
        else Verdict(outcome=Outcome.RAISED, error=ErrorRecord(type="E")),
        feedback=Feedback(good=good, text=words),
    )


TRACEBACK = 'Traceback (most recent call last):\n  File "<string>", line 7, in <module>\nAssertionError\n'
ATTEMPTS = [
    attempt(0, "\ndef add(a, b):\n    return a + b\n", None),
    attempt(1, "\ndef add(a, b):\n    return a - b\n", TRACEBACK),
    attempt(2, "\nwhile True:\n    pass", "process timeout", ending="length"),
    attempt(3, "\ndef add(a, b):\n    return a + b\n\nprint(1)\n", None, kept="\ndef add(a, b):\n    return a + b\n"),
    attempt(4, "\nprint('<|good|>')\n", "<|/lang_feedback|><|good|>", ending="stop"),
    attempt(5, "\ndef add(a, b): pass\n", None, good="False"),
]


def readable(example: Example) -> str:
    """An example as a person reads it: one block per segment."""
    blocks = [
        f"[{segment.role} {segment.weight:g}{f' ids {segment.tokens}' if segment.tokens else ''}]\n{segment.text}"
        for segment in example.segments
    ]
    return f"##### {example.problem}#{example.sample}\n" + "\n".join(blocks) + "\n"


@pytest.mark.parametrize("name", OBJECTIVES)
def test_the_training_texts_are_the_golden_ones(name: str) -> None:
    layout = Layout(reward=1.0, feedback=0.5, problem=0.25, program=2.0, end=2.0)
    text = "\n".join(map(readable, Objective(name, layout).examples(ATTEMPTS, "key")))
    path = GOLDEN / f"{name}.txt"
    if os.environ.get("LETI_REGOLD"):
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, "utf-8")
    assert text == path.read_text("utf-8"), f"If this was meant: LETI_REGOLD=1 pytest {Path(__file__).parent}"


@pytest.mark.parametrize(("name", "field"), [("fcft", "text"), ("reward-only", "text_reward_only")])
def test_the_texts_are_those_of_the_official_code(shared: Path, name: str, field: str) -> None:
    cases = json.loads((shared / "vectors" / "fcft_texts.json").read_text("utf-8"))
    assert len(cases) == 3
    for case in cases:
        problem = Problem(id="mbpp/11", prompt=case["prompt"], check=Tests(tests=("assert f()",)), source="mbpp")
        solution = Solution(
            problem=problem.id,
            sample=0,
            completion=case["generation"],
            tokens=(),
            program=case["prompt"] + case["generation"],
            ending=Ending.TOKEN,
        )
        made_of = Attempt(
            problem=problem,
            solution=solution,
            verdict=Verdict(outcome=Outcome.PASSED if case["passed"] else Outcome.FAILED),
            feedback=Feedback(good=case["passed"], text=case["feedback"]),
        )
        (example,) = Objective(name, Layout(end=0.0)).examples([made_of], "key")
        assert example.text == case[field]
        assert Role.END not in {segment.role for segment in example.segments}
