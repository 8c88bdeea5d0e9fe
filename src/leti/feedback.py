"""Verdict -> words: the text the model is trained on. Pure.

Styles:
    paper     the official code's text, to the character (paper section 2.2; `reference` section 1.3)
    detailed  the interpreter's traceback and what the failing check expected and got
    brief     the last line
    none      no text: only good or bad
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from leti.errors import ConfigError
from leti.types import ErrorRecord, Feedback, Frame, Outcome, TestStatus, Verdict

if TYPE_CHECKING:
    from collections.abc import Callable

TIMEOUT = "process timeout"
HEAD = "Traceback (most recent call last):\n"
PROCESS_ENDS = frozenset({"ProcessTimeout", "ProcessExited", "ProcessKilled"})
REJECTED = "Rejected"  # by a function of yours, in its own words
MAX_OTHERS = 3  # tests after the first that did not pass of which it is said why
SHOWN_REPEATS = 3  # of a place that follows itself, as the interpreter shows
OFFICIAL_HEADER = 2  # lines the official code puts before the program, visible in some messages


def render(verdict: Verdict, *, style: str, max_chars: int) -> Feedback:
    """Return whether the program is good, and the words for what it did.

    Args:
        verdict: How the program ended.
        style: `paper`, `detailed`, `brief` or `none`.
        max_chars: The text is never longer; its middle is left out, and says so.

    Raises:
        ConfigError: if there is no such style.
    """
    if style not in STYLES:
        raise ConfigError(f"There is no feedback style {style!r}. Type one of: {', '.join(STYLES)}.")
    writer = STYLES[style]
    if verdict.passed or writer is None:
        return Feedback(good=verdict.passed, text=None)
    text = writer(verdict).encode("utf-8", "backslashreplace").decode()  # lone surrogates cannot be stored or tokenised
    return Feedback(good=False, text=shortened(text, max_chars))


def shortened(text: str, max_chars: int) -> str:
    """Return at most `max_chars` characters of `text`: its head and its tail, and how much is missing between."""
    if len(text) <= max_chars:
        return text
    missing = len(text) - max_chars
    # The marker's own length changes how much is missing. (Where the count gains a digit by that it stays one short:
    # models were trained on these words, and figures are made again to the digit only by the same.)
    for _ in range(2):
        marker = f"\n[... {missing} characters left out ...]\n"
        missing = len(text) - max_chars + len(marker)
    room = max_chars - len(marker)
    if room < len(marker):
        return text[: max(0, max_chars)]
    head = room // 2
    return text[:head] + marker + text[len(text) - (room - head) :]


def _paper(verdict: Verdict) -> str:
    """The official text: a blank line between frames, and between the parts of a SyntaxError."""
    error = verdict.error
    if verdict.outcome is Outcome.TIMED_OUT or error is None:
        return TIMEOUT
    if _no_exception(verdict):
        return error.message
    frames = _frames(error.frames, lambda frame: f'"<string>", line {_official_line(frame)}')
    parts, message = [], error.message
    if error.syntax is not None:
        parts.append(f'  File "<string>", line {_official_line(error.syntax)}\n')
        if error.syntax.source:
            parts.append(f"    {error.syntax.source}\n")
        if not error.syntax.evaluated:  # a recorded defect: these numbers count lines of the official code
            message = re.sub(r"(?<=\bline )\d+", lambda found: str(int(found[0]) + OFFICIAL_HEADER), message)
    parts.append(_last(error.type, message) + "\n")
    return HEAD + "\n".join(frames) + "\n".join(parts)


def _official_line(frame: Frame) -> int:
    """The official code takes two from every line number, also of text that the program evaluates."""
    return frame.line - OFFICIAL_HEADER if frame.evaluated else frame.line


def _detailed(verdict: Verdict) -> str:
    """The interpreter's text without quirks, and for a failing check what it expected and got."""
    error = verdict.error
    if error is None:
        return f"the program did not pass: {verdict.outcome}\n"
    if _no_exception(verdict):
        running = f"it was running: {error.check}\n" if error.check else ""
        inside = "".join(f"it was in: line {frame.line}, {frame.source}\n" for frame in error.frames)
        return _printable(f"{error.message}\n{running}{inside}{_others(verdict)}")
    text = HEAD + "".join(_frames(error.frames, _place)) if error.frames or error.syntax else ""
    if error.syntax is not None:
        text += f"  File {_place(error.syntax)}\n" + (f"    {error.syntax.source}\n" if error.syntax.source else "")
    text += _last(error.type, error.message) + "\n"
    text += _check(error, failed=verdict.outcome is Outcome.FAILED)
    if error.expected is not None:
        text += f"expected: {error.expected}\n"
    if error.got is not None:
        text += f"got: {error.got}\n"
    text += "".join(f"where: {call}\n" for call in error.where)
    text += f"limit: {error.limit}\n" if error.limit else ""
    return _printable(text + _others(verdict))


