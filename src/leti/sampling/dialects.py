"""How the same completion is asked of different servers: OpenAI's fields, and what each server understands beyond them.

The API has no word for much that decides what is drawn, and servers fill the gap with defaults of their own (the 40
likeliest tokens, a penalty on repetition, the greedy token). So the richest dialect is tried first, and one that a
server refuses, or of which its answer shows nothing, gives way to the next. Pure.

    vllm          vLLM: prompts as ids, and ids come back
    extended      llama.cpp, SGLang and others: prompts as text, the defaults for open models turned off
    transformers  `transformers serve`: prompts as text, everything else in `generation_config`; loads weights by name
    pinned        the same, started with weights that may not be named in another way
    plain         what OpenAI documents, and nothing else

A problem that is a conversation would be asked of `chat/completions`: its fields belong here, beside these.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from leti.sampling.encoding import Encoding
    from leti.sampling.outside import Asked
    from leti.types import Decoding

NEVER = -100.0
"""Added to the logit of a token that is not to be drawn: as low as the API goes."""
ALL = 1 << 30
"""As many of the likeliest tokens as there can be: some servers take 0 for all of them, some refuse it."""

Fields = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """One way to ask."""

    name: str
    fields: Callable[[Asked, Decoding, Encoding | None], Fields]
    by_ids: bool = False
    """Whether prompts are ids, and ids come back."""
    min_p: bool = False
    """Whether `min_p` is sure to be understood."""
    loads: bool = False
    """Whether the server has no weights but those that a request names."""
    versions: bool = False
    """Whether it is told which version of a directory is meant, so that it cannot answer with an older one."""
    alone: bool = False
    """Whether a seed holds only while no other request is under way."""


def _common(asked: Asked, decoding: Decoding) -> Fields:
    return {
        "max_tokens": asked.budget,
        "temperature": decoding.temperature,
        "top_p": decoding.top_p,
        "seed": asked.seed,
    }


def _bias(encoding: Encoding | None) -> Fields:
    return {"logit_bias": {str(index): NEVER for index in encoding.control}} if encoding and encoding.control else {}


def _vllm(asked: Asked, decoding: Decoding, encoding: Encoding | None) -> Fields:
    assert encoding is not None
    return {
        **_common(asked, decoding),
        **_bias(encoding),
        "prompt": list(asked.tokens),
        "stop": list(decoding.stop),
        "stop_token_ids": list(encoding.ends),
        "top_k": -1,
        "min_p": decoding.min_p,
        "repetition_penalty": 1.0,
        "return_token_ids": True,
    }


def _extended(asked: Asked, decoding: Decoding, encoding: Encoding | None) -> Fields:
    # No stop strings: the answer would not say whether one was met or the text had ended. They are looked for here.
    return {
        **_plain(asked, decoding, encoding),
        "top_k": ALL,
        "min_p": 0.0,
        "repetition_penalty": 1.0,
        "repeat_penalty": 1.0,
    }


def _transformers(asked: Asked, decoding: Decoding, encoding: Encoding | None) -> Fields:
    drawn: Fields = {"do_sample": False}
    if decoding.temperature:
        drawn = {"do_sample": True, "temperature": decoding.temperature, "top_p": decoding.top_p, "top_k": 0}
        drawn |= {"min_p": decoding.min_p} if decoding.min_p else {}
    if encoding:
        drawn |= {"eos_token_id": list(encoding.ends), "suppress_tokens": list(encoding.forbidden) or None}
    stop = {"stop": list(decoding.stop)} if decoding.stop else {}
    settings = json.dumps({"max_new_tokens": asked.budget, **drawn})
    return {"prompt": asked.text, "seed": asked.seed, "generation_config": settings, **stop}


def _plain(asked: Asked, decoding: Decoding, encoding: Encoding | None) -> Fields:
    return {**_common(asked, decoding), **_bias(encoding), "prompt": asked.text}


DIALECTS = (
    Dialect(name="vllm", fields=_vllm, by_ids=True, min_p=True),
    Dialect(name="extended", fields=_extended),
    Dialect(name="transformers", fields=_transformers, min_p=True, loads=True, versions=True, alone=True),
    Dialect(name="pinned", fields=_transformers, min_p=True, loads=True, alone=True),
    Dialect(name="plain", fields=_plain),
)
"""In the order in which they are tried."""
