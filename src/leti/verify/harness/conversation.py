"""What the child that runs a program says, and is asked.

It runs the program, makes the calls that came with it, and answers further requests if there are any. Each answer is a
line of JSON: plain data, a handle, or an exception as data. Nothing here knows a test or an expected value, and nothing
that is said here decides anything but what the program itself returned: it may lie about that, as any program may.

    {"started": 1}       the program has its turn
    {"names": {...}}     what the program has defined of the names it was asked for; or
    {"error": {...}}     the program did not get that far
    {"value": ...}       what a call returned; or {"error": {...}}, {"missing": "name"}, {"big": bytes}
    {"waiting": 1}       it is ready for requests
"""

from __future__ import annotations

import builtins
import sys
from atexit import _run_exitfuncs as _run_exit_handlers
from marshal import loads
from os import _exit, environ, getpid, read, write
from resource import RLIMIT_AS, setrlimit
from types import BuiltinFunctionType, CodeType, FunctionType, ModuleType
from typing import TYPE_CHECKING, Any, NoReturn

from .operations import OPERATIONS
from .records import Codes, bounded, own_codes, places, syntax_part, type_name
from .values import LIBRARIES, MalformedError, plain, rebuilt, text

if TYPE_CHECKING:
    from collections.abc import Callable

globals()["__builtins__"] = dict(vars(builtins))

FILE = "<string>"
MODULE = "program"  # not __main__, so that main guards do not run
CALLS_BELOW = 2  # frames between the one that makes a `World` and the first frame of the program, less one
MADE_BELOW = 1  # one more, where the call came with the program
REQUESTS_BELOW = 2  # more frames, where the call is asked for later
MAX_KEPT = 100_000  # objects that are held for the other side
CHANNEL = 3
STARTED = b'{"started":1}\n'
NO_NAMES = b'{"names":{}}\n'
_vars = vars(builtins)
_getlimit, _setlimit = sys.getrecursionlimit, sys.setrecursionlimit
_flush = sys.stdout.flush, sys.stderr.flush
_type_name = type.__dict__["__name__"].__get__
_mro = type.__dict__["__mro__"].__get__
_FAMILY = {value: name for name, value in vars(builtins).items() if type(value) is type}


class World:
    """The program's module, the objects that handles stand for, and how much may still be said.

    Made before the program has a process where that can be: what is made there need not be made in every child.

    Args:
        request: what to run and ask.
        memory: bytes of address space that the process can have at most.
        patient: say everything at once, when `speak` is called.
    """

    def __init__(self, request: dict[str, Any], *, memory: int, patient: bool = False) -> None:
        self.name = "__main__" if request["main"] else MODULE
        self.module = ModuleType(self.name)
        self.module.__dict__["__builtins__"] = builtins
        self.own: Codes = {}
        self.besides = {} if request["own"] else _vars  # where a function is looked for that the program lacks
        self.kept: list[Any] = []
        self.numbers: dict[int, int] = {}  # by the id of what is kept
        self.calls: list[Any] = []
        self.scratch = environ["HOME"]
        self.room = request["limits"]["answers"]
        self.patient = patient
        self.unsaid = b""
        self.memory = (memory, memory)
        self.depth = depth() + CALLS_BELOW
        self.deepest = sys.maxsize
        self.arguments = bytes.fromhex(request["arguments"])
        self.process = 0
        self.code: CodeType | None = None
        self.error: BaseException | None = None

    def begin(self, code: bytes, program: str) -> None:
        """Take up the program, in the process it runs in; `error` is what is wrong with its text, if anything is.

        Args:
            code: the program, compiled by the judge; empty where it has to be compiled here.
            program: its text, where there is no code.
        """
        self.process = getpid()
        sys.modules[MODULE] = sys.modules["__main__"] = self.module
        self.put(STARTED)
        if code:
            self.code = loads(code)  # noqa: S302 - compiled by the judge
        else:
            self.code, self.error = self.attempt(compile, program, FILE, "exec", 0, True)

    def attempt(self, function: Callable[..., Any], *arguments: Any, **named: Any) -> tuple[Any, BaseException | None]:
        """Return the function's result and what it raised. The one place where code of the program is called."""
        try:
            result, error = function(*arguments, **named), None
        except BaseException as raised:  # noqa: BLE001 - whatever a program raises is what we are here to see
            result, error = None, raised
        if getpid() != self.process:  # a copy that the program forked: one speaks for the program, not two
            _exit(0)
        if error is not None:
            self.make_room()
        return result, error

    def make_room(self) -> None:
        """Raise the limit on memory a little: saying what happened needs some even if the program took all."""
        try:
            setrlimit(RLIMIT_AS, self.memory)
        except (ValueError, OSError):  # the program has lowered its own limit
            return

    def keep(self, value: Any) -> Any:
        """Hold an object for the other side, and return its handle: the same whenever it is the same object."""
        number = self.numbers.setdefault(id(value), len(self.kept))
        if number == len(self.kept):
            if number >= MAX_KEPT:
                return {"handle": [-1, "object", "lost"]}
            self.kept.append(value)
        return {"handle": [number, _type_name(type(value))[:80], _kind(value)]}

    def held(self, handle: Any) -> Any:
        """Return the object that a handle stands for.

        Raises:
            IndexError: there is none.
        """
        if handle[0] < 0:
            raise IndexError
        return self.kept[handle[0]]

    def allow(self, frames: int) -> None:
        """Let the program call as deep as it could alone; deeper, where it has asked for that itself.

        Args:
            frames: below the program, that there would not be if it were alone.
        """
        if _getlimit() <= self.deepest:
            self.deepest = 1000 + frames
            _setlimit(self.deepest)

    def say(self, message: dict[str, Any]) -> None:
        """Write one line."""
        data = (text(message) + "\n").encode("ascii")
        self.put(data if len(data) <= self.room else b'{"big":%d}\n' % len(data))

    def put(self, data: bytes) -> None:
        """Write a line that is text already."""
        self.room -= len(data)
        self.unsaid += data
        if not self.patient:
            self.speak()

    def speak(self) -> None:
        """Write what is to be said."""
        data, self.unsaid = self.unsaid, b""
        while data:
            data = data[write(CHANNEL, data) :]


