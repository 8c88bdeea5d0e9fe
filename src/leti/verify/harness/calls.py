"""Calls of one function of a program: what is to be called, and what has to come back.

What comes back is read as plain data. An object of the program's own is only a stranger here: equal to nothing.
"""

from __future__ import annotations

import ast
import json
from typing import TYPE_CHECKING, Any

from . import values
from .comparing import same, same_members
from .planning import Plan, sent_arguments
from .records import heard
from .render import render

if TYPE_CHECKING:
    from collections.abc import Callable

BROKEN = "BrokenCheck"
WRONG = "WrongAnswer"
VALUE = '{"value":'
ENDS = frozenset({"SystemExit", "MemoryError"})  # after these the program makes no further call
MAX_TOLD = 20  # calls of which it is told why they are wrong


class SilentError(Exception):
    """It said nothing that could be an answer."""


class Calls:
    """The calls of a check, prepared once and compared for many programs.

    Args:
        said: the check, as data: `function`, `arguments`, `expected` (None: `expect` follows), `tolerance`,
            `unordered` and `accept`.
    """

    def __init__(self, said: dict[str, Any]) -> None:
        self._tolerance, self._unordered = float(said["tolerance"]), bool(said["unordered"])
        self.plan = Plan(own=True)
        self.wrong: dict[str, Any] | None = None
        """Why the calls cannot be made or compared at all: the error, and `test`, the number of the one at fault."""
        self._expected: list[tuple[Any, str]] = []
        self._accept: Callable[..., Any] | None = None
        try:
            for number, source in enumerate(said["arguments"]):
                self.wrong = {"test": number, "error": broken("its arguments are no Python")}
                self.plan.arguments.append(_arguments(source))
                self.plan.calls.append((said["function"], 1, number))
            for number, source in enumerate(said["expected"] or ()):
                self.wrong = {"test": number, "error": broken("what it expects is no literal of Python")}
                self._expected.append((ast.literal_eval(source), ""))
            self.wrong = {"test": 0, "error": broken("`accept` is no function")}
            self._accept = _function(said["accept"])
        except Exception:  # noqa: BLE001 - whatever is wrong with the text of a check
            self.plan = Plan()
        else:
            self.wrong = None

    def expect(self, lines: list[str]) -> dict[str, Any]:
        """Take what the problem's reference has said for what is expected.

        Args:
            lines: as `decide` is given them.
        """
        for number in range(len(self.plan.calls)):
            try:
                self._expected.append((_answer(lines, number), ""))
            except SilentError as error:
                self._expected.append((None, f"the problem's reference returns nothing for it: {error}"))
        return {}

    def decide(self, lines: list[str], *, every: bool) -> dict[str, Any]:
        """Compare what one program returned.

        Args:
            lines: what it has said; the first says what it defined, then there is one for each call.
            every: go on after the first call that does not pass.
        """
        results: list[dict[str, Any]] = []
        told = 0
        for number in range(len(self.plan.calls)):
            result = self._result(lines, number) | {"test": number}
            results.append(result)
            if result["status"] == "passed":
                continue
            if result["status"] == "stopped" or not every or result.get("last"):
                break
            told += 1
            if told > MAX_TOLD:
                result.pop("error", None)
        return {"results": results, "trusted": True}

    def _result(self, lines: list[str], number: int) -> dict[str, Any]:
        said = _said(lines, number)
        if said is None:
            return {"status": "stopped"}
        expected, missing = self._expected[number]
        if missing:
            return {"status": "raised", "error": broken(missing)}
        if "value" in said:
            return self._compared(said["value"], expected, number)
        if "big" in said:
            return _wrong(f"<a result of {said['big']} bytes>", expected)
        return _raised(said)

    def _compared(self, data: str, expected: Any, number: int) -> dict[str, Any]:
        try:
            got = _value(data)
        except values.MalformedError:
            return {"status": "stopped"}
        return {"status": "passed"} if self._right(got, expected, number) else _wrong(render(got), expected)

    def _right(self, got: Any, expected: Any, number: int) -> bool:
        """Return whether it is what was expected, or is accepted in its place."""
        try:
            if self._unordered and same_members(got, expected):
                return True
            if not self._unordered and same(got, expected, tolerance=self._tolerance):
                return True
            if self._accept is None:
                return False
            positional, named = eval(self.plan.arguments[number], {})  # noqa: S307 - of the check
            return bool(self._accept(got, expected, *positional, **named))
        except Exception:  # noqa: BLE001 - what cannot be compared is not what was expected
            return False


