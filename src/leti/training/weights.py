"""Models on disk: a plain Hugging Face folder in, a plain Hugging Face folder out."""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from safetensors import SafetensorError
from transformers import AutoModelForCausalLM, AutoTokenizer
from transformers.utils import logging

from leti.errors import ConfigError
from leti.training.checkpoint import read_tensors, unwritable, write_tensors
from leti.training.optimizer import moments, set_moments

if TYPE_CHECKING:
    from collections.abc import Iterator

    from leti.training.place import TrainerSettings

MOMENTS = Path("optimizer", "moments.safetensors")
"""The optimiser's moments within a folder of weights. In a folder of their own: servers such as vLLM load every
`*.safetensors` that stands beside the model's."""


def load(start: str) -> tuple[Any, Any]:
    """The model, with float32 weights whatever it is stored as, and its tokenizer.

    With bfloat16 weights, as in the official code, most updates are lost to rounding at the paper's learning rates
    (its description, section 1.6).

    Raises:
        ConfigError: there is no such model.
    """
    try:
        with _quietly():
            model = AutoModelForCausalLM.from_pretrained(start, dtype=torch.float32)
        tokenizer = AutoTokenizer.from_pretrained(start)
    except (OSError, ValueError, KeyError, RuntimeError, SafetensorError) as error:
        raise ConfigError(
            f"The model {start!r} cannot be loaded: {error}. Name a folder of weights or a model of huggingface.co: "
            "--set model.path=NAME"
        ) from error
    return model, tokenizer


def save(model: Any, tokenizer: Any, *, folder: Path) -> None:
    """Writes what `load`, transformers and vLLM read: safetensors, configuration, generation settings, tokenizer."""
    for loading in ("is_local", "local_files_only"):  # how it was loaded, not what it is: differs between sittings
        tokenizer.init_kwargs.pop(loading, None)
    try:
        with _quietly():
            model.save_pretrained(folder)
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


def longest(model: Any, settings: TrainerSettings) -> int:
    """The most tokens one sequence may have: the settings' bound and the model's positions."""
    positions = getattr(model.config.get_text_config(), "max_position_embeddings", None)
    return min(settings.max_tokens, int(positions)) if positions else settings.max_tokens


@contextmanager
def _quietly() -> Iterator[None]:
    """Without transformers' progress bars: a run shows its own."""
    shown = logging.is_progress_bar_enabled()
    logging.disable_progress_bar()
    try:
        yield
    finally:
        if shown:
            logging.enable_progress_bar()
