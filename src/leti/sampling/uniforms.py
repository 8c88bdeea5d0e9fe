"""A stream of random numbers for each row, which nothing else in the batch can move."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


def uniforms(key: str, *, problem: str, sample: int, count: int) -> NDArray[np.float64]:
    """The first `count` numbers of a row's stream, each in [0, 1): one for each token.

    The stream is Philox, a counter-based generator, keyed by a digest of the three names. Its raw output is part of
    NumPy's stability promise (the distributions on top of it are not), so the numbers outlive NumPy versions.
    """
    digest = _digest(key, problem=problem, sample=sample)
    raw = np.random.Philox(key=int.from_bytes(digest[:16], "little")).random_raw(count)
    return np.asarray((raw >> np.uint64(11)) * 2.0**-53, dtype=np.float64)


def seed_of(key: str, *, problem: str, sample: int) -> int:
    """A row's seed for an engine that draws by itself: 31 bits, which every engine takes."""
    return int.from_bytes(_digest(key, problem=problem, sample=sample)[:4], "little") >> 1


def _digest(key: str, *, problem: str, sample: int) -> bytes:
    return hashlib.sha256(f"{key} problem={problem} sample={sample}".encode()).digest()
