"""Brings a model into memory, from a directory or by its Hugging Face name."""

from __future__ import annotations

import warnings
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from safetensors import SafetensorError
from transformers import AutoConfig, AutoModelForCausalLM, AutoTokenizer
from transformers.utils import logging

from leti import adapters
from leti.adapters import adapter_base
from leti.errors import ConfigError, MissingBackend, UserError
from leti.vocabulary import CONTROL_TOKENS

if TYPE_CHECKING:
    from collections.abc import Iterator

SMALL = 20_000_000
"""Parameters under which one CPU thread samples: a 1 million parameter model made 12.6k tokens a second with one
thread and 7.5k with two on a shared 2-core machine, and one thread also rounds alike whatever the number of cores."""
DTYPES = {"float32": torch.float32, "bfloat16": torch.bfloat16}


@dataclass(frozen=True, slots=True)
class Loaded:
    """A model in memory, and all that sampling must know of it."""

    identity: tuple[object, ...]
    model: Any
    tokenizer: Any
    ends: tuple[int, ...]
    """Ids that end a text."""
    forbidden: torch.Tensor
    """Ids that are never drawn."""
    window: int | None
    """Positions the model has; None if they have no end."""

    @property
    def small(self) -> bool:
        """Whether it is on a CPU and so small that a second thread costs more than it brings."""
        return bool(self.model.device.type == "cpu" and self.model.num_parameters() < SMALL)


def identity(weights: str) -> tuple[object, ...]:
    """Differs if the name differs or, for a directory, any file in it was written anew."""
    files = sorted(Path(weights).iterdir()) if Path(weights).is_dir() else []
    return (weights, *((file.name, file.stat().st_mtime_ns, file.stat().st_size) for file in files))


def load(weights: str, *, device: torch.device, dtype: torch.dtype) -> Loaded:
    """The model and the tokenizer of these weights, ready to be sampled.

    An adapter is merged into the model it was trained on: a token then costs what it costs without.

    Raises:
        ConfigError: there are none, or they cannot be read.
        MissingBackend: they are an adapter, and peft is not installed.
    """
    name = identity(weights)
    _look_like_weights(weights)
    base = adapter_base(weights)
    try:
        with _quiet():
            tokenizer = AutoTokenizer.from_pretrained(weights)
            model = AutoModelForCausalLM.from_pretrained(base or weights, dtype=dtype)
            if base:
                model = _merged(model, len(tokenizer), weights)
    except UserError:
        raise
    except (
        OSError,
        ValueError,
        KeyError,
        RuntimeError,
        SafetensorError,
    ) as error:  # what transformers raises for what is missing, torn or unknown
        raise ConfigError(_unreadable(weights, reason=str(error))) from error
    model = model.to(device).eval().requires_grad_(False)
    width = model.get_output_embeddings().weight.shape[0]
    ends = _ends(model, tokenizer)
    text = model.config.get_text_config()
    return Loaded(
        identity=name,
        model=model,
        tokenizer=tokenizer,
        ends=ends,
        forbidden=torch.tensor(_forbidden(tokenizer, width=width, ends=ends), dtype=torch.long, device=device),
        window=getattr(text, "max_position_embeddings", None),
    )


def _merged(model: Any, tokens: int, adapter: str) -> Any:
    try:
        from peft import PeftModel
    except ModuleNotFoundError as error:
        raise MissingBackend("peft", "lora") from error
    if tokens > model.get_input_embeddings().weight.shape[0]:
        model.resize_token_embeddings(tokens, mean_resizing=False)  # the adapter has what belongs there
    return PeftModel.from_pretrained(model, adapter).merge_and_unload()


def revision(weights: str) -> str | None:
    """The commit of a model of the hub; None for a directory.

    Raises:
        ConfigError: there is no such model.
    """
    _look_like_weights(weights)
    try:
        config = AutoConfig.from_pretrained(weights)
    except (OSError, ValueError) as error:
        raise ConfigError(_unreadable(weights, reason=str(error))) from error
    return getattr(config, "_commit_hash", None)


def device_of(name: str) -> torch.device:
    """The device of this name; for `auto` a GPU if there is one.

    Raises:
        ConfigError: there is no such device.
    """
    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        device = torch.device(name)
        torch.empty(0, device=device)
    except (RuntimeError, AssertionError) as error:  # what torch raises for a wrong name and for a missing driver
        reason = str(error).partition("\n")[0]
        raise ConfigError(f"The sampler's device is {name!r}, which cannot be used: {reason}. Take 'auto'.") from error
    return device


def dtype_of(name: str, *, device: torch.device) -> torch.dtype:
    """The type of this name; for `auto` bfloat16 on a GPU that has it, else float32.

    Raises:
        ConfigError: there is no such type.
    """
    if name == "auto":
        return torch.bfloat16 if device.type == "cuda" and torch.cuda.is_bf16_supported() else torch.float32
    if name not in DTYPES:
        raise ConfigError(f"The sampler's dtype is {name!r}; it can be auto, {', '.join(DTYPES)}.")
    return DTYPES[name]


def _look_like_weights(weights: str) -> None:
    """Refuses what is meant for a directory and is none, before it is looked for on the Hub."""
    path = Path(weights)
    if path.is_dir():
        if not any((path / name).exists() for name in ("config.json", adapters.FILE)):
            raise ConfigError(
                f"{weights!r} holds no model: there is no config.json in it. Type a directory of weights."
            )
    elif path.exists() or path.is_absolute() or weights.startswith((".", "~")) or weights.count("/") > 1:
        raise ConfigError(
            f"There is no directory of weights {weights!r}. Type one that exists, or a model's name on the Hugging "
            "Face Hub, such as Salesforce/codegen-350M-mono."
        )


def _unreadable(weights: str, *, reason: str) -> str:
    said = " ".join(reason.split())[:300]
    if Path(weights).is_dir():
        return f"The model in {weights!r} cannot be read: {said}"
    return (
        f"{weights!r} is no directory, and no model of that name can be had from the Hugging Face Hub or its cache: "
        f"{said} Type a directory of weights, or a model's full name (owner/name)."
    )


@contextmanager
def _quiet() -> Iterator[None]:
    """No progress bars within: LETI shows its own. Nor what peft warns of that is as it should be."""
    shown = logging.is_progress_bar_enabled()
    logging.disable_progress_bar()
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", module=r"peft\.|transformers\.")
            yield
    finally:
        if shown:
            logging.enable_progress_bar()


def _ends(model: Any, tokenizer: Any) -> tuple[int, ...]:
    """The tokenizer's end-of-text id and those of the model's generation settings (chat models have several)."""
    settings = getattr(model, "generation_config", None)
    more = getattr(settings, "eos_token_id", None)
    more = more if isinstance(more, list) else [more]
    return tuple(sorted({int(end) for end in (tokenizer.eos_token_id, *more) if end is not None}))


def _forbidden(tokenizer: Any, *, width: int, ends: tuple[int, ...]) -> list[int]:
    """Ids without a token (rows a vocabulary was padded with), and LETI's control tokens."""
    known = tokenizer.get_vocab()
    control = {known[token] for token in CONTROL_TOKENS if token in known}
    allowed = (set(known.values()) | set(ends)) - control
    return [index for index in range(width) if index not in allowed]