def depth() -> int:
    """Return how many frames there are under the caller's, with it."""
    frame, count = sys._getframe(1), 0  # noqa: SLF001 - there is no other way to know
    while frame is not None:
        frame, count = frame.f_back, count + 1  # type: ignore[assignment]
    return count


def converse(request: dict[str, Any], world: World) -> None:
    """Run the program, make the calls that came with it, and answer until nothing more is asked.

    Args:
        request: what to ask. Unless it may be `asked` for more, that is all.
        world: the program's, begun.
    """
    error = world.error or _load(world)
    if error is not None:
        world.say({"error": _record(error, world)})
        return
    if request["names"]:
        world.say({"names": {name: _named(name, world) for name in request["names"]}})
    else:
        world.put(NO_NAMES)
    if request["calls"] and not _make_calls(request, world):
        return
    if request["asked"] and (request["names"] or world.kept):
        _serve(world)


def _make_calls(request: dict[str, Any], world: World) -> bool:
    """Make the calls that came with the program, but none of a test after one that raised; return as `_answer` does.

    Tests may ask an object that was returned for more before their next call is due: so that waits until it is.
    """
    raised = -1
    expressions = loads(world.arguments)  # noqa: S302 - compiled by the judge
    world.calls = list(zip(request["calls"], expressions, strict=True))
    for (name, frames, test), arguments in world.calls:
        if test == raised:
            world.say({"skipped": 1})
            continue
        well, go_on = _call(name, frames - MADE_BELOW, arguments, world)
        if not go_on or (world.kept and request["asked"] and not request["own"]):
            return go_on
        raised = raised if well else test
    return True


def _load(world: World) -> BaseException | None:
    """Run the program, with the recursion limit it would have alone."""
    world.allow(world.depth)
    return world.attempt(exec, world.code, world.module.__dict__)[1]


def _call(name: str, frames: int, arguments: CodeType, world: World) -> tuple[bool, bool]:
    """Make one of the calls that came with the program; return whether it went well, and as `_answer` does.

    Args:
        name: of the function, in the program's module.
        frames: of the test that would stand below the function's own.
        arguments: an expression of the positional ones and the named ones.
        world: the program's.
    """
    function = world.module.__dict__.get(name, world.besides.get(name, _MISSING))
    if function is _MISSING:
        world.say({"missing": name})
        return False, True
    given, error = world.attempt(eval, arguments, {"__builtins__": globals()["__builtins__"]})
    if error is not None:
        return False, _answer(None, error, world)
    world.allow(world.depth - frames)
    result, error = world.attempt(function, *given[0], **given[1])
    return error is None, _answer(result, error, world)


def _answer(result: Any, error: BaseException | None, world: World) -> bool:
    """Say what came of a call; return whether the program can go on."""
    data: Any = None
    if error is None:
        data, error = world.attempt(plain, result, world.keep)
    if error is None:
        world.say({"value": data})
        return True
    world.say({"error": _record(error, world)})
    return not issubclass(type(error), (MemoryError, SystemExit))


