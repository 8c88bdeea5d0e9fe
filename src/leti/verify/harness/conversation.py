"""What is said between the child that runs a program and the one outside who judges.

Each report is one line: the run's secret, a space, JSON. `loaded` asks for the tests, which are not in this process
before; `passed` (test), `raised` (test or null, the record) and `done` follow. The secret is a local of a generator
that is suspended while the program runs, and the code that runs the program holds neither it nor the tests.
"""

from __future__ import annotations

import _json
import builtins
import gc
import sys
from _struct import unpack
from collections import deque
from os import _exit, getpid, read, write
from resource import RLIMIT_AS, getrlimit, setrlimit
from types import ModuleType
from typing import TYPE_CHECKING, Any

from .records import Codes, bounded, innermost, own_codes, places, syntax_part, type_name
from .rewrite import FILE, Prepared

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import CodeType

globals()["__builtins__"] = dict(vars(builtins))

Voice = tuple[int, bytes]
"""The channel and what each report begins with."""

PROGRAM = "program"  # the module's name: not __main__, so that main guards do not run
CALLS_BELOW = 4  # of the interpreter's recursion count: from `converse` to the program's first frame
_encode = _json.make_encoder(None, repr, _json.encode_basestring_ascii, None, ": ", ", ", False, False, False)
_settrace, _setprofile, _getlimit, _setlimit = (
    sys.settrace,
    sys.setprofile,
    sys.getrecursionlimit,
    sys.setrecursionlimit,
)
_vars = vars(builtins)
_flush = sys.stdout.flush, sys.stderr.flush


Step = tuple[Any, ...]
"""A function and its arguments, to be called where the program can see neither the secret nor the tests."""


class World:
    """The program's module, what has been compiled for it, and what came of the last step."""

    def __init__(self, scratch: str) -> None:
        self.module = ModuleType(PROGRAM)
        self.module.__dict__["__builtins__"] = builtins
        sys.modules[PROGRAM] = sys.modules["__main__"] = self.module
        self.builtins = dict(_vars)
        self.scratch = scratch
        self.own: Codes = {}
        self.result: Any = None
        self.error: BaseException | None = None
        self.room = (getrlimit(RLIMIT_AS)[1],) * 2
        self.process = getpid()

    def step(self, step: Step) -> None:
        """Take a step, and keep what it gave or raised."""
        self.result, self.error = attempt(*step)
        if getpid() != self.process:  # a copy that the program forked: one speaks for the program, not two
            _exit(0)
        if self.error is not None:  # it is over: what follows is ours, and needs memory even if the program took all
            try:
                setrlimit(RLIMIT_AS, self.room)  # made before: there may be no memory to make anything now
            except (ValueError, OSError):  # the program has lowered its own limit
                return

    def execution(self, code: CodeType) -> Step:
        """Return the step that runs `code` in the module."""
        own_codes(code, self.own)
        return exec, code, self.module.__dict__


def attempt(function: Callable[..., Any], *arguments: Any) -> tuple[Any, BaseException | None]:
    """Return the function's result and what it raised. The one place where code of the program is called."""
    try:
        return function(*arguments), None
    except BaseException as error:  # noqa: BLE001 - whatever a program raises is what we are here to see
        return None, error


def converse(program: str, channel: int, *, secret: str, scratch: str) -> None:
    """Run the program, then its tests, and report; ends the process."""
    world = World(scratch)
    gc.freeze()
    _setlimit(1000 + CALLS_BELOW + _depth())
    # The generator is held by `map` alone: no frame under the program's has it among its variables.
    deque(map(world.step, _script(program, world, (channel, f"\n{secret} ".encode()))), maxlen=0)
    _exit(0)


def _depth() -> int:
    """Return how many frames there are under the caller's, with it: the program has its thousand above them."""
    frame, depth = sys._getframe(1), 0  # noqa: SLF001 - there is no other way to know
    while frame is not None:
        frame, depth = frame.f_back, depth + 1  # type: ignore[assignment]
    return depth


def _script(program: str, world: World, voice: Voice) -> Iterator[Step]:
    """Yield the steps, in order; report what came of them."""
    code, wrong = attempt(compile, program, FILE, "exec", 0, True)
    if wrong is None:
        yield world.execution(code)
        if world.error is not None:
            yield from _failed(world.error, world, voice)
    elif not issubclass(type(wrong), SyntaxError):
        yield from _failed(wrong, world, voice)
    _say(voice, {"kind": "loaded"})
    texts = _receive(voice[0])
    if wrong is not None:
        yield from _failed(_with_tests(program, texts, wrong), world, voice)
    line = _lines(program) + 1
    for index, text in enumerate(texts, start=-1):  # the setup comes first
        if index == -1 and not text:
            continue
        yield from _test(Place(text, line, index), world, voice)
        if index >= 0:
            _say(voice, {"kind": "passed", "test": index})
        line += _lines(text)
    _end(voice, {"kind": "done", "tests": len(texts) - 1})


