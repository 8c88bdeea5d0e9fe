"""Attempts -> Examples: what the model is trained on. One small file each; pure.

To add one: a function `examples(attempts, layout) -> list[Example]`, named in `OBJECTIVES` with the token that later
iterations are sampled under.
"""

from leti.objectives import fcft, passing_only, reward_only
from leti.objectives.choose import Choice
from leti.objectives.layout import Layout
from leti.objectives.objective import OBJECTIVES, Objective

__all__ = ["OBJECTIVES", "Choice", "Layout", "Objective", "fcft", "passing_only", "reward_only"]