def _serve(world: World) -> None:
    """Answer requests: lines of JSON; an empty line or the end of the channel ends it."""
    for stream in _flush:
        world.attempt(stream)
    world.say({"waiting": 1})
    world.speak()
    rest = b""
    while True:
        while b"\n" not in rest:
            part = read(CHANNEL, 1 << 16)
            if not part:
                return
            rest += part
        line, _, rest = rest.partition(b"\n")
        if not line or not _request(line.decode("ascii"), world):
            return
        world.say({"waiting": 1})
        world.speak()


def _request(line: str, world: World) -> bool:
    """Do what is asked: [operation, target, frames, positional, named]."""
    try:
        operation, target, frames, positional, named = rebuilt(line, world.held)
    except (MalformedError, IndexError):
        return False
    if operation == "make":
        (name, frames, _), arguments = world.calls[target]
        return _call(name, frames - REQUESTS_BELOW, arguments, world)[1]
    if operation == "name":
        name, target = target, world.module.__dict__.get(target, _MISSING)
        if target is _MISSING:
            world.say({"missing": name})
            return True
    world.allow(world.depth + REQUESTS_BELOW - frames)
    given = *positional, *named.values()
    before = [text(plain(value, _very_one)) for value in given]
    result, error = world.attempt(OPERATIONS[operation], target, *positional, **named)
    after, _ = world.attempt(lambda: [text(plain(value, _very_one)) for value in given])
    if after is not None and after != before:  # also where it raised: what must then be unchanged is asked for here
        changed, wrong = world.attempt(plain, given, world.keep)
        if wrong is None:
            world.say({"changed": changed})
    return _answer(result, error, world)


def _nothing(_: Any) -> Any:
    return {"ellipsis": None}


def _very_one(value: Any) -> Any:
    """Stands for this very object: where two have changed places, something has changed."""
    return {"handle": [id(value)]}


_MISSING = object()


def _named(name: str, world: World) -> Any:
    """Say what a name of the program's module stands for.

    Modules, and what is taken from them, are told by their names: the other side has its own.
    """
    value = world.module.__dict__.get(name, _MISSING)
    if value is _MISSING:
        return {"missing": name}
    for home in LIBRARIES:
        module = sys.modules.get(home)
        if module is value and value is not None:
            return {"import": [home, ""]}
        if type(module) is ModuleType and vars(module).get(name, _MISSING) is value:
            return {"import": [home, name]}
    data, error = world.attempt(plain, value, world.keep)
    return {"value": data} if error is None else {"missing": name}


def _kind(value: Any) -> str:
    kind = type(value)
    if issubclass(kind, type):
        return "exception" if issubclass(value, BaseException) else "class"
    return "function" if kind in (FunctionType, BuiltinFunctionType) else "object"


def _record(error: BaseException, world: World) -> dict[str, Any]:
    """Return an exception as data. Its text is the program's to write."""
    kind = type(error)
    if world.code is not None and not world.own:
        own_codes(world.code, world.own)
    record: dict[str, Any] = {"type": type_name(kind, world.name), "frames": places(error, world.own, file=FILE)}
    if issubclass(kind, SyntaxError):
        record["message"], record["syntax"] = syntax_part(error, evaluated=bool(record["frames"]))
    else:
        said, _ = world.attempt(str, error)
        record["message"] = bounded(said).replace(world.scratch, ".").replace(_LIBRARY, "<python>")
    record["bases"] = [_FAMILY[base] for base in _mro(kind) if base in _FAMILY]
    record["own"] = kind not in _FAMILY
    data, wrong = world.attempt(lambda: text(plain(BaseException.args.__get__(error), _nothing)))  # type: ignore[attr-defined]
    record["arguments"] = data if wrong is None and len(data) < 2000 else None
    data, wrong = world.attempt(lambda: text(plain(dict(vars(error)), _nothing)))
    record["attributes"] = data if wrong is None and len(data) < 2000 else None
    return record


_LIBRARY = sys.modules["os"].__file__.rpartition("/")[0] if sys.modules["os"].__file__ else "\x00"


def leave(world: World) -> NoReturn:
    """End the process at once: no exit handler and no thread of the program gets a turn.

    Only for a whole program that reads and prints its end is a part of it.
    """
    if world.name == "__main__":
        world.attempt(_run_exit_handlers)
        world.attempt(lambda: sys.stdout.flush())  # noqa: PLW0108 - it may be anything by now
    for flush in _flush:
        world.attempt(flush)
    _exit(0)
