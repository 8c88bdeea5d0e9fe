"""What the template does before it forks, so that no child has to: each page that one writes to has to be copied."""

from __future__ import annotations

import gc
import marshal
import random
import resource
import sys
from typing import Any

from . import conversation, values
from .child import warm

PRELOADED = (  # what programs import most; each module costs a little at every fork
    *("bisect", "collections", "copy", "functools", "heapq", "itertools", "math", "operator", "random", "re"),
    *("string", "typing"),
)
REHEARSALS = 10  # after some runs the interpreter has made code ready for what it does, and writes to it no more


def prepare() -> None:
    """Load what programs use and do everything once, so that children find it warm."""
    for name in PRELOADED:
        __import__(name)
    import builtins

    for gone in ("exit", "quit", "help"):
        setattr(builtins, gone, None)  # as the official executor leaves them
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
    warm()
    for _ in range(REHEARSALS):
        _rehearse()
    sys.path[:] = [entry for entry in sys.path if entry != sys.argv[1]]
    sys.argv[:] = [""]
    for name in [name for name in sys.modules if name.partition(".")[0] == __name__.partition(".")[0]]:
        del sys.modules[name]
    random.seed(0)  # the same program gives the same verdict when a run is gone on with
    gc.collect()
    gc.freeze()


def _rehearsed() -> None:
    """Define what a program defines; its code is run as one. To compile text here would take memory for good."""
    global f  # noqa: PLW0603 - of the program's module, which is given to it

    def f(a: Any) -> Any:
        return [a, "a"]


def _one() -> Any:
    return (1,), {}


def _two() -> Any:
    return (1, 2), {}


def _rehearse() -> None:
    """Do here, where nobody hears it, what every child does.

    The interpreter writes to code as long as it is new, and each page that a child writes to has to be copied.
    """
    before = sys.getrecursionlimit(), sys.modules["__main__"]
    for arguments in (_one.__code__, _two.__code__):
        request: dict[str, Any] = {"main": False, "own": True, "asked": False, "names": []}
        request |= {"calls": [("f", 1, 0)], "arguments": marshal.dumps([arguments]).hex()}
        request |= {"limits": {"answers": 1 << 20}}
        world = conversation.World(request, memory=resource.getrlimit(resource.RLIMIT_AS)[1])
        world.begin(marshal.dumps(_rehearsed.__code__), "")
        conversation.converse(request, world)
    values.rebuilt(values.text(values.plain([1, "a", (2.5, None), {1: {2}}], repr)), repr)
    sys.setrecursionlimit(before[0])
    sys.modules["__main__"] = before[1]
    del sys.modules[conversation.MODULE]
