"""AdamW over named parameters, and its moments as named tensors."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import torch

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from leti.training.place import TrainerSettings

OwnRows = list[tuple[torch.Tensor, list[int]]]
"""Parameters with a row per token, and which rows are those of LETI's own tokens."""


def trained(model: Any) -> dict[str, torch.Tensor]:
    """The parameters that are trained, by name."""
    return {name: parameter for name, parameter in model.named_parameters() if parameter.requires_grad}


def make_optimizer(model: Any, settings: TrainerSettings) -> torch.optim.AdamW:
    """AdamW as in the paper (section 1.6): matrices and embeddings decay, biases and norms (all vectors) do not.

    Nor does an output layer that an adapter keeps whole (`modules_to_save`): all rows but LETI's have to stay.
    """
    decaying: list[torch.Tensor] = []
    free: list[torch.Tensor] = []
    for name, parameter in trained(model).items():
        decays = parameter.ndim >= 2 and ".modules_to_save." not in name
        (decaying if decays else free).append(parameter)
    groups = [
        {"params": decaying, "weight_decay": settings.weight_decay},
        {"params": free, "weight_decay": 0.0},
    ]
    return torch.optim.AdamW(groups, lr=settings.learning_rate, betas=settings.betas, eps=1e-8)


@contextmanager
def faster(own_rows: OwnRows, *, times: float) -> Iterator[None]:
    """Moves these rows of parameters so many times as far as what happens within moves them.

    AdamW takes no notice of a gradient's size, and its groups hold whole parameters: rows of one are reached only after
    the step.
    """
    before = [parameter.detach()[rows].clone() for parameter, rows in own_rows]
    yield
    if times != 1:
        with torch.no_grad():
            for (parameter, rows), old in zip(own_rows, before, strict=True):
                parameter[rows] = old + times * (parameter[rows] - old)


def moments(model: Any, optimizer: torch.optim.AdamW) -> dict[str, torch.Tensor]:
    """The optimiser's state as `exp_avg.NAME`, `exp_avg_sq.NAME` and `step.NAME`, by the parameters' names."""
    return {
        f"{kind}.{name}": tensor.detach()
        for name, parameter in model.named_parameters()
        for kind, tensor in optimizer.state.get(parameter, {}).items()
    }


def set_moments(model: Any, optimizer: torch.optim.AdamW, *, tensors: Mapping[str, torch.Tensor]) -> None:
    """The reverse of `moments`. A parameter that has none begins afresh; what belongs to no parameter is left alone.

    (The weights may have been trained whole before, and have an adapter now.) Rows that have come since begin afresh.
    """
    parameters = dict(model.named_parameters())
    for key, tensor in tensors.items():
        kind, _, name = key.partition(".")
        if name not in parameters:
            continue
        parameter = parameters[name]
        optimizer.state[parameter][kind] = (
            tensor.cpu() if kind == "step" else _with_rows_of(parameter, tensor).to(parameter.device)
        )


def _with_rows_of(parameter: torch.Tensor, moment: torch.Tensor) -> torch.Tensor:
    if moment.shape == parameter.shape:
        return moment
    return torch.cat([moment, moment.new_zeros(len(parameter) - len(moment), *moment.shape[1:])])