def _with_tests(program: str, texts: list[str], wrong: BaseException) -> BaseException:
    """Return the error of compiling the program and the tests in one: the parser looks ahead, so it may differ."""
    whole = "\n".join([program, *(texts if texts[0] else texts[1:])])
    again = attempt(compile, whole, FILE, "exec", 0, True)[1]
    return again if again is not None and issubclass(type(again), SyntaxError) else wrong


class Place:
    """A test's text, the line it begins at, and its number (-1: the setup)."""

    def __init__(self, text: str, line: int, index: int) -> None:
        self.text, self.line, self.number = text, line, index if index >= 0 else None


def _test(place: Place, world: World, voice: Voice) -> Iterator[Step]:
    test, wrong = attempt(Prepared, place.text, place.line)
    if wrong is not None:
        yield from _failed(wrong, world, voice, {"test": place.number})
    _calm(world)
    yield world.execution(test.code)
    if world.error is not None:
        yield from _failed(world.error, world, voice, {"test": place.number, **_check(world.error, test, world)})
    if test.judge.held < test.must_hold:
        record = {"type": "SkippedCheck", "message": "the test's assert was not reached", "frames": []}
        _end(voice, {"kind": "raised", "test": place.number, "error": record})


def _check(error: BaseException, test: Prepared, world: World) -> dict[str, Any]:
    """Return which check of the test failed, and whether it was the check that said no."""
    lines = [place[0] for place in places(error, world.own, file=FILE)]
    within = [span for span in test.ranges if any(span[0] <= line <= span[1] for line in lines)]
    code = innermost(error)
    asserted = type(error) is AssertionError and code is not None and id(code) in own_codes(test.code, {})
    about: dict[str, Any] = {"asserted": asserted, "check": within[-1] if within else None}
    if asserted and test.judge.failed is not None:
        about["got"], about["expected"] = test.judge.shown()
    return about


def _failed(error: BaseException, world: World, voice: Voice, about: dict[str, Any] | None = None) -> Iterator[Step]:
    """Report an exception and end. Its text is the program's to write, so asking for it is a step."""
    about = about or {}
    kind = type(error)
    record: dict[str, Any] = {"type": type_name(kind, PROGRAM), "frames": places(error, world.own, file=FILE)}
    if issubclass(kind, SyntaxError):
        record["message"], record["syntax"] = syntax_part(error, evaluated=bool(record["frames"]))
    else:
        yield str, error
        record["message"] = bounded(world.result)
    record |= {name: about.pop(name, None) for name in ("got", "expected")}
    for name in ("message", "got", "expected"):
        if record[name] is not None:
            record[name] = record[name].replace(world.scratch, ".").replace(_LIBRARY, "<python>")
    record["family"] = next((base.__name__ for base in (MemoryError, SystemExit) if issubclass(kind, base)), "")
    _end(voice, {"kind": "raised", "test": None, **about, "error": record})


def _lines(text: str) -> int:
    return text.replace("\r\n", "\n").replace("\r", "\n").count("\n") + 1


def _calm(world: World) -> None:
    """Take back what would let a program write the tests' answers: tracing, and builtins it has replaced."""
    _settrace(None)
    _setprofile(None)
    _vars.update(world.builtins)


_LIBRARY = sys.modules["os"].__file__.rpartition("/")[0] if sys.modules["os"].__file__ else "\x00"


def _receive(channel: int) -> list[str]:
    """Read the setup and the tests: a count, then length and text of each."""
    (count,) = unpack("!I", _exactly(channel, 4))
    return [
        _exactly(channel, unpack("!I", _exactly(channel, 4))[0]).decode("utf-8", "surrogatepass") for _ in range(count)
    ]


def _exactly(channel: int, size: int) -> bytes:
    data = b""
    while len(data) < size:
        part = read(channel, size - len(data))
        if not part:
            _exit(1)
        data += part
    return data


def _say(voice: Voice, report: dict[str, Any]) -> None:
    data = voice[1] + "".join(_encode(report, 0)).encode("ascii") + b"\n"
    while data:
        data = data[write(voice[0], data) :]


def _end(voice: Voice, report: dict[str, Any]) -> None:
    """Say the last word and leave at once: no exit handler and no thread of the program gets a turn."""
    for flush in _flush:
        attempt(flush)
    _say(voice, report)
    _exit(0)
