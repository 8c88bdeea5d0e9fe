"""Examples -> weights. Importing this package imports no torch: the trainer itself is imported when one is made."""

from __future__ import annotations

from typing import TYPE_CHECKING

from leti.errors import MissingBackend
from leti.training.place import LayerSettings, LoraSettings, PretrainSettings, TrainerSettings, TrainingPlace

if TYPE_CHECKING:
    from leti.training.trainer import HFTrainer

__all__ = ["LayerSettings", "LoraSettings", "PretrainSettings", "TrainerSettings", "TrainingPlace", "make_trainer"]


def make_trainer(settings: TrainerSettings) -> HFTrainer:
    """The trainer for Hugging Face models.

    Raises:
        ConfigError: the source of pre-training text, or a GPU that is needed, is not there.
        MissingBackend: torch, transformers, accelerate or safetensors is not installed; or peft, for an adapter; or
            liger-kernel, where its kernels are asked for.
    """
    try:
        from leti.training import layers, pretrain
        from leti.training.trainer import HFTrainer
    except ModuleNotFoundError as error:
        raise MissingBackend(str(error.name), "train") from error
    layers.refuse_missing(settings)
    if settings.pretrain:
        pretrain.refuse_missing(settings.pretrain.source)
    if settings.lora:
        _refuse_missing_for(settings.lora)
    return HFTrainer(settings)


def _refuse_missing_for(lora: LoraSettings) -> None:
    try:
        from leti.training.lora import refuse_missing
    except ModuleNotFoundError as error:
        raise MissingBackend(str(error.name), "lora") from error
    refuse_missing(lora)
