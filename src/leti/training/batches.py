"""Sequences -> tensors: which go together in a row, which rows go through the model at once.

Sequences of like length share a micro-batch, and short ones share a row. Neither changes what is learned: a sequence
has its own positions from 0 and sees no other (a block-diagonal causal mask), and the loss is a sum over tokens.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch
from transformers.utils.generic import is_flash_attention_requested

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from leti.training.tokens import Encoded

Row = list["Encoded"]
"""Sequences that stand one after the other."""


@dataclass(frozen=True, slots=True)
class MicroBatch:
    """What goes through the model at once. At each position: the token there, and the one to be predicted there."""

    ids: torch.Tensor  # (rows, tokens)
    positions: torch.Tensor  # (rows, tokens), from 0 in each sequence
    owners: torch.Tensor  # (rows, tokens), the number of the sequence within its row; -1 is padding
    targets: torch.Tensor  # (rows, tokens), the next token
    weights: torch.Tensor  # (rows, tokens), of the next token's cross-entropy; 0 at the end of a sequence


def pack(sequences: Sequence[Encoded], row_tokens: int) -> list[Row]:
    """Puts sequences into rows of at most `row_tokens` tokens, the longest first, each into the first row with room.

    A sequence that is longer has a row of its own. The rows come longest first sequence first; the same input gives
    the same rows.
    """
    rows: list[Row] = []
    room: list[int] = []
    for sequence in sorted(sequences, key=lambda item: len(item.ids), reverse=True):
        size = len(sequence.ids)
        fitting = next((at for at, free in enumerate(room) if free >= size), None)
        if fitting is None:
            rows.append([sequence])
            room.append(row_tokens - size)
        else:
            rows[fitting].append(sequence)
            room[fitting] -= size
    return rows


def micro_batches(sequences: Sequence[Encoded], *, row_tokens: int, micro_tokens: int) -> list[list[Row]]:
    """Groups the rows of one optimiser step by length; a group has at most `micro_tokens` tokens with padding.

    A row that is longer than `micro_tokens` is a group of its own.
    """
    groups: list[list[Row]] = []
    longest = 0
    for row in sorted(pack(sequences, row_tokens), key=_length, reverse=True):
        if groups and (len(groups[-1]) + 1) * longest <= micro_tokens:
            groups[-1].append(row)
        else:
            groups.append([row])
            longest = _length(row)
    return groups


def tensors(rows: Sequence[Row], device: torch.device) -> MicroBatch:
    """The rows as tensors, padded on the right to the longest."""
    width = max(_length(row) for row in rows)
    ids = torch.zeros(len(rows), width, dtype=torch.long)  # any id will do for padding: nothing sees it
    positions, targets = torch.zeros_like(ids), torch.zeros_like(ids)
    owners = torch.full_like(ids, -1)
    weights = torch.zeros(len(rows), width)
    for at, row in enumerate(rows):
        start = 0
        for number, sequence in enumerate(row):
            end = start + len(sequence.ids)
            ids[at, start:end] = torch.tensor(sequence.ids)
            positions[at, start:end] = torch.arange(end - start)
            owners[at, start:end] = number
            targets[at, start : end - 1] = ids[at, start + 1 : end]
            weights[at, start : end - 1] = torch.tensor(sequence.weights[1:])
            start = end
    return MicroBatch(*(tensor.to(device) for tensor in (ids, positions, owners, targets, weights)))


def takes_one_row(model: Any) -> bool:
    """Whether its attention takes no mask (FlashAttention): it tells sequences apart where positions begin anew.

    It does so in a single row, and then needs no padding.
    """
    return bool(is_flash_attention_requested(model.config))


def attention_masks(owners: torch.Tensor, model: Any) -> torch.Tensor | dict[str, torch.Tensor] | None:
    """The mask of the model's layers; where only some look at a sliding window, one per kind of layer, by its name.

    Args:
        owners: (rows, tokens), as in `MicroBatch`.
        model: any causal language model whose only memory is attention.

    Returns:
        As `attention_mask` does; None where `takes_one_row`.
    """
    if takes_one_row(model):
        return None
    attention, config = model.config._attn_implementation, model.config.get_text_config()  # noqa: SLF001 - has no public name
    window = getattr(config, "sliding_window", None)
    sliding = attention_mask(owners, attention, window=window)
    if window is None or set(getattr(config, "layer_types", None) or ()) != {"full_attention", "sliding_attention"}:
        return sliding
    return {"full_attention": attention_mask(owners, attention), "sliding_attention": sliding}


def attention_mask(owners: torch.Tensor, attention: str, *, window: int | None = None) -> torch.Tensor:
    """What each position may look at: itself and what precedes it in its own sequence.

    Transformers hands a 4-D mask to the attention as it is, so it has the form that attention takes: `sdpa` true where
    it may look, `eager` a number that is added to the scores. Padding sees padding, so that no row of it is empty.

    Args:
        owners: (rows, tokens), as in `MicroBatch`.
        attention: the model's attention implementation.
        window: how many positions, itself included, it may look at; None: all.

    Returns:
        (rows, 1, tokens, tokens): the asking position, then the one that is looked at.
    """
    tokens = owners.shape[1]
    causal = torch.ones(tokens, tokens, dtype=torch.bool, device=owners.device).tril()
    if window is not None:
        causal = causal.triu(1 - window)
    allowed = (owners[:, None, :, None] == owners[:, None, None, :]) & causal
    if attention != "eager":
        return allowed
    return torch.zeros(allowed.shape, device=owners.device).masked_fill(~allowed, torch.finfo(torch.float32).min)


def weighted_loss(model: Any, batch: MicroBatch) -> torch.Tensor:
    """The sum over the micro-batch of weight times cross-entropy, in nats; computed in float32."""
    bearing = batch.weights != 0  # (rows, tokens)
    logits = bearing_logits(model, batch)
    losses = torch.nn.functional.cross_entropy(logits.float(), batch.targets[bearing], reduction="none")
    return (losses * batch.weights[bearing]).sum()


def bearing_logits(model: Any, batch: MicroBatch) -> torch.Tensor:
    """The logits, (bearing tokens, vocabulary), of the positions that bear loss alone.

    Prompts and feedback often do not, and with a large vocabulary the logits are most of the memory and a good part of
    the work.
    """
    with _asked_only_at(model, batch.weights != 0):
        given = {"position_ids": batch.positions, "attention_mask": attention_masks(batch.owners, model)}
        logits: torch.Tensor = model(input_ids=batch.ids, use_cache=False, **given).logits[0]
    return logits


@contextmanager
def _asked_only_at(model: Any, positions: torch.Tensor) -> Iterator[None]:
    """The output layer sees these positions, in one row: what a model does to its logits after it, it does to each.

    (`logits_to_keep` has the same positions for every row, and not every architecture has it.)
    """
    hook = model.get_output_embeddings().register_forward_pre_hook(lambda _, given: (given[0][positions][None],))
    try:
        yield
    finally:
        hook.remove()


def _length(row: Row) -> int:
    return sum(len(sequence.ids) for sequence in row)
