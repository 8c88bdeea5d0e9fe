"""AdamW over named parameters, and its moments as named tensors."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import torch

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from leti.training.place import TrainerSettings


def make_optimizer(model: Any, settings: TrainerSettings) -> torch.optim.AdamW:
    """AdamW as in the paper (section 1.6): matrices and embeddings decay, biases and norms (all vectors) do not."""
    parameters = [parameter for parameter in model.parameters() if parameter.requires_grad]
    groups = [
        {"params": [p for p in parameters if p.ndim >= 2], "weight_decay": settings.weight_decay},
        {"params": [p for p in parameters if p.ndim < 2], "weight_decay": 0.0},
    ]
    return torch.optim.AdamW(groups, lr=settings.learning_rate, betas=settings.betas, eps=1e-8)


@contextmanager
def faster(parameters: Sequence[torch.Tensor], rows: Sequence[int], *, times: float) -> Iterator[None]:
    """Moves `rows` of the parameters so many times as far as what happens within moves them.

    AdamW takes no notice of a gradient's size, and its groups hold whole parameters: rows of one are reached only after
    the step.
    """
    before = [parameter.detach()[list(rows)].clone() for parameter in parameters]
    yield
    if times != 1:
        with torch.no_grad():
            for parameter, old in zip(parameters, before, strict=True):
                parameter[list(rows)] = old + times * (parameter[list(rows)] - old)


def moments(model: Any, optimizer: torch.optim.AdamW) -> dict[str, torch.Tensor]:
    """The optimiser's state as `exp_avg.NAME`, `exp_avg_sq.NAME` and `step.NAME`, by the parameters' names."""
    return {
        f"{kind}.{name}": tensor.detach()
        for name, parameter in model.named_parameters()
        for kind, tensor in optimizer.state.get(parameter, {}).items()
    }


def set_moments(model: Any, optimizer: torch.optim.AdamW, *, tensors: Mapping[str, torch.Tensor]) -> None:
    """The reverse of `moments`. A parameter that has none begins afresh."""
    parameters = dict(model.named_parameters())
    for key, tensor in tensors.items():
        kind, _, name = key.partition(".")
        parameter = parameters[name]
        device = torch.device("cpu") if kind == "step" else parameter.device
        optimizer.state[parameter][kind] = tensor.to(device)
