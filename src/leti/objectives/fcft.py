"""Feedback-conditioned fine-tuning (LETI, section 2.3).

    good:  <|good|>{prompt}{program}
    bad:   <|bad|><|lang_feedback|>{feedback}<|/lang_feedback|>{prompt}{program}

A language-modelling loss over the whole text teaches what the words before a program say about it; sampling under
`<|good|>` then asks for the programs that pass.
"""

from __future__ import annotations

from collections.abc import Sequence

from leti.objectives.layout import Layout, feedback_segments, program_segments, reward_segments
from leti.types import Attempt, Example


def examples(attempts: Sequence[Attempt], layout: Layout) -> list[Example]:
    """One example per attempt."""
    return [
        Example(
            problem=attempt.problem.id,
            sample=attempt.solution.sample,
            chat=attempt.problem.chat,
            segments=(
                *reward_segments(attempt, layout),
                *feedback_segments(attempt, layout),
                *program_segments(attempt, layout),
            ),
        )
        for attempt in attempts
    ]
