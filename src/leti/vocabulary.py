"""The reward tokens, and how text is encoded around them.

Works on any Hugging Face tokenizer object that is passed in; imports none. Sampling and training share it, so that a
prompt is the same ids in both.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

GOOD = "<|good|>"
BAD = "<|bad|>"
FEEDBACK_START = "<|lang_feedback|>"
FEEDBACK_END = "<|/lang_feedback|>"
CONTROL_TOKENS = (BAD, GOOD, FEEDBACK_START, FEEDBACK_END)
"""In the order in which the official code adds them to a tokenizer."""


def lead(tokenizer: Any) -> list[int]:
    """The ids a tokenizer puts before every text (its BOS, if it adds one)."""
    first = tokenizer("").input_ids[:1]
    return list(first) if first and first[0] == tokenizer.bos_token_id else []


def plain(tokenizer: Any, text: str) -> list[int]:
    """The ids of a text in which nothing is special: `<|good|>` written by a program stays eight characters."""
    return list(tokenizer(text, add_special_tokens=False, split_special_tokens=True, verbose=False).input_ids)


def control(tokenizer: Any, token: str) -> int:
    """The id of a control token.

    Raises:
        KeyError: the tokenizer has not been given LETI's tokens.
    """
    index = tokenizer.get_added_vocab().get(token)
    if index is None:
        raise KeyError(token)
    return int(index)


def knows_reward_tokens(weights: str) -> bool:
    """Whether the tokenizer in a directory of weights has the reward tokens. Reads one file, loads no tokenizer."""
    file = Path(weights) / "tokenizer.json"
    if not file.is_file():
        return False
    added = {token["content"] for token in json.loads(file.read_text("utf-8")).get("added_tokens", [])}
    return GOOD in added
