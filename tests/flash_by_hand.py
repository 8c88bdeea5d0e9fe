"""FlashAttention by hand, on any device: the kernel alone is made up, what transformers does around it is real."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

import torch
from transformers import AttentionInterface, AttentionMaskInterface
from transformers import modeling_flash_attention_utils as around
from transformers.integrations.flash_attention import flash_attention_forward
from transformers.masking_utils import flash_attention_mask

if TYPE_CHECKING:
    import pytest

NAME = "flash_by_hand"


def several(  # noqa: PLR0917 - as the kernel has it
    q: torch.Tensor,
    k: torch.Tensor,
    v: torch.Tensor,
    cu_seqlens_q: torch.Tensor,
    cu_seqlens_k: torch.Tensor,
    max_seqlen_q: int,
    max_seqlen_k: int,
    softmax_scale: float | None = None,
    causal: bool = False,  # noqa: FBT001, FBT002 - as the kernel has it
    window_size: tuple[int, int] = (-1, -1),
) -> torch.Tensor:
    """(tokens, heads, size) of sequences one after the other, which begin and end where `cu_seqlens` says."""
    assert causal
    assert torch.equal(cu_seqlens_q, cu_seqlens_k)
    assert max_seqlen_q == max_seqlen_k == int(cu_seqlens_q.diff().max())
    bounds = cu_seqlens_q.tolist()
    parts = [
        one(
            q[a:b][None], k[a:b][None], v[a:b][None], softmax_scale=softmax_scale, causal=True, window_size=window_size
        )[0]
        for a, b in pairwise(bounds)
    ]
    return torch.cat(parts)


def one(
    q: torch.Tensor,
    k: torch.Tensor,
    v: torch.Tensor,
    softmax_scale: float | None = None,
    causal: bool = False,  # noqa: FBT001, FBT002 - as the kernel has it
    window_size: tuple[int, int] = (-1, -1),
) -> torch.Tensor:
    """(rows, tokens, heads, size), each row a sequence."""
    assert causal
    mask = torch.ones(q.shape[1], q.shape[1], dtype=torch.bool).tril()
    if window_size[0] >= 0:
        mask = mask.triu(-window_size[0])
    heads = (x.transpose(1, 2) for x in (q, k, v))
    attended = torch.nn.functional.scaled_dot_product_attention(
        *heads, attn_mask=mask, scale=softmax_scale, enable_gqa=True
    )
    return attended.transpose(1, 2)


def install(patch: pytest.MonkeyPatch) -> None:
    """Let models be loaded with the attention `NAME`."""

    def kernels(*_: Any, **__: Any) -> tuple[Any, ...]:
        return one, several, None, None, None

    patch.setattr(around, "_lazy_imports", kernels)
    AttentionInterface.register(NAME, flash_attention_forward)
    AttentionMaskInterface.register(NAME, flash_attention_mask)
