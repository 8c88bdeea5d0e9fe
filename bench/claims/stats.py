"""The results of the claims as tables of pass rates, (seeds, problems): what `leti.compare.intervals` works on."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from leti.compare.intervals import Curve
from leti.scores import pass_at_k

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

    from numpy.typing import NDArray


def table(results: Sequence[Mapping[str, Any]], split: str, *, place: int = -1, k: int = 1) -> NDArray[np.float64]:
    """pass@k (seeds, problems) of one place of each result."""
    rows = [result["places"][place][split] for result in results]
    return np.array([[pass_at_k(row["samples"], passed, k=k) for passed in row["passed"]] for row in rows])


def curve(results: Sequence[Mapping[str, Any]], split: str) -> Curve:
    """The places that have the split, the base first."""
    numbers = [n for n, place in enumerate(results[0]["places"]) if split in place and place[split]["passed"]]
    done = [np.cumsum([place["steps"] for place in result["places"]]) for result in results]
    return Curve(
        steps=np.array([[each[n] for each in done] for n in numbers], dtype=float),
        rates=np.array([table(results, split, place=n) for n in numbers]),
    )
