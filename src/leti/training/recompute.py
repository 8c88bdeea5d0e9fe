"""Less memory for more arithmetic: a layer keeps its input, and makes the rest again when the backward pass comes."""

from __future__ import annotations

from functools import partial
from typing import Any

from torch.utils.checkpoint import checkpoint
from transformers.modeling_layers import GradientCheckpointingLayer

from leti.errors import ConfigError


def recompute_layers(model: Any) -> None:
    """Lets every layer of the model be computed twice, in place. Losses and gradients stay the same.

    Transformers' own switch does nothing unless the model is in training mode, which would turn dropout on.

    Raises:
        ConfigError: transformers marks no layer of this architecture as one that can be made again.
    """
    layers = [module for module in model.modules() if isinstance(module, GradientCheckpointingLayer)]
    if not layers:
        raise ConfigError(
            f"training.recompute = true: {model.config.model_type!r} has no layers that can be computed again. "
            "Type --set training.recompute=false"
        )
    for layer in layers:
        layer.forward = partial(checkpoint, layer.forward, use_reentrant=False, preserve_rng_state=False)
