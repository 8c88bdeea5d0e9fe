"""A key-value cache that grows in place.

Hugging Face's `DynamicLayer` concatenates, so each token copies everything before it. Here a token is written into
room that was set aside, and the model is handed views of the filled part.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
from transformers.cache_utils import DynamicCache, DynamicLayer

if TYPE_CHECKING:
    from collections.abc import Sequence

ROOM = 64
"""Positions set aside at first; later the room grows by half, so that a token is copied a bounded number of times."""


class GrowingLayer(DynamicLayer):  # type: ignore[misc] # transformers has no types
    """The keys and values of one layer; `keys` and `values` are views of the filled part of the room."""

    keys: torch.Tensor
    values: torch.Tensor
    is_initialized: bool

    def __init__(self, **_: Any) -> None:
        super().__init__()
        self._room: tuple[torch.Tensor, torch.Tensor] | None = None  # each (lines, heads, capacity, head)

    def update(
        self, key_states: torch.Tensor, value_states: torch.Tensor, *_: Any, **__: Any
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Keys and values so far with the new ones (lines, heads, new, head) behind them."""
        if not self.is_initialized:
            # A prompt is read in one go and then spread over its samples: room behind it would be copied for nothing.
            self.dtype, self.device, self.is_initialized = key_states.dtype, key_states.device, True
            self.keys, self.values = key_states, value_states
            return self.keys, self.values
        filled = self.keys.shape[-2]
        needed = filled + key_states.shape[-2]
        if self._room is None or self._room[0].shape[-2] < needed:
            capacity = max(needed + ROOM, filled + filled // 2)
            self._room = (_spread(self.keys, capacity=capacity), _spread(self.values, capacity=capacity))
        keys, values = self._room
        keys[:, :, filled:needed] = key_states
        values[:, :, filled:needed] = value_states
        self.keys, self.values = keys[:, :, :needed], values[:, :, :needed]
        return self.keys, self.values

    def batch_select_indices(self, indices: torch.Tensor) -> None:
        """Leaves only the lines `indices`, in that order; a line may come several times."""
        if self._room is None:
            super().batch_select_indices(indices)
            return
        filled = self.keys.shape[-2]
        keys, values = self._room
        self._room = (keys[indices], values[indices])
        self.keys, self.values = self._room[0][:, :, :filled], self._room[1][:, :, :filled]


def _spread(states: torch.Tensor, *, capacity: int) -> torch.Tensor:
    """A copy of `states` (lines, heads, filled, head) with room up to `capacity` positions."""
    lines, heads, filled, head = states.shape
    room = states.new_empty(lines, heads, capacity, head)
    room[:, :, :filled] = states
    return room


def new_cache(config: Any) -> Any:
    """An empty cache for a model of this configuration; layers that do not simply grow keep Hugging Face's own kind."""
    cache = DynamicCache(config=config)
    cache.layers = [GrowingLayer() if type(layer) is DynamicLayer else layer for layer in cache.layers]
    return cache


def joins(cache: Any) -> bool:
    """Whether caches of this kind can be put one below the other: `joined`."""
    return all(isinstance(layer, GrowingLayer) for layer in cache.layers)


def joined(caches: Sequence[Any]) -> Any:
    """One cache with the lines of all, which hold equally many positions and have only been read into."""
    first = caches[0]
    for index, layer in enumerate(first.layers if len(caches) > 1 else ()):
        layer.keys = torch.cat([cache.layers[index].keys for cache in caches])
        layer.values = torch.cat([cache.layers[index].values for cache in caches])
    return first


def select_lines(cache: Any, indices: torch.Tensor) -> None:
    """Leaves only the lines `indices` of every layer."""
    for layer in cache.layers:
        layer.batch_select_indices(indices)
