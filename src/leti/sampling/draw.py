"""One token for each line from its logits and its random number."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import torch
from torch.nn import functional

if TYPE_CHECKING:
    from collections.abc import Sequence

BLOCK = 64
"""Tokens per block of the two-step search."""
HEAD = 512
"""Tokens that are sorted first for the nucleus; it seldom reaches further."""


def steer(sides: Sequence[torch.Tensor], *, guidance: float, min_p: float, temperature: float) -> torch.Tensor:
    """Logits (lines, vocabulary) that lean away from the second side, without what the first holds to be unlikely.

    Args:
        sides: the logits under the good token (or whatever the prefix is), and under the bad one if there is guidance.
        guidance: w of `(1 + w) * good - w * bad` (classifier-free guidance).
        min_p: least probability a token may have on the first side, as a share of the likeliest one's. Guidance needs
            it: far down the tail the two sides differ most where neither knows anything.
        temperature: at which that is looked at (as in transformers and vLLM).
    """
    first = sides[0]
    steered = first if len(sides) == 1 else (1 + guidance) * first - guidance * sides[1]
    if not min_p:
        return steered
    floor = first.max(dim=-1, keepdim=True).values + temperature * math.log(min_p)  # (lines, 1)
    return steered.masked_fill(first < floor, -torch.inf)


def draw(logits: torch.Tensor, uniforms: torch.Tensor, *, temperature: float, top_p: float) -> torch.Tensor:
    """Token ids (lines,), drawn by inverting the cumulative distribution at each line's uniform number in [0, 1).

    Args:
        logits: (lines, vocabulary) float32, minus infinity where a token must not come.
        uniforms: (lines,) float64.
        temperature: divides the logits; 0 takes the most likely token.
        top_p: the least mass of the most likely tokens that are drawn from.

    -1 stands where the logits are not numbers: to look here would make a GPU wait for us at every token.
    """
    peak, best = logits.max(dim=-1)  # (lines,)
    if temperature == 0:
        return torch.where(peak.isfinite(), best, -1)
    weights = logits - peak[:, None]  # (lines, vocabulary)
    if temperature != 1:
        weights /= temperature
    weights.exp_()  # the greatest is 1
    if top_p < 1:
        weights = torch.where(weights >= _threshold(weights, top_p=top_p), weights, 0.0)
    return torch.where(peak.isfinite(), _invert(weights, uniforms), -1)


def _threshold(weights: torch.Tensor, *, top_p: float) -> torch.Tensor:
    """(lines, 1): the weight of the least likely token of each line's nucleus.

    The nucleus is the smallest set of most likely tokens with at least `top_p` of the mass. Tokens as likely as the
    last one belong to it too, so that the result does not depend on how a sort breaks ties.
    """
    goal = weights.sum(-1, keepdim=True, dtype=torch.float64) * top_p  # (lines, 1)
    head = min(HEAD, weights.shape[-1])
    ranked = weights.topk(head, dim=-1).values  # (lines, head)
    if head < weights.shape[-1] and bool((ranked.sum(-1, keepdim=True, dtype=torch.float64) < goal).any()):
        ranked = weights.sort(dim=-1, descending=True).values
    mass = ranked.cumsum(-1, dtype=torch.float64)
    last = (mass < goal).sum(-1, keepdim=True).clamp_max(ranked.shape[-1] - 1)  # (lines, 1)
    return ranked.gather(-1, last)


def _invert(weights: torch.Tensor, uniforms: torch.Tensor) -> torch.Tensor:
    """(lines,): the first token at which the running sum of `weights` exceeds `uniforms` times their total.

    In two steps, blocks of tokens and then tokens of the block: only the sums of blocks are added up in float64,
    which for a large vocabulary is most of the cost of drawing.
    """
    lines, vocabulary = weights.shape
    if vocabulary % BLOCK:
        weights = functional.pad(weights, (0, -vocabulary % BLOCK))
    blocks = weights.view(lines, -1, BLOCK)
    edges = blocks.sum(-1).cumsum(-1, dtype=torch.float64)  # (lines, blocks)
    goal = uniforms[:, None] * edges[:, -1:]  # (lines, 1)
    block = _first_above(edges, goal)  # (lines, 1)
    before = torch.where(block > 0, edges.gather(-1, (block - 1).clamp_min(0)), 0.0)
    inside = blocks[torch.arange(lines, device=weights.device), block[:, 0]].cumsum(-1, dtype=torch.float64)
    return (block * BLOCK + _first_above(inside, goal - before))[:, 0]


def _first_above(running: torch.Tensor, goal: torch.Tensor) -> torch.Tensor:
    """(lines, 1): the first place where a running sum (lines, places) exceeds `goal`; always one of positive weight."""
    total = running[:, -1:]
    below = torch.nextafter(total, torch.zeros_like(total))  # rounding may have put the goal at the total itself
    places = torch.searchsorted(running, torch.minimum(goal, below), right=True)
    return places.clamp_max(running.shape[-1] - 1)  # not-a-number exceeds nothing