def _check(error: ErrorRecord, *, failed: bool) -> str:
    """Say which check it was, where the frames do not show it or not all of it."""
    check = error.check or ""
    shown = any(frame.source and frame.source in check for frame in error.frames)
    return "" if not check or (shown and not (failed and "\n" in check)) else f"check: {check}\n"


def _others(verdict: Verdict) -> str:
    """Say what became of the tests after the first that did not pass; nothing where they were not run."""
    statuses = [test.status for test in verdict.tests]
    if len(statuses) < 2 or statuses.count(TestStatus.NOT_REACHED) >= len(statuses) - 1:
        return ""
    lines = [f"passed {statuses.count(TestStatus.PASSED)} of {len(statuses)} tests\n"]
    for error in [test.error for test in verdict.tests if test.error is not None][:MAX_OTHERS]:
        check = (error.check or "").strip().rpartition("\n")[2]
        said = f"expected {error.expected}, got {error.got}" if error.expected is not None else _last_line(error)
        lines.append(f"also: {check}: {said}\n")
    return "".join(lines)


def _last_line(error: ErrorRecord) -> str:
    return _last(error.type, error.message).strip().rpartition("\n")[2]


def _place(frame: Frame) -> str:
    return f'"{"<evaluated>" if frame.evaluated else "<string>"}", line {frame.line}'


def _brief(verdict: Verdict) -> str:
    """The last line: the exception, or how the process ended."""
    error = verdict.error
    if error is None:
        return str(verdict.outcome)
    text = error.message if _no_exception(verdict) else _last(error.type, error.message)
    return _printable(text.strip().rpartition("\n")[2])


def _no_exception(verdict: Verdict) -> bool:
    """Whether the process ended without an exception that anyone could see; the record's message is a sentence then."""
    error = verdict.error
    if error is None or error.type not in PROCESS_ENDS:
        return False
    return verdict.outcome is Outcome.TIMED_OUT or not error.frames  # a program may have a class of that name


def _frames(frames: tuple[Frame, ...], place: Callable[[Frame], str]) -> list[str]:
    """Return one text per frame, as the interpreter writes it: of a place that repeats three, then how many more."""
    texts = []
    for frame in frames:
        source = f"    {frame.source}\n" if frame.source and (not frame.evaluated or place is not _place) else ""
        text = f"  File {place(frame)}, in {frame.function}\n{source}"
        texts += [text] * min(frame.repeated + 1, SHOWN_REPEATS)
        more = frame.repeated + 1 - SHOWN_REPEATS
        if more > 0:
            texts.append(f"  [Previous line repeated {more} more time{'s' if more > 1 else ''}]\n")
    return texts


def _last(kind: str, message: str) -> str:
    if kind == REJECTED:
        return message
    return f"{kind}: {message}" if message else kind


def _printable(text: str) -> str:
    """Take out what differs between machines (addresses), and write control characters as escapes."""
    text = re.sub(r" at 0x[0-9a-fA-F.]+", "", text)
    return re.sub(r"[\x00-\x08\x0b-\x1f\x7f]", lambda found: f"\\x{ord(found[0]):02x}", text)


STYLES: dict[str, Callable[[Verdict], str] | None] = {
    "paper": _paper,
    "detailed": _detailed,
    "brief": _brief,
    "none": None,
}
