"""The program's names and objects, as the tests see them: stand-ins that ask the program's side.

A stand-in may be called, read and iterated: the program is asked what it has. It is never told what a test expects: a
comparison with plain data is decided here, and is never equal. Where two objects of the program are compared, or the
truth of one is asked for, the program itself decides; `Link.trusted` is False from then on.
"""

from __future__ import annotations

import importlib
import json
import sys
from collections import deque
from collections.abc import Iterator
from itertools import islice
from typing import TYPE_CHECKING, Any, Protocol

from . import values
from .raised import raised, raised_instead
from .values import LIBRARIES

if TYPE_CHECKING:
    from collections.abc import Callable

FILE = "<string>"
VALUE = '{"value":'
WAITING = '{"waiting":1}'
ENDING = (".__next__", ".send", ".throw")
"""Methods by which an iterator says that it has ended."""
KIND, LINK, NAME, NUMBER = "leti_kind_of", "leti_link_of", "leti_name_of", "leti_number_of"
"""What a stand-in knows of itself, by names that no test asks an object for."""
MAX_ITEMS = 10_000
"""Of an iterator that a test gives the program: it crosses as what it has left."""
_link = object.__getattribute__


class Ask(Protocol):
    """Puts one request to the program's side."""

    def __call__(self, line: str) -> list[str]:
        """Return its answer's lines; fewer than it should have where the program ended."""
        ...


class StoppedError(BaseException):
    """The program's process ended, or said what cannot be: nothing more comes of it."""


class Link:
    """What the tests know of the program's side.

    Args:
        answers: lines that came already: to the calls that were sent with the program.
        ask: for everything else.
    """

    def __init__(self, answers: list[str], ask: Ask) -> None:
        self._answers, self._ask = answers, ask
        self.trusted = True
        self.stopped = False
        """Whether it has ended, or said what cannot be. A test that catches every exception would go on."""
        self.returned: list[tuple[str, Any]] = []
        """What the calls of the present test returned: their source and the value."""
        self._values: list[Any] = []
        self._remotes: dict[int, Remote] = {}  # by number: the same object is the same stand-in
        self._classes: dict[tuple[str, ...], type[BaseException]] = {}
        self._labels: dict[int, str] = {}  # what the tests call an object, by its number
        self._variables: dict[str, tuple[str, Any]] = {}  # as they were heard of last

    def answer(self, number: int, source: str) -> Any:
        """Return what call `number` returned, or raise what it raised."""
        lines = self._answers[number : number + 1]
        if lines in ([], [WAITING]):
            lines = self._ask(values.text({"tuple": ["make", number, {"int": "0x0"}, {"tuple": []}, {"dict": []}]}))
        try:
            return self._value(lines, (), source)
        except StopIteration as error:
            raise raised_instead(error) from None

    def request(self, operation: str, target: Any, *positional: Any, **named: Any) -> Any:
        """Have an operation done on the program's side; return its value, or raise what it raised."""
        for part in (target, *positional, *named.values()):
            if type(part) is Remote and _link(part, NUMBER) < 0:
                raise OverflowError(f"{part!r} is too much to be kept: nothing more can be asked of it")
        if operation == "call" and any(_is_among(part, self._values) for part in positional):
            self.trusted = False  # what the program is given, it has made itself
        said = {
            "tuple": [operation, _sent(target), {"int": hex(_depth())}, *(_sent(part) for part in (positional, named))]
        }
        lines = self._ask(values.text(said))
        label = target if type(target) is str else self._labels.get(_link(target, NUMBER), class_name(target))
        source = f"{label}({_shown(positional)})" if operation == "call" else ""
        try:
            value = self._value(lines, (*positional, *named.values()), source)
        except StopIteration as error:
            if operation == "next" or label.endswith(ENDING):
                raise
            raise raised_instead(error) from None
        if operation == "get":
            self._label(value, f"{label}.{positional[0]}"[:200])
        return value

    def _label(self, value: Any, label: str) -> None:
        if type(value) is Remote and _link(value, NUMBER) >= 0:
            self._labels[_link(value, NUMBER)] = label

    def variable(self, name: str) -> Any:
        """Return what a name of the program's stands for now: what the tests have made of it, or the program since.

        Raises:
            NameError: it has none of this name.
        """
        data, value = self._variables.get(name, ("", None))
        lines = self._ask(values.text({"tuple": ["name", name, {"int": "0x0"}, {"tuple": []}, {"dict": []}]}))
        if lines and lines[0] == f"{VALUE}{data}}}":
            return value
        value = self._value(lines, (), "")
        self._variables[name] = lines[0][len(VALUE) : -1], value
        self._label(value, name)
        return value

    def variables(self) -> dict[str, Any]:
        """Return what the program's other names stood for when they were heard of last."""
        return {name: value for name, (_, value) in self._variables.items()}

    def names(self, lines: list[str]) -> dict[str, Any]:
        """Return what the functions, classes and modules of the program stand for here; see `variable` for others."""
        said = _said(lines[0]).get("names") if lines else None
        if not isinstance(said, dict):
            raise StoppedError
        found = {}
        for name, what in said.items():
            if not isinstance(what, dict):
                raise StoppedError
            if "import" in what:
                found[name] = _library(what["import"])
            elif "value" in what:
                data = values.text(what["value"])
                value = self._rebuilt(data)
                self._variables[name] = data, value
                if type(value) is Remote:
                    found[name] = value
                    self._label(value, name)
        return found

    def _value(self, lines: list[str], positional: tuple[Any, ...], source: str) -> Any:
        try:
            return self._read(lines, positional, source)
        except StoppedError:
            self.stopped = True
            raise

    def _read(self, lines: list[str], positional: tuple[Any, ...], source: str) -> Any:
        for line in lines:
            if line.startswith(VALUE):
                value = self._rebuilt(line[len(VALUE) : -1])
                if source:
                    self.returned.append((source, value))
                self._values.append(value)
                return value
            said = _said(line)
            if "changed" in said:
                _update(positional, self._rebuilt(values.text(said["changed"])))
            elif "error" in said:
                raise self.exception(said["error"])
            elif "missing" in said:
                raise NameError(f"name {said['missing']!r} is not defined")
            elif "big" in said:
                return Remote(self, -1, f"result of {said['big']} bytes", "object")
        raise StoppedError

    def _rebuilt(self, data: str) -> Any:
        try:
            return values.rebuilt(data, self._handle)
        except values.MalformedError:
            raise StoppedError from None

    def _handle(self, content: Any) -> Any:
        number, name, kind = content
        if number not in self._remotes or number < 0:
            self._remotes[number] = Remote(self, int(number), str(name), str(kind))
        return self._remotes[number]

    def exception(self, record: Any) -> BaseException:
        """Return an exception that tests can catch as the program's own."""
        try:
            return raised(record, self._classes)
        except (ValueError, values.MalformedError):
            raise StoppedError from None


