from __future__ import annotations

import json
from pathlib import Path

from leti.problems import TRAIN, digest, load_problems

ROW = {
    "prompt": "Write f, which adds one.\n",
    "tests": ["assert f(1) == 2"],
    "reference": "def f(x):\n    return x + 1\n",
}


def test_a_prompt_that_begins_a_program_is_asked_for_in_a_code_block() -> None:
    plain, asked = (load_problems("pocket", chat=chat).split(TRAIN)[0] for chat in (False, True))
    assert plain.prompt.strip("\n") in asked.prompt
    assert asked.prompt.count("```") == 2
    assert (plain.beginning, asked.beginning) == (plain.prompt, "")
    assert asked.reference == plain.reference  # a whole program, whichever way it is asked for


def test_your_own_prompts_are_messages_as_they_are(tmp_path: Path) -> None:
    file = tmp_path / "mine.jsonl"
    file.write_text(json.dumps(ROW) + "\n")
    (asked,) = load_problems("jsonl", str(file), chat=True).split(TRAIN)
    assert asked.prompt == ROW["prompt"]
    assert asked.chat
    assert asked.reference == ROW["reference"]


def test_problems_asked_in_another_way_are_other_problems() -> None:
    ways = [load_problems("pocket", chat=chat).split(TRAIN) for chat in (False, True)]
    assert digest(ways[0]) != digest(ways[1])
