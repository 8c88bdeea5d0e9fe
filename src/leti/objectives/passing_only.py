"""Rejection-sampling fine-tuning: the passing programs, and nothing else (STaR, ReST-EM; the baseline not to skip)."""

from __future__ import annotations

from collections.abc import Sequence

from leti.objectives.layout import Layout, program_segments
from leti.types import Attempt, Example


def examples(attempts: Sequence[Attempt], layout: Layout) -> list[Example]:
    """One example per passing attempt: prompt and program, no reward token."""
    return [
        Example(
            problem=attempt.problem.id,
            sample=attempt.solution.sample,
            chat=attempt.problem.chat,
            segments=tuple(program_segments(attempt, layout)),
        )
        for attempt in attempts
        if attempt.feedback.good
    ]