class Remote:
    """An object, a class or a function on the program's side."""

    __slots__ = (KIND, LINK, NAME, NUMBER)
    __doc__ = property(lambda self: _link(self, LINK).request("get", self, "__doc__"))

    def __init__(self, link: Link, number: int, name: str, kind: str) -> None:
        for slot, value in zip(self.__slots__, (kind, link, name, number), strict=True):
            object.__setattr__(self, slot, value)

    def __call__(self, *positional: Any, **named: Any) -> Any:
        """Call it on the program's side."""
        return _link(self, LINK).request("call", self, *positional, **named)

    def __getattr__(self, name: str) -> Any:
        return _link(self, LINK).request("get", self, name)

    def __setattr__(self, name: str, value: Any) -> None:
        _link(self, LINK).request("set", self, name, value)

    def __delattr__(self, name: str) -> None:
        _link(self, LINK).request("del", self, name)

    def __iter__(self) -> Iterator[Any]:
        return _link(self, LINK).request("iter", self)  # type: ignore[no-any-return]

    def __next__(self) -> Any:
        return _link(self, LINK).request("next", self)

    def __contains__(self, value: Any) -> bool:
        return any(value is item or value == item for item in self)

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> bool:
        told = kind if kind and issubclass(kind, Exception) and not issubclass(kind, AssertionError) else None
        name = next((base.__name__ for base in told.__mro__ if base.__module__ == "builtins"), "") if told else ""
        hushed = bool(_link(self, LINK).request("leave", self, name))
        if not hushed or kind is None or not issubclass(kind, Exception) or kind is AssertionError:
            return False  # whatever it says: a test that failed has failed
        _link(self, LINK).trusted = False
        return True

    def __eq__(self, other: object) -> bool:
        if self is other:
            return True
        if type(other) is not Remote:
            return False
        return bool(_decided(self, "eq", other))

    def __ne__(self, other: object) -> bool:
        return not self == other

    def __bool__(self) -> bool:
        return bool(_decided(self, "bool"))

    def __instancecheck__(self, value: object) -> bool:
        return type(value) is Remote and bool(_decided(self, "isinstance", value))

    def __subclasscheck__(self, value: type) -> bool:
        return isinstance(value, Remote) and bool(_decided(self, "issubclass", value))

    def __hash__(self) -> int:
        return int(_decided(self, "hash"))

    def __repr__(self) -> str:
        return f"<{class_name(self)} object>"


