"""A tokenizer's files, changed so that it puts the reward token before every text by itself, without LETI.

It is done in the files and not on the object: what transformers writes of a tokenizer depends on its class, and many
classes make their own post-processor anew when they are loaded. Files of the generic class are taken as they are.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from leti.export.chat import conditioned

First = Sequence[tuple[str, int]]
"""The tokens before every text, in order: text and id."""

GENERIC = "PreTrainedTokenizerFast"
"""Its file is all there is to it, in transformers 4 and 5."""
MADE_ANEW = ("add_bos_token", "add_eos_token", "auto_map", "init_inputs")
"""Settings at which transformers replaces what stands in the file, or the class."""


def condition(folder: Path, first: First, *, token: str, tokenizer: Any) -> None:
    """Changes the files of a tokenizer in place.

    Args:
        folder: where `save_pretrained` wrote it.
        first: what it puts before every text from now on.
        token: of these the reward token; may be empty.
        tokenizer: the object that was written.
    """
    _rewrite(folder / "tokenizer.json", lambda found: _of_vocabulary(found, first))
    _rewrite(folder / "tokenizer_config.json", lambda found: _of_class(found, tokenizer))
    for file in (folder / "chat_template.jinja", *folder.glob("additional_chat_templates/*.jinja")):
        if file.is_file():
            template = conditioned(file.read_text("utf-8"), token, bos=tokenizer.bos_token)
            file.write_text(template, "utf-8")


def post_processor(found: Mapping[str, Any] | None, first: First) -> dict[str, Any]:
    """The post-processor that puts these tokens before a text, in place of all that one has added so far.

    An end-of-text token after a prompt goes too: LETI samples without one. What shapes the offsets of byte-level tokens
    stays.
    """
    parts = [] if found is None else found.get("processors", [found])
    shaping = [part for part in parts if part["type"] == "ByteLevel"]
    template = {
        "type": "TemplateProcessing",
        "single": [*_special(first), _sequence("A", 0)],
        "pair": [*_special(first), _sequence("A", 0), _sequence("B", 1)],
        "special_tokens": {text: {"id": text, "ids": [index], "tokens": [text]} for text, index in first},
    }
    return {"type": "Sequence", "processors": [*shaping, template]} if shaping else template


def _of_vocabulary(found: dict[str, Any], first: First) -> dict[str, Any]:
    return found | {"post_processor": post_processor(found.get("post_processor"), first)}


def _of_class(found: dict[str, Any], tokenizer: Any) -> dict[str, Any]:
    """The settings, with what its class knew of itself written out."""
    kept = {name: value for name, value in found.items() if name not in MADE_ANEW}
    if isinstance(more := kept.pop("extra_special_tokens", None), list):
        kept["additional_special_tokens"] = more  # the name that transformers 4 and 5 both read
    return kept | {
        "tokenizer_class": GENERIC,
        "model_input_names": list(tokenizer.model_input_names),
        "padding_side": tokenizer.padding_side,
        "clean_up_tokenization_spaces": bool(tokenizer.clean_up_tokenization_spaces),
    }


def _special(first: First) -> list[dict[str, Any]]:
    return [{"SpecialToken": {"id": text, "type_id": 0}} for text, _ in first]


def _sequence(name: str, kind: int) -> dict[str, Any]:
    return {"Sequence": {"id": name, "type_id": kind}}


def _rewrite(file: Path, change: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
    found = json.loads(file.read_text("utf-8"))
    file.write_text(json.dumps(change(found), indent=2, ensure_ascii=False) + "\n", "utf-8")
