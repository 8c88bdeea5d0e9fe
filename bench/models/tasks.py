"""What contenders are given: plain values that go to their processes. No torch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from machine import Device

    from leti.types import Example, Problem


@dataclass(frozen=True, slots=True, kw_only=True)
class Sampling:
    """Programs to be written."""

    weights: str
    device: Device
    problems: Sequence[Problem]
    counts: dict[int, int]
    """By samples per problem: how many of the problems."""
    max_new_tokens: int
    batch_rows: int
    """Ours; the others choose among `candidates`."""
    candidates: Sequence[int]

    def of(self, samples: int) -> Sequence[Problem]:
        """The problems that so many samples each are drawn for."""
        return self.problems[: self.counts[samples]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Products:
    """A model as matrix products."""

    weights: str
    device: Device
    rows: int
    """Tokens that go through it at once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Training:
    """Texts to be learned."""

    weights: str
    device: Device
    examples: Sequence[Example]
    ids: Path
    """The same texts as ids: `texts.read`."""
    batch: int
    """Texts per optimiser step."""
    steps: int
    """Optimiser steps of a turn, after a first one that is not counted."""
    max_tokens: int
    micro_tokens: int
    way: Way | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """How TRL is asked to put texts together."""

    name: str
    packed: int = 0
    """Tokens of a packed row; 0: texts are not packed."""
    padding_free: bool = False
    micro: int = 0
    """Texts, or packed rows, that go through the model at once; 0: all of an optimiser step."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Iterating:
    """One iteration: programs to be written, run, and learned from."""

    weights: str
    device: Device
    problems: int
    samples: int
    max_new_tokens: int
    batch: int
    """Programs per optimiser step."""
    overlapped: bool = True
    """Ours: programs are verified while the next are sampled."""
