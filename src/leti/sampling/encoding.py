"""What is known of weights without bringing them into memory: how they read text, and what they may not write."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from leti.adapters import FILE as ADAPTER
from leti.adapters import adapter_base
from leti.errors import ConfigError, MissingBackend

try:
    from transformers import AutoConfig, AutoTokenizer, GenerationConfig
except ImportError as error:
    raise MissingBackend("transformers", "train") from error

from leti.sampling.prompts import prompts_of
from leti.turns import turn_end
from leti.types import Problem, SampleRequest
from leti.vocabulary import CONTROL_TOKENS


@dataclass(frozen=True, slots=True)
class Encoding:
    """The tokenizer of weights, and the limits that another engine has to be told."""

    tokenizer: Any
    ends: tuple[int, ...]
    """Ids that end a text."""
    forbidden: tuple[int, ...]
    """Ids that are never drawn."""
    window: int | None
    """Positions the model has; None if they have no end."""

    @property
    def control(self) -> tuple[int, ...]:
        """Those of LETI's control tokens among the forbidden ids: few enough to be named in every request."""
        known = self.tokenizer.get_added_vocab()
        return tuple(known[token] for token in CONTROL_TOKENS if token in known)


def encoding_of(weights: str) -> Encoding:
    """How these weights read and write text.

    Raises:
        ConfigError: there are none, or their configuration or tokenizer cannot be read.
    """
    look_like_weights(weights)
    model = adapter_base(weights) or weights
    try:
        tokenizer = AutoTokenizer.from_pretrained(weights)
        config = AutoConfig.from_pretrained(model)
        more = _ends_of_generation(model, config)
    except (OSError, ValueError, KeyError) as error:  # what transformers raises for what is missing, torn or unknown
        raise ConfigError(unreadable(weights, reason=str(error))) from error
    ends = ends_of(tokenizer, more)
    text = config.get_text_config()
    return Encoding(
        tokenizer=tokenizer,
        ends=ends,
        forbidden=tuple(forbidden(tokenizer, width=text.vocab_size, ends=ends)),
        window=getattr(text, "max_position_embeddings", None),
    )


def refuse_long(problems: Sequence[Problem], request: SampleRequest) -> None:
    """Looks at all prompts, before the work that comes first.

    Args:
        problems: whose prompts.
        request: by its weights and decoding; they need not have the token of its prefix yet.

    Raises:
        ConfigError: there are no such weights.
        ProblemError: a prompt is empty, or leaves no room in the model's window.
    """
    encoding = encoding_of(request.weights)
    window = encoding.window and encoding.window - bool(request.prefix)
    rows = [(problem, 0) for problem in problems]
    prompts_of(rows, replace(request, prefix=""), tokenizer=encoding.tokenizer, window=window)


def _ends_of_generation(weights: str, config: Any) -> list[int | None]:
    """The ends that a model's generation settings name, or else its configuration (chat models have several)."""
    try:
        named = GenerationConfig.from_pretrained(weights).eos_token_id
    except OSError:  # there is no such file
        named = getattr(config, "eos_token_id", None)
    return named if isinstance(named, list) else [named]


def ends_of(tokenizer: Any, named: Sequence[int | None]) -> tuple[int, ...]:
    """What ends a text: the tokenizer's end-of-text id, the end of a turn in its chat template, and the named ones."""
    return tuple(sorted({int(end) for end in (tokenizer.eos_token_id, turn_end(tokenizer), *named) if end is not None}))


def forbidden(tokenizer: Any, *, width: int, ends: tuple[int, ...]) -> list[int]:
    """Ids without a token (rows a vocabulary was padded with), and LETI's control tokens."""
    known = tokenizer.get_vocab()
    control = {known[token] for token in CONTROL_TOKENS if token in known}
    allowed = (set(known.values()) | set(ends)) - control
    return [index for index in range(width) if index not in allowed]


def look_like_weights(weights: str) -> None:
    """Refuses what is meant for a directory and is none, before it is looked for on the Hub.

    Raises:
        ConfigError: a path that does not exist, or holds no model.
    """
    path = Path(weights)
    if path.is_dir():
        if (path / "manifest.json").exists():
            raise ConfigError(
                f"{weights!r} is a run, not its weights. Type an iteration's, such as {path / 'iterations/000/weights'}"
            )
        if not any((path / name).exists() for name in ("config.json", ADAPTER)):
            raise ConfigError(
                f"{weights!r} holds no model: there is no config.json in it. Type a directory of weights."
            )
    elif path.exists() or path.is_absolute() or weights.startswith((".", "~")) or weights.count("/") > 1:
        raise ConfigError(
            f"There is no directory of weights {weights!r}. Type one that exists, or a model's name on the Hugging "
            "Face Hub, such as Salesforce/codegen-350M-mono."
        )


def unreadable(weights: str, *, reason: str) -> str:
    """Says that weights cannot be read, and why."""
    said = " ".join(reason.split())[:300]
    if Path(weights).is_dir():
        return f"The model in {weights!r} cannot be read: {said}"
    return (
        f"{weights!r} is no directory, and no model of that name can be had from the Hugging Face Hub or its cache: "
        f"{said} Type a directory of weights, or a model's full name (owner/name)."
    )