def broken(message: str) -> dict[str, Any]:
    """Return the record of a check that cannot decide anything."""
    return {"type": BROKEN, "message": message, "frames": []}


def _arguments(source: str) -> Any:
    """Return the code of a call's arguments.

    Raises:
        ValueError: if they are none.
    """
    call = ast.parse(f"_({source}\n)", mode="eval").body
    if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Name):
        raise ValueError(source)  # noqa: TRY004 - it closes our parenthesis
    return sent_arguments(call)


def _function(source: str | None) -> Callable[..., Any] | None:
    """Return the function that a text is, a lambda, or defines last."""
    if source is None:
        return None
    world: dict[str, Any] = {"__name__": "accept"}
    if source.lstrip().startswith("lambda"):
        source = f"accept = {source.strip()}"
    exec(compile(source, "<accept>", "exec", 0, dont_inherit=True), world)  # noqa: S102 - of the check
    found: Callable[..., Any] = next(value for name, value in reversed(world.items()) if _is_own(name, value))
    return found


def _is_own(name: str, value: object) -> bool:
    return callable(value) and not name.startswith("__")


def _said(lines: list[str], number: int) -> dict[str, Any] | None:
    """Return what a program said of a call; None if that is nothing."""
    if number + 1 >= len(lines):
        return None
    line = lines[number + 1]
    if line.startswith(VALUE):
        return {"value": line[len(VALUE) : -1]}
    try:
        said = json.loads(line)
    except (ValueError, RecursionError):
        return None
    if not isinstance(said, dict) or not isinstance(said.get("missing", ""), str):
        return None
    return said if "error" in said or "missing" in said or isinstance(said.get("big"), int) else None


def _value(data: str) -> Any:
    return values.rebuilt(data, _stranger)


def _stranger(content: Any) -> Any:
    """Return an object of its own class, which has the name of the program's: it is equal to itself alone."""
    name = content[1] if isinstance(content, list) and len(content) > 1 else ""
    return type(name if isinstance(name, str) and name.isidentifier() else "unknown", (), {"__slots__": ()})()


def _wrong(got: str, expected: Any) -> dict[str, Any]:
    return {"status": "failed", "error": {"type": WRONG, "frames": [], "expected": render(expected), "got": got}}


def _raised(said: dict[str, Any]) -> dict[str, Any]:
    if "missing" in said:
        return {"status": "raised", "error": _missing(said["missing"])}
    try:
        error = heard(said["error"])
    except ValueError:
        return {"status": "stopped"}
    return {"status": "raised", "error": error} | ({"last": True} if ENDS.intersection(error["bases"]) else {})


def _missing(name: object) -> dict[str, Any]:
    return {"type": "NameError", "message": f"name {name!r} is not defined", "frames": [], "bases": ["NameError"]}


def _answer(lines: list[str], number: int) -> Any:
    """Return what a call returned.

    Raises:
        SilentError: if it returned nothing.
    """
    said = _said(lines, number)
    if said is None:
        loaded = json.loads(lines[0]) if lines else {}
        error = loaded.get("error") if isinstance(loaded, dict) else None
        raise SilentError(_words(error) if error else "it did not get that far")
    if "big" in said:
        raise SilentError(f"its result takes {said['big']} bytes")
    if "value" not in said:
        raise SilentError(_words(_raised(said).get("error")))
    try:
        return _value(said["value"])
    except values.MalformedError as error:
        raise SilentError(str(error)) from None


def _words(error: Any) -> str:
    kind, message = (error.get("type"), error.get("message")) if isinstance(error, dict) else (error, None)
    return f"{kind}: {message}"[:500] if message else str(kind)
