"""The pieces that objectives put together."""

from __future__ import annotations

from dataclasses import dataclass, replace

from leti.types import Attempt, Ending, Role, Segment
from leti.vocabulary import BAD, FEEDBACK_END, FEEDBACK_START, GOOD


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """Weights by role. The paper: 1, and no end-of-text token."""

    reward: float = 1.0
    feedback: float = 1.0
    """Of the feedback and of the two markers around it."""
    problem: float = 1.0
    program: float = 1.0
    end: float = 1.0
    """Of the end-of-text token after programs that ended by themselves: without it the model unlearns to stop."""
    bad: float = 1.0
    """Times these, in an example whose program did not pass."""

    def of(self, attempt: Attempt) -> Layout:
        """The weights of the parts of this attempt's example."""
        if attempt.feedback.good:
            return self
        return replace(
            self,
            reward=self.reward * self.bad,
            feedback=self.feedback * self.bad,
            problem=self.problem * self.bad,
            program=self.program * self.bad,
            end=self.end * self.bad,
        )


def reward_segments(attempt: Attempt, layout: Layout) -> list[Segment]:
    """The reward token."""
    token = GOOD if attempt.feedback.good else BAD
    return [Segment(text=token, role=Role.REWARD, weight=layout.of(attempt).reward)]


def feedback_segments(attempt: Attempt, layout: Layout) -> list[Segment]:
    """The feedback between its markers; nothing where there is no feedback (paper: passing programs have no span)."""
    if attempt.feedback.text is None:
        return []
    weight = layout.of(attempt).feedback
    return [
        Segment(text=FEEDBACK_START, role=Role.MARKER, weight=weight),
        Segment(text=attempt.feedback.text, role=Role.FEEDBACK, weight=weight),
        Segment(text=FEEDBACK_END, role=Role.MARKER, weight=weight),
    ]


def program_segments(attempt: Attempt, layout: Layout) -> list[Segment]:
    """The prompt and the program. A program that goes back unmodified keeps the ids it was sampled as.

    In a chat it is the whole answer that goes back: the words around its code are how such a model writes code.
    """
    solution, problem, weights = attempt.solution, attempt.problem, layout.of(attempt)
    program = solution.completion if problem.chat else solution.program.removeprefix(problem.prompt)
    unmodified = program == solution.completion
    segments = [
        Segment(text=problem.prompt, role=Role.PROBLEM, weight=weights.problem),
        Segment(
            text=program,
            role=Role.PROGRAM,
            weight=weights.program,
            tokens=solution.tokens if unmodified else (),
        ),
    ]
    # A completion that was cut ended where it was cut: what is left of it is a whole program.
    if weights.end and (solution.ending is not Ending.LENGTH or not unmodified):
        segments.append(Segment(text="", role=Role.END, weight=weights.end))
    return segments
