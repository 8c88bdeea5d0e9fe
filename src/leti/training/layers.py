"""A model's layers computed in another way, in place: in less memory, or faster. What they say stays the same."""

from __future__ import annotations

from functools import partial
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import torch
from torch.utils.checkpoint import checkpoint
from transformers.modeling_layers import GradientCheckpointingLayer
from transformers.utils.generic import is_flash_attention_requested

from leti.errors import ConfigError, MissingBackend

if TYPE_CHECKING:
    from leti.training.place import LayerSettings, TrainerSettings


def refuse_missing(settings: TrainerSettings) -> None:
    """Looks for what kernels need, before the work that comes first.

    Raises:
        ConfigError: there is no GPU, or the arithmetic is not what they are for.
        MissingBackend: liger-kernel is not installed.
    """
    layers = settings.layers
    flash = is_flash_attention_requested(requested_attention_implementation=layers.attention)
    if layers.liger and find_spec("liger_kernel") is None:
        raise MissingBackend("liger-kernel", "liger")
    for key, asked, instead in (("attention", flash, "sdpa"), ("liger", layers.liger, "false")):
        if asked and (settings.device == "cpu" or not torch.accelerator.is_available()):
            raise ConfigError(
                f"training.layers.{key} names kernels for a GPU, and training is on the CPU. "
                f"Type --set training.layers.{key}={instead}"
            )
    if flash and settings.precision == "float32":
        raise ConfigError(
            f"training.layers.attention = {layers.attention!r} computes in bfloat16 only. "
            "Type --set model.precision=bfloat16 or --set training.layers.attention=sdpa"
        )


def prepare(model: Any, layers: LayerSettings) -> None:
    """Lets a model's layers be computed as the settings say; its attention was chosen when it was loaded.

    Raises:
        ConfigError: this architecture cannot be computed so.
    """
    if layers.liger:
        use_liger(model)
    if layers.compile:
        compile_layers(model)
    if layers.recompute:  # goes around what is compiled
        recompute_layers(model)


def recompute_layers(model: Any) -> None:
    """Lets every layer keep its input alone and be computed again in the backward pass, to the same bits.

    Transformers' own switch does nothing unless the model is in training mode, which would turn dropout on.

    Raises:
        ConfigError: transformers marks no layer of this architecture as one that can be made again.
    """
    for layer in _layers(model, "recompute"):
        layer.forward = partial(checkpoint, layer.forward, use_reentrant=False, preserve_rng_state=False)


def compile_layers(model: Any, *, backend: str = "inductor") -> None:
    """Lets `torch.compile` make every layer faster, up to rounding; layers that are alike share what is compiled.

    Not the whole model: what a micro-batch bears loss at, and so the shape of its logits, is never the same twice.

    Args:
        model: where its layers are recomputed, too, this comes first.
        backend: one of the compiler's.

    Raises:
        ConfigError: transformers marks no layer of this architecture as one that stands by itself.
    """
    for layer in _layers(model, "compile"):
        layer.forward = torch.compile(layer.forward, dynamic=True, backend=backend)


def use_liger(model: Any) -> None:
    """Puts liger's kernels in the place of norms, rotary positions and feed-forward layers (arXiv 2410.10989).

    Its losses are left out: they know no weights of tokens.

    Raises:
        ConfigError: liger has no kernels for this architecture.
    """
    from liger_kernel.transformers import _apply_liger_kernel_to_instance
    from liger_kernel.transformers.monkey_patch import MODEL_TYPE_TO_APPLY_LIGER_FN

    inner = model.get_base_model() if hasattr(model, "peft_config") else model
    if inner.config.model_type not in MODEL_TYPE_TO_APPLY_LIGER_FN:
        raise ConfigError(
            f"training.layers.liger = true: liger has no kernels for {inner.config.model_type!r}. "
            "Type --set training.layers.liger=false"
        )
    _apply_liger_kernel_to_instance(model=inner, cross_entropy=False, fused_linear_cross_entropy=False)


def _layers(model: Any, key: str) -> list[Any]:
    layers = [module for module in model.modules() if isinstance(module, GradientCheckpointingLayer)]
    if not layers:
        raise ConfigError(
            f"training.layers.{key} = true: transformers marks no layers in {model.config.model_type!r}. "
            f"Type --set training.layers.{key}=false"
        )
    return layers
