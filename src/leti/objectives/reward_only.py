"""The reward token without the words (the paper's ablation "w/o textual feedback"; "coarse-only" in its code)."""

from __future__ import annotations

from collections.abc import Sequence

from leti.objectives.layout import Layout, program_segments, reward_segments
from leti.types import Attempt, Example


def examples(attempts: Sequence[Attempt], layout: Layout) -> list[Example]:
    """One example per attempt: reward token, prompt, program."""
    return [
        Example(
            problem=attempt.problem.id,
            sample=attempt.solution.sample,
            chat=attempt.problem.chat,
            segments=(*reward_segments(attempt, layout), *program_segments(attempt, layout)),
        )
        for attempt in attempts
    ]
