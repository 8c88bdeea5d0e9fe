"""Models on disk: a plain Hugging Face folder, or one that peft reads, in; a plain Hugging Face folder out."""

from __future__ import annotations

import warnings
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from safetensors import SafetensorError
from transformers import AutoModelForCausalLM, AutoTokenizer
from transformers.utils import logging

from leti.adapters import adapter_base
from leti.errors import ConfigError, MissingBackend, UserError
from leti.training.checkpoint import read_tensors, unwritable, write_tensors
from leti.training.optimizer import moments, set_moments
from leti.training.place import MOMENTS
from leti.training.tokens import grow

if TYPE_CHECKING:
    from collections.abc import Iterator

    from leti.training.place import TrainerSettings


def load(start: str, *, attention: str | None = None) -> tuple[Any, Any]:
    """The whole model, with float32 weights whatever it is stored as, and its tokenizer. An adapter is merged into it.

    Its attention is the one that transformers knows by this name; None: its own choice.

    With bfloat16 weights, as in the official code, most updates are lost to rounding at the paper's learning rates
    (its description, section 1.6).

    Raises:
        ConfigError: there is no such model.
        MissingBackend: it is an adapter, and peft is not installed.
    """
    base = adapter_base(start)
    with loading(start):
        model = AutoModelForCausalLM.from_pretrained(base or start, dtype=torch.float32, **choosing(attention))
        tokenizer = load_tokenizer(start)
        return (_merged(model, tokenizer, start) if base else model), tokenizer


def choosing(attention: str | None) -> dict[str, str]:
    """What transformers is told of the attention."""
    return {"attn_implementation": attention} if attention else {}


def _merged(model: Any, tokenizer: Any, adapter: str) -> Any:
    try:
        from peft import PeftModel
    except ModuleNotFoundError as error:
        raise MissingBackend("peft", "lora") from error
    grow(model, tokenizer)
    return PeftModel.from_pretrained(model, adapter).merge_and_unload().requires_grad_(True)


@contextmanager
def loading(start: str) -> Iterator[None]:
    """Says what to type where a model cannot be loaded within, and shows no bars: a run shows its own.

    Raises:
        ConfigError: in place of what transformers, peft or safetensors raised.
    """
    try:
        with quietly():
            yield
    except UserError:
        raise
    except ImportError as error:  # of what an attention or a way of storing weights needs
        raise ConfigError(f"The model {start!r} cannot be loaded: {error}") from error
    except (OSError, ValueError, KeyError, RuntimeError, SafetensorError) as error:
        raise ConfigError(
            f"The model {start!r} cannot be loaded: {error}. Name a folder of weights or a model of huggingface.co: "
            "--set model.path=NAME"
        ) from error


def load_tokenizer(start: str) -> Any:
    """The tokenizer of a model, as everyone who has transformers gets it."""
    return AutoTokenizer.from_pretrained(start)


def save(model: Any, tokenizer: Any, *, folder: Path, **how: Any) -> None:
    """Writes what `load`, transformers and vLLM read: safetensors, configuration, generation settings, tokenizer."""
    for loading in ("is_local", "local_files_only"):  # how it was loaded, not what it is: differs between sittings
        tokenizer.init_kwargs.pop(loading, None)
    try:
        with quietly():
            model.save_pretrained(folder, **how)
            tokenizer.save_pretrained(folder)
    except SafetensorError as error:
        raise unwritable(folder, error) from error


def save_moments(model: Any, optimizer: torch.optim.AdamW, *, folder: Path) -> None:
    """Writes the optimiser's moments into a folder of weights."""
    (folder / MOMENTS).parent.mkdir()
    write_tensors(moments(model, optimizer), folder / MOMENTS)


def load_moments(model: Any, optimizer: torch.optim.AdamW, *, start: str) -> None:
    """Takes the moments up again, if the weights came with any."""
    if (Path(start) / MOMENTS).is_file():
        set_moments(model, optimizer, tensors=read_tensors(Path(start) / MOMENTS))


def narrow(precision: str, device: torch.device) -> bool:
    """Whether the arithmetic is in bfloat16: `bfloat16`, or `auto` on a GPU that has it."""
    return precision == "bfloat16" or (precision == "auto" and device.type == "cuda" and torch.cuda.is_bf16_supported())


def longest(model: Any, settings: TrainerSettings) -> int:
    """The most tokens one sequence may have: the settings' bound and the model's positions."""
    positions = getattr(model.config.get_text_config(), "max_position_embeddings", None)
    return min(settings.max_tokens, int(positions)) if positions else settings.max_tokens


@contextmanager
def quietly() -> Iterator[None]:
    """Without transformers' progress bars, and what peft warns of that is as it should be (such as GPT-2's layers)."""
    shown = logging.is_progress_bar_enabled()
    logging.disable_progress_bar()
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", module=r"peft\.|transformers\.")
            yield
    finally:
        if shown:
            logging.enable_progress_bar()
