"""The loop over a model's forward pass: one prompt read once, its samples written side by side."""

from __future__ import annotations

import inspect
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch

from leti.sampling.cache import joined, joins, new_cache, select_lines
from leti.sampling.draw import draw, steer

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    from leti.sampling.ledger import Ledger
    from leti.types import Decoding

GPU_STRIDE = 8
"""Tokens drawn before a GPU's are looked at: each look makes it wait. What rows write past their end is dropped."""

PREFILL_CPU = 4096
"""Prompt tokens read at once on a CPU: their activations then stay in its cache (a third less time than 20k tokens)."""
PREFILL_GPU = 65536
"""The same on a GPU, where it only bounds memory."""


@dataclass(frozen=True, slots=True)
class Rules:
    """How tokens are drawn."""

    decoding: Decoding
    forbidden: torch.Tensor
    """Ids that must never come."""
    window: int | None
    """Positions the model has; None if they have no end."""


class Lines:
    """The lines of a batch inside the model: their keys and values, and where their next tokens stand."""

    def __init__(
        self, model: Any, prompts: Sequence[tuple[int, ...]], *, longest: int, window: int | None = None
    ) -> None:
        self._model = model
        self._last = (sys.maxsize if window is None else window) - 1
        self._options = _options(model)
        unique = list(dict.fromkeys(prompts))
        width = max(map(len, unique))
        ids = torch.tensor([(0,) * (width - len(tokens)) + tokens for tokens in unique], device=model.device)
        lengths = torch.tensor([len(tokens) for tokens in unique], device=model.device)  # (prompts,)
        padding = width - lengths
        positions = torch.arange(width + longest, device=model.device)
        seen = positions >= padding[:, None]  # (prompts, width + longest)
        first = self._read(ids, (positions[:width] - padding[:, None]).clamp_min(0), seen[:, :width])
        number = {tokens: index for index, tokens in enumerate(unique)}
        spread = torch.tensor([number[tokens] for tokens in prompts], device=model.device)  # (lines,)
        if len(unique) < len(prompts):
            select_lines(self._cache, spread)
        self._filled = width
        self._seen = seen[spread]  # (lines, width + longest)
        self._next = lengths[spread][:, None]  # (lines, 1): the position of the next token
        self.logits = first[spread]  # (lines, vocabulary)

    def _read(self, ids: torch.Tensor, positions: torch.Tensor, seen: torch.Tensor) -> torch.Tensor:
        """Reads the prompts (prompts, width), some at a time, into one cache; returns (prompts, vocabulary) logits."""
        prompts, width = ids.shape
        most = PREFILL_CPU if ids.device.type == "cpu" else PREFILL_GPU
        size = max(1, most // width) if joins(new_cache(self._model.config)) else prompts
        logits, caches = [], []
        for start in range(0, prompts, size):
            part = slice(start, start + size)
            self._cache = new_cache(self._model.config)
            logits.append(self._forward(ids[part], positions[part], seen[part]))
            caches.append(self._cache)
        self._cache = joined(caches)
        return torch.cat(logits)

    def step(self, tokens: torch.Tensor) -> None:
        """Puts one token (lines,) behind each line and makes the logits of the next."""
        self._filled += 1
        self.logits = self._forward(tokens[:, None], self._next, self._seen[:, : self._filled])
        self._next = (self._next + 1).clamp_max(self._last)  # a line that has ended may be read on past the window

    def keep(self, indices: torch.Tensor) -> None:
        """Leaves only the lines `indices`, in that order."""
        select_lines(self._cache, indices)
        self._seen, self._next, self.logits = self._seen[indices], self._next[indices], self.logits[indices]

    def _forward(self, ids: torch.Tensor, positions: torch.Tensor, seen: torch.Tensor) -> torch.Tensor:
        """Logits (lines, vocabulary) after the last of `ids` (lines, new); `seen` is False where there is padding."""
        output = self._model(
            input_ids=ids,
            attention_mask=seen,
            position_ids=positions,
            past_key_values=self._cache,
            use_cache=True,
            **self._options,
        )
        logits: torch.Tensor = output.logits[:, -1].float()
        return logits


def _options(model: Any) -> dict[str, int]:
    """Only the last position's logits are wanted, where a model can be told so."""
    return {"logits_to_keep": 1} if "logits_to_keep" in inspect.signature(model.forward).parameters else {}


@torch.inference_mode()
def decode(
    model: Any,
    contexts: Sequence[Sequence[tuple[int, ...]]],
    *,
    uniforms: NDArray[np.float64],
    rules: Rules,
    ledger: Ledger,
) -> None:
    """Writes the completions of a chunk into its ledger.

    Args:
        model: any causal language model of transformers, in evaluation mode.
        contexts: the prompt of each line of the ledger; with guidance a second time, under the bad token.
        uniforms: (lines, tokens) in [0, 1): the random number of each token.
        rules: how tokens are drawn.
        ledger: of the chunk.

    What comes out for a row depends on its prompt and its numbers alone, up to the rounding of matrix products of
    different shapes; the shapes depend on the chunk alone.
    """
    stride = 1 if model.device.type == "cpu" else GPU_STRIDE
    numbers = torch.from_numpy(uniforms).to(model.device)  # (lines, tokens)
    sides = [Lines(model, prompts, longest=ledger.longest, window=rules.window) for prompts in contexts]
    drawn: list[torch.Tensor] = []  # of (lines,)
    for place in range(ledger.longest):
        decoding = rules.decoding
        sides[0].logits.index_fill_(-1, rules.forbidden, -torch.inf)  # on one side: minus infinity cannot be weighed
        how = {"guidance": decoding.guidance, "min_p": decoding.min_p, "temperature": decoding.temperature}
        logits = steer([side.logits for side in sides], **how)
        drawn.append(draw(logits, numbers[:, place], temperature=decoding.temperature, top_p=decoding.top_p))
        tokens = drawn[-1].clamp_min(0)
        if len(drawn) == stride or place + 1 == ledger.longest:
            ledger.record(torch.stack(drawn, dim=1).cpu().numpy())
            drawn = []
            if not ledger.open:
                return
            stays = ledger.pack()
            if stays is not None:
                indices = torch.from_numpy(stays).to(model.device)
                for side in sides:
                    side.keep(indices)
                numbers, tokens = numbers[indices], tokens[indices]
        if place + 1 < ledger.longest:
            for side in sides:
                side.step(tokens)
