"""What the machine can multiply: matrix products of the shapes that a model's tokens go through, and a large one."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import torch
from contest import Turn

from leti.sampling.weights import SMALL

if TYPE_CHECKING:
    from tasks import Products

LARGE = 2048
"""Rows and columns of the large square product."""
LEAST_SECONDS = 0.5

Shape = tuple[int, int]
"""Columns in, columns out."""


def shapes(weights: str) -> list[Shape]:
    """Every matrix that a token is multiplied with: the layers', and the output layer's (tied or not).

    Twice their sizes are a token's operations; those of attention itself are not counted.
    """
    from accelerate import init_empty_weights
    from transformers import AutoConfig, AutoModelForCausalLM

    with init_empty_weights():
        model = AutoModelForCausalLM.from_config(AutoConfig.from_pretrained(weights))
    found = [module for module in model.modules() if isinstance(module, torch.nn.Linear)]
    return [(linear.in_features, linear.out_features) for linear in found]


class Multiplier:
    """Multiplies matrices of random numbers, on one thread if our sampler takes one for this model."""

    def __init__(self, products: Products) -> None:
        self._products = products
        self._shapes = shapes(products.weights)
        self._parameters = sum(inside * outside for inside, outside in self._shapes)
        small = not products.device.is_gpu and self._parameters < SMALL
        if small:
            torch.set_num_threads(1)
        self.about = f"torch {torch.__version__}, {torch.get_num_threads()} threads"

    def turn(self, request: str) -> Turn:
        """`model`: a step of so many tokens through all of the model's matrices; `square`: the large product."""
        rows = self._products.rows if request == "model" else LARGE
        wanted = self._shapes if request == "model" else [(LARGE, LARGE)]
        operations = 2 * rows * sum(inside * outside for inside, outside in wanted)
        work = [self._pair(rows, shape) for shape in wanted]
        once = self._seconds(work, 1)
        times = max(1, math.ceil(LEAST_SECONDS / once))
        return Turn(
            seconds=self._seconds(work, times),
            amounts={"operations": operations * times, "parameters": self._parameters},
        )

    def _pair(self, rows: int, shape: Shape) -> tuple[torch.Tensor, torch.Tensor]:
        options = {"device": self._products.device.name, "dtype": getattr(torch, self._products.device.precision)}
        return torch.randn(rows, shape[0], **options), torch.randn(shape[1], shape[0], **options)

    @torch.inference_mode()
    def _seconds(self, work: list[tuple[torch.Tensor, torch.Tensor]], times: int) -> float:
        began = self._products.device.now()
        for _ in range(times):
            for tokens, matrix in work:
                torch.nn.functional.linear(tokens, matrix)
        return self._products.device.now() - began
