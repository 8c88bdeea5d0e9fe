"""What a benchmark is told on the command line."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from machine import Device


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The same for every benchmark."""

    models: tuple[str, ...]
    device: Device
    rounds: int
    samples: tuple[int, ...]
    """Completions per problem that sampling is measured at."""
    texts: int
    """Texts per optimiser step that training is measured at."""
    quick: bool
    """A look that everything works, in about a minute; its figures mean nothing."""
