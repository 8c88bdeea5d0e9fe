"""A program and its tests as numbered lines, as the interpreter counted them. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from leti.report.highlight import Span, coloured, first_characters

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from leti.types import ErrorRecord, Problem

LINE_CHARS = 240
PART_CHARS = 3000
MARKED = 20
"""Places of a traceback that are marked: the innermost."""
_NEWLINE = re.compile(r"\r\n|\r|\n")
"""What ends a line for Python's compiler: fewer characters than for `str.splitlines`."""


class Part(StrEnum):
    """Who wrote a line."""

    PROMPT = "prompt"
    PROGRAM = "program"
    TESTS = "tests"


class Mark(StrEnum):
    """What the traceback says of a line."""

    NONE = ""
    CALLS = "calls"
    FAILS = "fails"


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line, or the words that stand for lines that were left out."""

    number: int | None
    """1-based over program, newline, tests; None for words of ours."""
    spans: tuple[Span, ...]
    part: Part
    mark: Mark = Mark.NONE

    @property
    def text(self) -> str:
        """What stands in it."""
        return "".join(span.text for span in self.spans)


def listing(problem: Problem, program: str, *, error: ErrorRecord | None) -> tuple[Line, ...]:
    """The program and its tests, with the line that failed marked, and those that led to it."""
    programs, tests = _lines(program + "\n")[:-1], _lines(problem.check.text)
    in_prompt = _prompt_lines(problem.prompt, program)
    marks = _marks(error)
    lines = [
        Line(
            number=number,
            spans=spans,
            part=Part.PROMPT if number <= in_prompt else Part.PROGRAM if number <= len(programs) else Part.TESTS,
            mark=marks.get(number, Mark.NONE),
        )
        for number, spans in enumerate([*coloured(programs), *coloured(tests)], start=1)
    ]
    return tuple(
        line for part in Part for line in _shortened([line for line in lines if line.part is part], PART_CHARS)
    )


def _lines(text: str) -> list[str]:
    return _NEWLINE.split(text)


def _prompt_lines(prompt: str, program: str) -> int:
    """How many whole lines at the beginning of the program are the prompt's."""
    if not prompt or not program.startswith(prompt):
        return 0
    rest = program[len(prompt) :]
    shared = prompt[-1] in "\r\n" or (rest != "" and rest[0] not in "\r\n")
    return len(_lines(prompt)) - shared


def _marks(error: ErrorRecord | None) -> dict[int, Mark]:
    """The lines of the traceback. Frames inside `eval` text have line numbers of their own and are not among them."""
    if error is None:
        return {}
    frames = [*error.frames, *([error.syntax] if error.syntax else [])]
    places = [frame.line for frame in frames if not frame.evaluated][-MARKED:]
    return dict.fromkeys(places[:-1], Mark.CALLS) | dict.fromkeys(places[-1:], Mark.FAILS)


def _shortened(lines: Sequence[Line], limit: int) -> Iterator[Line]:
    """The first lines of a part, up to `limit` characters, and the marked ones after them."""
    used = gap = 0
    for line in lines:
        used += min(len(line.text), LINE_CHARS) + 10  # a line costs markup too
        if used > limit and not line.mark:
            gap += 1
            continue
        if gap:
            yield _left_out(gap, line.part)
            gap = 0
        yield _short(line)
    if gap:
        yield _left_out(gap, lines[-1].part)


def _left_out(count: int, part: Part) -> Line:
    words = f"… {count:,} {'line' if count == 1 else 'lines'} left out"
    return Line(number=None, spans=(Span("", words),), part=part)


def _short(line: Line) -> Line:
    more = len(line.text) - LINE_CHARS
    if more <= 0:
        return line
    cut = Span("", f" […{more:,} characters left out]")
    spans = (*first_characters(line.spans, LINE_CHARS), cut)
    return Line(number=line.number, spans=spans, part=line.part, mark=line.mark)