def class_name(remote: Remote) -> str:
    """Return the name of its class."""
    return str(_link(remote, NAME))


def _decided(remote: Remote, operation: str, *others: Any) -> Any:
    """Ask the program's side for an answer that decides something."""
    link = _link(remote, LINK)
    link.trusted = False
    return link.request(operation, remote, *others)


def _simple(operation: str) -> Callable[..., Any]:
    def method(self: Remote, *others: Any) -> Any:
        return _link(self, LINK).request(operation, self, *others)

    return method


def _mixed(operation: str) -> Callable[..., Any]:
    """Make an operator's method. It may not be told plain data: what it made of that could be anything."""

    def method(self: Remote, *others: Any) -> Any:
        if any(type(other) is not Remote for other in others):
            return NotImplemented
        return _decided(self, operation, *others)

    return method


for _name, _operation in {
    "len": "len", "getitem": "item", "setitem": "set item", "delitem": "del item", "reversed": "reversed",
    "enter": "enter", "str": "str", "float": "float", "int": "int", "index": "index",
}.items():  # fmt: skip
    setattr(Remote, f"__{_name}__", _simple(_operation))
for _name in ("neg", "pos", "abs", "invert", "lt", "le", "gt", "ge"):
    setattr(Remote, f"__{_name}__", _mixed(_name))
for _name in ("add", "sub", "mul", "truediv", "floordiv", "mod", "pow", "matmul", "and", "or", "xor"):
    _operation = _name + "_" if _name in ("and", "or") else _name
    setattr(Remote, f"__{_name}__", _mixed(_operation))
    setattr(Remote, f"__r{_name}__", _mixed("r" + _operation))


def _shown(positional: tuple[Any, ...]) -> str:
    """Return the arguments of a call, as far as they are short and simple."""
    simple = all(part is None or isinstance(part, (bool, int, float, str)) for part in positional)
    text = ", ".join(map(repr, positional)) if simple else "..."
    return text if len(text) <= 60 else "..."


def _is_among(value: Any, others: list[Any]) -> bool:
    """Whether it is one of these very objects; of a small number or a letter there is only one anyhow."""
    one = value is None or isinstance(value, (bool, int)) or (isinstance(value, str) and len(value) < 2)
    return not one and any(value is other for other in others)


def _library(where: Any) -> Any:
    """Return the module, or what stands in it: this side's own."""
    home, name = where if isinstance(where, list) and len(where) == 2 else ("", "")
    if not isinstance(home, str) or home not in LIBRARIES or not isinstance(name, str) or name.startswith("_"):
        raise StoppedError
    try:
        module = importlib.import_module(home)
    except ImportError:  # it is not installed on this side
        raise StoppedError from None
    if name and not hasattr(module, name):
        raise StoppedError
    return getattr(module, name) if name else module


def _sent(value: Any) -> Any:
    return values.plain(value, _handle_of)


def _handle_of(value: Any) -> Any:
    if type(value) is Remote:
        return {"handle": [_link(value, NUMBER)]}
    if isinstance(value, Iterator):
        items = list(islice(value, MAX_ITEMS + 1))
        if len(items) <= MAX_ITEMS:
            return {"iterator": [_sent(item) for item in items]}
    raise TypeError(f"a test cannot give a program {type(value).__name__!r} objects of its own")


def _said(line: str) -> Any:
    try:
        said = json.loads(line)
    except (ValueError, RecursionError):
        raise StoppedError from None
    if not isinstance(said, dict):
        raise StoppedError
    return said


def _depth() -> int:
    """Return how many frames of the tests there are."""
    frame, count = sys._getframe(1), -1  # noqa: SLF001 - there is no other way to know; where the harness began is one too
    while frame is not None:
        count += frame.f_code.co_filename == FILE
        frame = frame.f_back  # type: ignore[assignment]
    return count


def _update(old: tuple[Any, ...], new: Any) -> None:
    """Give arguments that the program changed in place their new content."""
    for before, after in zip(old, new, strict=False):
        if isinstance(before, (list, bytearray)) and type(before) is type(after):
            before[:] = after
        elif isinstance(before, deque) and isinstance(after, deque):
            before.clear()
            before.extend(after)
        elif isinstance(before, tuple) and isinstance(after, tuple):
            _update(before, after)
        elif isinstance(before, (dict, set)) and type(before) is type(after):
            before.clear()
            before.update(after)
