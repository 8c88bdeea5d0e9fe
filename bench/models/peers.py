"""Peers that are no part of this project: they are imported where they are needed, or it is said what to type."""

from __future__ import annotations

import importlib
import warnings
from typing import Any

from contest import NotThereError


def trl() -> Any:
    """The library.

    Raises:
        NotThereError: it is not installed, or one that it imports is not.
    """
    try:
        found = importlib.import_module("trl")
        _ = found.SFTTrainer, found.GRPOTrainer  # they are imported when they are first asked for
    except (ImportError, RuntimeError) as error:  # RuntimeError: what transformers and TRL make of it
        raise NotThereError(f"TRL is not there ({error}). Type: pip install trl") from error
    return found


def hush() -> None:
    """No progress bars in this process, and no warnings about what will be called otherwise one day."""
    import datasets
    from transformers.utils import logging

    warnings.filterwarnings("ignore", category=FutureWarning)
    datasets.disable_progress_bars()
    logging.disable_progress_bar()


def mute(trainer: Any) -> None:
    """The trainer does not print what it did."""
    from transformers.trainer_callback import PrinterCallback

    trainer.remove_callback(PrinterCallback)


def quiet() -> dict[str, Any]:
    """What TRL's configurations are told so that nothing but training takes time."""
    return {
        "logging_strategy": "no",
        "save_strategy": "no",
        "eval_strategy": "no",
        "report_to": "none",
        "disable_tqdm": True,
        "gradient_checkpointing": False,  # their default computes every layer twice to save memory
        "dataloader_num_workers": 0,
    }
