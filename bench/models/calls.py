"""How prompts are batched for a peer, and which of the tokens it wrote count: pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")


def calls(prompts: Sequence[T], samples: int, *, rows: int) -> list[tuple[list[T], int]]:
    """Prompts and how many completions of each: one item per call, of at most `rows` rows (at least one).

    Prompts stay in their order: who wants little padding sorts them first.
    """
    together = max(1, rows // samples)
    groups = [list(prompts[start : start + together]) for start in range(0, len(prompts), together)]
    shares = [min(rows, samples - start) for start in range(0, samples, rows)]
    return [(group, share) for group in groups for share in shares]


def written(tokens: Sequence[int], ends: Sequence[int]) -> list[int]:
    """The tokens of a completion before the one that ended it; what was padded behind it is none."""
    stop = next((at for at, token in enumerate(tokens) if token in ends), len(tokens))
    return list(tokens[:stop])
