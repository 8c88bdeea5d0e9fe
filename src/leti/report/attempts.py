"""Attempts as the page shows them: the program, what became of it, and what was trained on. Pure."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from leti.errors import RunError
from leti.page.texts import NAME_CHARS, cut
from leti.report.census import PASSED, Cause, Census, cause_of
from leti.report.listing import Line, listing
from leti.report.tested import Told, told
from leti.types import Example, Problem, Segment, TestStatus

if TYPE_CHECKING:
    from collections.abc import Mapping

    from leti.runs import AttemptRow
    from leti.scores import Tally
    from leti.types import Key

TEXT_CHARS = 2000
PAIRS = 5
"""Problems that are shown before and after, of those won and of those lost."""


class Use(StrEnum):
    """What was done with an attempt, in words."""

    TRAINED = "The example, as the loss saw it"
    LEFT_OUT = "Not trained on: the objective left it out."
    NOT_YET = "Not trained on yet."
    HELD_OUT = "Held out: never trained on."


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """One attempt, bounded."""

    place: str
    problem: str
    sample: int
    cause: Cause
    command: str
    """What shows it whole."""
    prompt: str | None
    """None where the program begins with it."""
    lines: tuple[Line, ...]
    tests: tuple[Told, ...]
    statuses: tuple[TestStatus, ...]
    """Of all tests; the first of them are told."""
    error: str
    feedback: str | None
    output: str
    use: Use
    segments: tuple[Segment, ...]
    """The example as the loss saw it; none where it was not trained on."""

    @property
    def reached(self) -> str:
        """How many tests held, in words."""
        return f"{self.statuses.count(TestStatus.PASSED)} of {len(self.statuses)} tests passed" if self.statuses else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """The attempts that are shown of one place, on the problems of one kind."""

    place: str
    title: str
    shown: tuple[Shown, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """One problem before and after."""

    problem: str
    names: tuple[str, str]
    """Of the two places."""
    rates: tuple[Tally, Tally]
    before: Shown
    after: Shown


def title_of(split: str | None) -> str:
    """What the attempts of a place are: at problems of a split that is scored, or learned from."""
    return "learned from" if split is None else f"on {split} problems"


def use_of(example: Example | None, *, made: bool) -> Use:
    """What was done with an attempt to learn from, of which an example was made or not; `made`: of any was."""
    return Use.TRAINED if example else Use.LEFT_OUT if made else Use.NOT_YET


def show(
    place: str, problems: Mapping[str, Problem], *, row: AttemptRow, use: Use, example: Example | None = None
) -> Shown:
    """An attempt, and the example that was made of it.

    Raises:
        RunError: the run does not know the attempt's problem.
    """
    name, sample = row.key
    if name not in problems:
        raise RunError(f"The run has an attempt at {cut(name, NAME_CHARS)!r}, but problems.jsonl has no such problem.")
    problem, verdict, program = problems[name], row.verdict, row.solution.program
    error = verdict.error
    return Shown(
        place=place,
        problem=cut(name, NAME_CHARS),
        sample=sample,
        cause=cause_of(verdict),
        command=show_command(place, row.key),
        prompt=None if program.startswith(problem.prompt) else cut(problem.prompt, TEXT_CHARS),
        lines=listing(problem, program, error=error),
        tests=told(problem, verdict),
        statuses=tuple(test.status for test in verdict.tests),
        error=cut(f"{error.type}: {error.message}" if error and error.message else error.type if error else "", 200),
        feedback=None if row.feedback.text is None else cut(row.feedback.text, TEXT_CHARS),
        output=cut(verdict.output, TEXT_CHARS // 2),
        use=use,
        segments=tuple(_bounded(segment) for segment in example.segments) if example else (),
    )


def won(before: Census, after: Census) -> list[tuple[AttemptRow, AttemptRow]]:
    """The first problems that no program solved before and some did after: the first program, the first that passed."""
    return [(before.firsts[name, False], after.firsts[name, True]) for name in _turned(before, after)]


def lost(before: Census, after: Census) -> list[tuple[AttemptRow, AttemptRow]]:
    """The first problems that some program solved before and none did after."""
    return [(before.firsts[name, True], after.firsts[name, False]) for name in _turned(after, before)]


def _turned(unsolved: Census, solved: Census) -> list[str]:
    names = [name for name, causes in unsolved.by_problem.items() if not causes[PASSED]]
    return [name for name in names if (name, True) in solved.firsts][:PAIRS]


def _bounded(segment: Segment) -> Segment:
    return Segment(text=cut(segment.text, TEXT_CHARS), role=segment.role, weight=segment.weight, tokens=segment.tokens)


def show_command(place: str, key: Key) -> str:
    """What shows an attempt whole."""
    return cut(f"leti show RUN {place} {shlex.quote(f'{key[0]}#{key[1]}')}", 2 * NAME_CHARS)
