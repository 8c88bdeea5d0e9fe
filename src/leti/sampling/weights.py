"""Brings a model into memory, from a directory or by its Hugging Face name."""

from __future__ import annotations

import warnings
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch
from safetensors import SafetensorError
from transformers import AutoConfig, AutoModelForCausalLM, AutoTokenizer
from transformers.utils import logging

from leti.adapters import adapter_base
from leti.errors import ConfigError, MissingBackend, UserError
from leti.sampling.encoding import ends_of, forbidden, look_like_weights, unreadable
from leti.sampling.names import identity

if TYPE_CHECKING:
    from collections.abc import Iterator

SMALL = 20_000_000
"""Parameters under which a chunk has one CPU thread: a 1 million parameter model made 12.6k tokens a second with one
thread and 7.5k with two on a shared 2-core machine, and one thread also rounds alike whatever the number of cores.
Two chunks side by side, a thread each, made 1.4 to 1.8 times as many as one after the other."""
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


def load(weights: str, *, device: torch.device, dtype: torch.dtype) -> Loaded:
    """The model and the tokenizer of these weights, ready to be sampled.

    An adapter is merged into the model it was trained on: a token then costs what it costs without.

    Raises:
        ConfigError: there are none, or they cannot be read.
        MissingBackend: they are an adapter, and peft is not installed.
    """
    name = identity(weights)
    look_like_weights(weights)
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
        raise ConfigError(unreadable(weights, reason=str(error))) from error
    model = model.to(device).eval().requires_grad_(False)
    width = model.get_output_embeddings().weight.shape[0]
    ends = _ends(model, tokenizer)
    text = model.config.get_text_config()
    return Loaded(
        identity=name,
        model=model,
        tokenizer=tokenizer,
        ends=ends,
        forbidden=torch.tensor(forbidden(tokenizer, width=width, ends=ends), dtype=torch.long, device=device),
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
    look_like_weights(weights)
    try:
        config = AutoConfig.from_pretrained(weights)
    except (OSError, ValueError) as error:
        raise ConfigError(unreadable(weights, reason=str(error))) from error
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
    """What ends a text, with the ids that the model's generation settings name (chat models have several)."""
    settings = getattr(model, "generation_config", None)
    more = getattr(settings, "eos_token_id", None)
    more = more if isinstance(more, list) else [more]
    return ends_of(tokenizer, more)
