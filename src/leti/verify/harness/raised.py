"""Exceptions of a program's, as the tests can catch them."""

from __future__ import annotations

import builtins
import importlib
from typing import Any

from . import records, values

Classes = dict[tuple[str, ...], type[BaseException]]
"""Those that a program has defined, by their name and their builtin bases' names."""
LIBRARY_ERRORS = (
    *("json.decoder.JSONDecodeError", "re.error", "re.PatternError", "statistics.StatisticsError"),
    *("decimal.InvalidOperation", "decimal.DivisionByZero", "dataclasses.FrozenInstanceError"),
)
"""Exceptions that tests can catch by this side's own class."""


def raised(record: Any, classes: Classes) -> BaseException:
    """Return the exception that the program's side tells of; the record is kept with it, as `leti_record`.

    Args:
        record: as it came.
        classes: of the same program.

    Raises:
        ValueError: it is none.
        MalformedError: its arguments or attributes are no plain data.
    """
    heard = records.heard(record)
    arguments, attributes = (
        None if heard[part] is None else values.rebuilt(heard[part], lambda _: None)
        for part in ("arguments", "attributes")
    )
    kind = _class(heard["type"] if heard["own"] else "", tuple(heard["bases"]), classes)
    error = _made(kind, arguments if type(arguments) is tuple else (heard["message"],))  # too much, or no plain data
    for name, value in attributes.items() if type(attributes) is dict else ():
        if type(name) is str and name.isidentifier() and not hasattr(BaseException, name):
            error.__dict__[name] = value
    error.leti_record = heard  # type: ignore[attr-defined]
    return error


def _made(kind: type[BaseException], arguments: tuple[Any, ...]) -> BaseException:
    try:
        return kind(*arguments)
    except Exception:  # noqa: BLE001 - a class that wants other arguments
        error = kind.__new__(kind, *_least(kind))
        error.args = arguments
        return error


def _class(name: str, family: tuple[str, ...], classes: Classes) -> type[BaseException]:
    if name in LIBRARY_ERRORS and (found := _of_library(name)):
        return found
    base: Any = next((getattr(builtins, each, None) for each in family), Exception)
    if not isinstance(base, type) or not issubclass(base, BaseException):
        base = Exception
    kind: type[BaseException] = base
    if not name.isprintable() or not name:
        return kind
    says = {"__str__": lambda self: self.leti_record["message"]}  # as its own `__str__` has it, if it has one
    return classes.setdefault((name, *family), type(name, (kind,), says))


def _of_library(name: str) -> type[BaseException] | None:
    home, _, kind = name.rpartition(".")
    found: type[BaseException] | None = getattr(importlib.import_module(home), kind, None)  # of this Python or another
    return found


def _least(kind: type[BaseException]) -> tuple[Any, ...]:
    """Return the arguments without which there can be no exception of a kind."""
    if not issubclass(kind, BaseExceptionGroup):
        return ()
    return "", [Exception() if issubclass(kind, Exception) else BaseException()]


def raised_instead(error: StopIteration) -> RuntimeError:
    """Return what a call that raised StopIteration raises in a test: the loop around it must not take that for its end.

    As in a generator (PEP 479). Its record, and so what is told of it, is that of the StopIteration.
    """
    instead = RuntimeError("generator raised StopIteration")
    instead.leti_record = error.leti_record  # type: ignore[attr-defined]
    return instead
