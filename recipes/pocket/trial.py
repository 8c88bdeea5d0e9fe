"""Running the recipe's own programs, in this process: they are short, and none is written to loop for ever."""

from __future__ import annotations

import contextlib
import io
import signal
import traceback
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from types import FrameType

SECONDS = 0.5  # of this process's own CPU time, a thousand times what a program needs


class TookTooLong(BaseException):
    """The program did not end; not an `Exception`, so that no program catches it."""


def _stop(_signal: int, _frame: FrameType | None) -> None:
    raise TookTooLong


@contextlib.contextmanager
def _bounded() -> Any:
    before = signal.signal(signal.SIGVTALRM, _stop)
    signal.setitimer(signal.ITIMER_VIRTUAL, SECONDS)
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)


def call(program: str, name: str, argument: object) -> object:
    """Return what the function gives for the argument.

    Raises:
        Exception: whatever the program raises.
    """
    space: dict[str, Any] = {}
    with _bounded():
        exec(compile(program, "<string>", "exec"), space)  # noqa: S102 - our own programs
        return space[name](argument)


def error_of(program: str, tests: list[str]) -> str | None:
    """Return the traceback of program plus tests as the interpreter words it, "" when all pass, None when too long."""
    text = program + "\n" + "\n".join(tests)
    space: dict[str, Any] = {}
    try:
        with _bounded():
            exec(compile(text, "<string>", "exec"), space)  # noqa: S102 - our own programs
    except TookTooLong:
        return None
    except SyntaxError as error:
        return "".join(traceback.format_exception_only(error)).rstrip("\n")
    except AssertionError as error:
        said = _traceback(error, text.split("\n"))
        return f"{said}: assert {_left_side(said, space)}"
    except Exception as error:  # noqa: BLE001 - every way of failing is what is looked for
        return _traceback(error, text.split("\n"))
    return ""


def _left_side(said: str, space: dict[str, Any]) -> str:
    """Return what the failed assert in a traceback compared, with the call's value in place of the call."""
    call, _, expected = said.split("    assert ")[1].split("\n", maxsplit=1)[0].rpartition(" == ")
    with _bounded():
        return f"{eval(call, space)!r} == {expected}"  # noqa: S307 - our own programs


def _traceback(error: Exception, lines: list[str]) -> str:
    """Return the traceback with the program's own lines and frames only."""
    out = ["Traceback (most recent call last):"]
    for frame in traceback.extract_tb(error.__traceback__):
        if frame.filename == "<string>" and frame.lineno is not None:
            source = lines[frame.lineno - 1].strip()
            out += [f'  File "<string>", line {frame.lineno}, in {frame.name}', f"    {source}"]
    out += [line.rstrip("\n") for line in traceback.format_exception_only(error)]
    return "\n".join(out)
