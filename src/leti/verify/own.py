"""Your own verdicts: a function of a problem and a program, `verify(problem, program)`.

It returns a `Verdict`, or says it in short: True, False, text that says what is wrong, or a dictionary such as
`{"outcome": "failed", "message": "no such table", "type": "SQLError", "expected": "2 rows", "got": "none"}`, in which
all but the outcome may be left out.
"""

from __future__ import annotations

import difflib
import importlib
import importlib.util
import sys
import traceback
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from types import ModuleType, TracebackType
from typing import Any, Self

from leti.errors import ConfigError, LetiError, WorkError
from leti.types import ErrorRecord, Outcome, Problem, Solution, Verdict

Function = Callable[[Problem, str], object]
REJECTED = "Rejected"
"""The type of an error that is only words."""
FIELDS = ("outcome", "message", "type", "expected", "got")
FORMS = "a leti.types.Verdict, True, False, text that says what is wrong, or a dictionary with an outcome"


class OwnVerifier:
    """Asks a function of yours, in this process, one program after the other.

    Args:
        name: `package.module:function` or `path/to/file.py:function`.

    Raises:
        ConfigError: there is no such function.
    """

    def __init__(self, name: str) -> None:
        self._name, self._function = name, load_function(name)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """There is nothing to end."""

    def verify(self, pairs: Iterable[tuple[Problem, Solution]], *, scored: bool = False) -> Iterator[Verdict]:
        """Yield one verdict per pair, in order.

        Args:
            pairs: problems, and the programs written for them.
            scored: makes no difference.

        Raises:
            WorkError: the function raises, or returns what is no verdict.
        """
        del scored
        for problem, solution in pairs:
            asked = f"{self._name} for problem {problem.id}, sample {solution.sample}"
            with _told(asked, WorkError):
                found = self._function(problem, solution.program)
            yield found if isinstance(found, Verdict) else verdict_of(found, asked)


def verdict_of(found: object, asked: str) -> Verdict:
    """Return the verdict that was said in short.

    Args:
        found: what a function returned.
        asked: names the function and what it was asked, for the error's message.

    Raises:
        WorkError: if it is none.
    """
    if isinstance(found, bool):
        return Verdict(outcome=Outcome.PASSED if found else Outcome.FAILED)
    if isinstance(found, str):
        return Verdict(outcome=Outcome.FAILED, error=ErrorRecord(type=REJECTED, message=found))
    if isinstance(found, Mapping):
        return _from_fields(found, asked)
    raise WorkError(f"{asked} returned {type(found).__name__}: {found!r:.200}. It has to return {FORMS}.")


def _from_fields(found: Mapping[Any, Any], asked: str) -> Verdict:
    unknown = [name for name in found if name not in FIELDS]
    outcomes = [str(outcome) for outcome in Outcome]
    if unknown or found.get("outcome") not in outcomes:
        seen = f"the key {unknown[0]!r:.100}" if unknown else f"the outcome {found.get('outcome')!r:.100}"
        raise WorkError(
            f"{asked} returned a dictionary with {seen}. Its keys may be {', '.join(FIELDS)}; "
            f"its outcome is one of: {', '.join(outcomes)}."
        )
    words = {name: found.get(name) for name in FIELDS[1:]}
    for name, value in words.items():
        if value is not None and not isinstance(value, str):
            raise WorkError(f"{asked} returned a dictionary whose {name!r} is no text: {value!r:.100}.")
    outcome = Outcome(found["outcome"])
    if outcome is Outcome.PASSED:
        return Verdict(outcome=outcome)
    error = ErrorRecord(
        type=words["type"] or REJECTED,
        message=words["message"] or "",
        expected=words["expected"],
        got=words["got"],
    )
    return Verdict(outcome=outcome, error=error)


def load_function(name: str) -> Function:
    """Return the function of a name.

    Args:
        name: `package.module:function` or `path/to/file.py:function`.

    Raises:
        ConfigError: there is none; the message says what to type.
    """
    home, function = parts(name)
    module = _from_file(name, Path(home)) if home.endswith(".py") else _imported(name, home)
    found = getattr(module, function, None)
    if not callable(found):
        there = [known for known, value in vars(module).items() if callable(value) and not known.startswith("_")]
        raise ConfigError(nothing_there(name, there))
    result: Function = found
    return result


def parts(name: str) -> tuple[str, str]:
    """Return the module or file that a name begins with, and the function.

    Raises:
        ConfigError: it is not of that form, or the file is not there.
    """
    home, colon, function = name.rpartition(":")
    if not colon or not home or not function.isidentifier():
        raise ConfigError(
            f"verify.function = {name!r} names no function. "
            "Type package.module:function, or path/to/file.py:function, such as judge.py:verify."
        )
    if home.endswith(".py") and not Path(home).is_file():
        raise ConfigError(f"verify.function = {name!r}: there is no file {home!r} here. Type its path.")
    return home, function


def nothing_there(name: str, known: Iterable[str]) -> str:
    """Return what to say where a module has no such function."""
    home, function = parts(name)
    close = difflib.get_close_matches(function, list(known), n=1)
    hint = f"Type {home}:{close[0]}" if close else f"Define {function}(problem, program) there, or type another name"
    return f"verify.function = {name!r}: {home} has no function {function!r}. {hint}."


def _from_file(name: str, path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"own_{path.stem}", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses and pickle look for it there
    with _told(f"verify.function = {name!r}: {path}", ConfigError):
        spec.loader.exec_module(module)
    return module


def _imported(name: str, home: str) -> ModuleType:
    if not _is_found(home):
        raise ConfigError(
            f"verify.function = {name!r}: there is no module {home!r} to import. "
            "Install its package, or type the path of its file: path/to/file.py:function."
        )
    with _told(f"verify.function = {name!r}: {home}", ConfigError):
        return importlib.import_module(home)


def _is_found(home: str) -> bool:
    try:
        return importlib.util.find_spec(home) is not None
    except (ImportError, ValueError):  # a package above it is not there, or is none
        return False


class _told:  # noqa: N801 - read as a word: with _told(...)
    """Says of what is raised inside where it came from; errors of ours go through as they are."""

    def __init__(self, what: str, kind: type[LetiError]) -> None:
        self._what, self._kind = what, kind

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if not isinstance(error, Exception) or isinstance(error, LetiError):
            return
        place = traceback.extract_tb(at)[-1]
        where = f"{place.filename}, line {place.lineno}: {place.line}"
        raise self._kind(
            f"{self._what} raised {type(error).__name__}: {error} ({where}). Mend it, then type the same command again."
        ) from error
