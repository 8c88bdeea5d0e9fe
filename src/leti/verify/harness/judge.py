"""The process that runs the tests: it never runs a program, and the program's process never sees a test.

Requests are frames. `load` prepares a check and returns the plan of what to ask a program; `expect` adds to it what a
reference returned; `run` decides the tests of one program from what it has said, asking for more where the plan did not
foresee it; `all` decides on several that can be asked for nothing; `compile` compiles programs.
"""

from __future__ import annotations

import gc
import marshal
import os
import random
import resource
import sys
from contextlib import suppress
from typing import Any

from .calls import Calls
from .frames import ClosedError, Frames
from .records import syntax_part
from .remote import FILE, Link
from .tests import PythonTests
from .watch import NEXT

MEMORY = 640 << 20  # bytes of address space for the tests of a data set
EXPECTED = 24  # times the text of what references returned, besides
MOST = 8 << 30


def main() -> None:
    """Serve requests from standard input until it closes."""
    frames = Frames(os.dup(0), os.dup(1))
    nothing = os.open(os.devnull, os.O_RDWR)
    os.dup2(nothing, 0)
    os.dup2(nothing, 1)
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MOST))
    gc.collect()
    gc.freeze()
    checks: dict[int, PythonTests | Calls] = {}
    with suppress(ClosedError):
        frames.write({"ready": list(sys.version_info[:3])})
        while True:
            header, blob = frames.read()
            if header["do"] == "all":
                runs = zip(header["runs"], blob.split(NEXT), strict=True)
                frames.write({"found": [_done(run, said, checks, None) for run, said in runs]})
            elif header["do"] == "compile":
                frames.write(*_all_compiled(header, blob))
            else:
                frames.write(_done(header, blob, checks, frames))
    os._exit(0)


def _done(
    header: dict[str, Any], blob: bytes, checks: dict[int, PythonTests | Calls], frames: Frames | None
) -> dict[str, Any]:
    if header["do"] == "load":
        for number in header["forget"]:
            checks.pop(number, None)
        check = checks[header["check"]] = _prepared(header)
        return check.plan.request() | {"wrong": check.wrong}
    check = checks[header["check"]]
    lines = blob.decode("ascii", "replace").splitlines()
    if isinstance(check, Calls):
        if header["do"] == "expect":
            least = min(MEMORY + EXPECTED * len(blob), MOST)
            resource.setrlimit(resource.RLIMIT_AS, (max(least, resource.getrlimit(resource.RLIMIT_AS)[0]), MOST))
            return check.expect(lines)
        return check.decide(lines, every=header["every"]) | {"asked": False}
    random.seed(0)
    asked = False

    def ask(line: str) -> list[str]:
        nonlocal asked
        asked = True
        if frames is None:  # it runs no more
            return []
        frames.write({"ask": True}, line.encode("ascii") + b"\n")
        answer, said = frames.read()
        return [] if "gone" in answer else said.decode("ascii", "replace").splitlines()

    return check.decide(lines, Link(lines[1:], ask), offset=header["offset"], every=header["every"]) | {"asked": asked}


def _prepared(header: dict[str, Any]) -> PythonTests | Calls:
    return PythonTests(header["setup"], header["tests"]) if "tests" in header else Calls(header)


def _all_compiled(header: dict[str, Any], texts: bytes) -> tuple[dict[str, Any], bytes]:
    """Compile programs that stand one after the other; return what is known of each, and their codes in one."""
    found: list[dict[str, Any]] = []
    codes = b""
    for length, tests in zip(header["programs"], header["tests"], strict=True):
        one, code = _compiled(texts[:length].decode("utf-8", "surrogatepass"), tests)
        found.append(one | {"code": len(code)})
        texts, codes = texts[length:], codes + code
    return {"compiled": found}, codes


def _compiled(program: str, tests: str) -> tuple[dict[str, Any], bytes]:
    """Compile a program, never to run here. This process has its pages: a fresh child would have to copy a hundred.

    Returns:
        `error`, its SyntaxError, or nothing; and the code. Neither: only its own process can tell.
    """
    try:
        return {}, marshal.dumps(compile(program, FILE, "exec", 0, dont_inherit=True))
    except SyntaxError as error:
        return {"error": _syntax_error(_with_tests(program, tests) or error)}, b""
    except (ValueError, RecursionError, MemoryError, OverflowError):
        return {}, b""


def _with_tests(program: str, tests: str) -> SyntaxError | None:
    """Return the error of compiling the program and the tests in one: the parser looks ahead, so it may differ."""
    try:
        compile(f"{program}\n{tests}", FILE, "exec", 0, dont_inherit=True)
    except SyntaxError as error:
        return error
    except (ValueError, RecursionError, MemoryError, OverflowError):
        return None
    return None


def _syntax_error(error: SyntaxError) -> dict[str, Any]:
    message, syntax = syntax_part(error, evaluated=False)
    bases = [base.__name__ for base in type(error).__mro__]
    return {"type": type(error).__name__, "message": message, "syntax": syntax, "bases": bases, "frames": []}
