"""An exception as data: where it came from in the program and its tests, and what it says."""

from __future__ import annotations

import builtins
from types import CodeType, TracebackType
from typing import Any

globals()["__builtins__"] = dict(vars(builtins))

MAX_MESSAGE = 256 * 1024
MAX_PLACES = 200
MAX_LINE = 10**9

_traceback = vars(BaseException)["__traceback__"].__get__
_qualname = type.__dict__["__qualname__"].__get__
_module = type.__dict__["__module__"].__get__
_syntax = {name: vars(SyntaxError)[name].__get__ for name in ("msg", "lineno", "text")}


Codes = dict[int, CodeType]
"""Code objects by their id, kept alive so that the ids stay theirs."""


def own_codes(code: CodeType, into: Codes) -> Codes:
    """Add `code` and all code inside it: what is not among them, the program compiled itself."""
    into[id(code)] = code
    for constant in code.co_consts:
        if type(constant) is CodeType:
            own_codes(constant, into)
    return into


def places(error: BaseException, own: Codes, *, file: str) -> list[list[Any]]:
    """Return [line, function, evaluated, repeated] of each frame of the program and its tests, outermost first.

    Frames of libraries and of the harness are left out; a place that follows itself (recursion) is counted, and of
    very many places the first and last are kept.
    """
    found: list[list[Any]] = []
    step: TracebackType | None = _traceback(error)
    while step is not None:
        code = step.tb_frame.f_code
        if id(code) in own or code.co_filename == file:
            place = [step.tb_lineno or 0, code.co_name[:200], id(code) not in own]
            if found and found[-1][:3] == place:
                found[-1][3] += 1
            else:
                found.append([*place, 0])
        step = step.tb_next
    half = MAX_PLACES // 2
    return found if len(found) <= MAX_PLACES else found[:half] + found[-half:]


def innermost(error: BaseException) -> CodeType | None:
    """Return the code of the frame that raised."""
    step: TracebackType | None = _traceback(error)
    code = None
    while step is not None:
        code = step.tb_frame.f_code
        step = step.tb_next
    return code


def type_name(kind: type, program: str) -> str:
    """Return the exception's name as the interpreter prints it; the program's own classes without a module."""
    module, name = _module(kind), _qualname(kind)
    if type(module) is not str or module in ("builtins", "__main__", program):
        return name[:500]  # type: ignore[no-any-return]
    return f"{module}.{name}"[:500]


def heard(record: Any) -> dict[str, Any]:
    """Return an exception that the program's side tells of: what it may tell, each part of its type.

    What the judge adds (`expected`, `got`, `where`, `check`) is not a program's to say.

    Raises:
        ValueError: it is none.
    """
    try:
        syntax, arguments, attributes = record.get("syntax"), record["arguments"], record.get("attributes")
        return {
            "type": _name(record["type"]),
            "message": _text(record.get("message", "")),
            "frames": [
                [_line(line), _name(function), bool(evaluated), _line(repeated)]
                for line, function, evaluated, repeated in record["frames"]
            ],
            "syntax": None if syntax is None else [_line(syntax[0]), _text(syntax[1]), bool(syntax[2])],
            "bases": [_text(name) for name in record["bases"]],
            "own": bool(record["own"]),
            "arguments": None if arguments is None else _text(arguments),
            "attributes": None if attributes is None else _text(attributes),
        }
    except (KeyError, TypeError, AttributeError, IndexError) as error:
        raise ValueError(f"{type(error).__name__}: {error}") from None


def _text(value: Any) -> str:
    if type(value) is not str:
        raise TypeError("no text")
    return value


def _name(value: Any) -> str:
    """Return a name that stays on its line."""
    name = _text(value)[:500]
    return name if name.isprintable() else repr(name)[1:-1]


def _line(value: Any) -> int:
    if type(value) is not int:
        raise TypeError("no number")
    return max(-MAX_LINE, min(value, MAX_LINE))


def syntax_part(error: BaseException, *, evaluated: bool) -> tuple[str, list[Any] | None]:
    """Return the message of a SyntaxError and the place it points to as [line, text, evaluated]."""
    message, line, text = (_syntax[name](error) for name in ("msg", "lineno", "text"))
    message = message if type(message) is str and message else "<no detail available>"
    if type(line) is not int:
        return message, None
    shown = text.rstrip("\n").lstrip(" \n\f")[:20000] if type(text) is str else ""
    return message, [line, shown, evaluated]


def bounded(message: object) -> str:
    """Return an exact string of bounded length, head and tail kept."""
    text = str.__add__(message, "") if isinstance(message, str) else "<exception str() failed>"
    if len(text) <= MAX_MESSAGE:
        return text
    half = MAX_MESSAGE // 2
    return text[:half] + "..." + text[-half:]


def lines_of(text: str) -> int:
    """Return how many lines a text has, as the interpreter counts them."""
    return text.replace("\r\n", "\n").replace("\r", "\n").count("\n") + 1
