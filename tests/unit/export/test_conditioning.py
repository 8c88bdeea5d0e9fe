"""A tokenizer's file says what stands before every text; what shapes offsets stays."""

from __future__ import annotations

import json
from typing import Any

import pytest
from made_run import tokenizer_of
from tokenizers import Tokenizer

from leti.export.conditioning import First, post_processor

FIRST: First = [("<|endoftext|>", 0), ("<|good|>", 320)]
BYTES = {"type": "ByteLevel", "add_prefix_space": True, "trim_offsets": True, "use_regex": True}
BOS = {"type": "TemplateProcessing", "single": [], "pair": [], "special_tokens": {}}


def kinds(found: dict[str, Any]) -> list[str]:
    return [part["type"] for part in found.get("processors", [found])]


@pytest.mark.parametrize(
    ("found", "left"),
    [
        (None, ["TemplateProcessing"]),
        (BOS, ["TemplateProcessing"]),
        (BYTES, ["ByteLevel", "TemplateProcessing"]),
        ({"type": "Sequence", "processors": [BYTES, BOS]}, ["ByteLevel", "TemplateProcessing"]),
        ({"type": "Sequence", "processors": [BOS]}, ["TemplateProcessing"]),
    ],
)
def test_one_template_takes_the_place_of_all_before_it(found: dict[str, Any] | None, left: list[str]) -> None:
    made = post_processor(found, FIRST)
    assert kinds(made) == left
    assert made.get("processors", [made])[-1]["special_tokens"].keys() == {"<|endoftext|>", "<|good|>"}
    assert post_processor(made, FIRST) == made


@pytest.mark.parametrize("name", ["codegen", "qwen2", "llama3"])
def test_ids_are_put_in_front_and_offsets_are_as_before(name: str) -> None:
    before = json.loads(tokenizer_of(name).backend_tokenizer.to_str())
    after = before | {"post_processor": post_processor(before["post_processor"], FIRST)}
    text = "def  f(x):\n\n    return x\n"
    plain = Tokenizer.from_str(json.dumps(before)).encode(text)
    put = len(plain.ids) - len(Tokenizer.from_str(json.dumps(before)).encode(text, add_special_tokens=False).ids)
    found = Tokenizer.from_str(json.dumps(after)).encode(text)
    assert found.ids == [0, 320, *plain.ids[put:]]
    assert found.offsets == [(0, 0), (0, 0), *plain.offsets[put:]]
    assert found.special_tokens_mask[:3] == [1, 1, 0]


def test_a_pair_of_texts_has_them_once() -> None:
    found = json.loads(tokenizer_of("gpt2").backend_tokenizer.to_str())
    found["post_processor"] = post_processor(found["post_processor"], FIRST)
    encoded = Tokenizer.from_str(json.dumps(found)).encode("a", "b")
    assert encoded.ids.count(320) == 1
    assert encoded.type_ids == [0, 0, 0, 1]
