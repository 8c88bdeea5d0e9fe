"""How much a run has to do."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from leti.training.plan import pretrain_steps


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """Of one iteration."""

    programs: int
    """To train on."""
    scored: Mapping[str, int]
    """Programs by split, for one scoring."""
    epochs: int
    batch: int
    pretrain_ratio: float

    def total(self, split: str | None) -> int:
        """Programs to train on (None), or for a split."""
        return self.programs if split is None else self.scored[split]

    def steps(self, examples: int) -> int:
        """Optimiser steps; fewer if some examples are too long to be trained on."""
        of_examples = self.epochs * math.ceil(examples / self.batch)
        return of_examples + pretrain_steps(of_examples, self.pretrain_ratio)
