"""Whether a model reads each sequence of a row by itself: looked at before it is trained, not believed."""

from __future__ import annotations

from typing import Any

import torch

from leti.errors import ConfigError
from leti.training.batches import bearing_logits, tensors
from leti.training.tokens import Encoded

HEARD = 0.02
"""Of the spread of the logits. Rounding moves them by less than a thousandth; a neighbour that is heard by a fifth."""
SIZE = 12


def refuse_crosstalk(model: Any) -> None:
    """Looks whether what a sequence is followed by depends on who stands before it in its row.

    Raises:
        ConfigError: it does, or the model takes no rows of several: it remembers by other means than attention, or its
            attention takes no mask.
    """
    try:
        alike, other = _followed(model, 3, 7), _followed(model, 200, -11)
    except torch.OutOfMemoryError:
        raise
    except (RuntimeError, TypeError) as error:
        raise _refusal(model, f"are not read ({error})") from error
    if (alike - other).abs().mean() > HEARD * other.std():
        raise _refusal(model, "see each other")


@torch.no_grad()
def _followed(model: Any, start: int, step: int) -> torch.Tensor:
    """The logits, (tokens, vocabulary), of one sequence after another that begins so and goes on so."""
    count = model.config.get_text_config().vocab_size
    row = [_sequence(start, step, count, weight=0.0), _sequence(20, 5, count, weight=1.0)]
    return bearing_logits(model, tensors([row], model.device)).float()


def _refusal(model: Any, what: str) -> ConfigError:
    attention = model.config._attn_implementation  # noqa: SLF001 - has no public name
    return ConfigError(
        f"Sequences that share a row {what}, with {model.config.model_type!r} and its attention {attention!r}. Models "
        "whose layers remember by other means than attention cannot be trained here; if this one has none of those, "
        "type --set training.layers.attention=eager"
    )


def _sequence(start: int, step: int, count: int, *, weight: float) -> Encoded:
    """Tokens that are as good as any."""
    return Encoded(tuple((start + step * at) % count for at in range(SIZE)), (weight,) * SIZE)
