"""Run untrusted-by-accident programs: JSON lists on stdin, how each ended on stdout; a bounded child per program.

This is the recipe's own small judge, for a model that only ever saw harmless programs. It is no sandbox.
"""

from __future__ import annotations

import json
import os
import resource
import select
import signal
import sys
from typing import Any

CPU_SECONDS = 1
WALL_SECONDS = 5.0
MEMORY = 1 << 30


def _limit() -> None:
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS + 1))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _child(text: str, pipe: int) -> None:
    """Run the text and write how it ended; never returns."""
    _limit()
    null = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(null, descriptor)
    space: dict[str, Any] = {"__name__": "__main__"}
    end = "passed"
    try:
        exec(compile(text, "<string>", "exec"), space)  # noqa: S102 - this is what the child is for
    except BaseException as error:  # noqa: BLE001 - any end is a result
        end = f"{type(error).__name__}: {error}"[:300]
    os.write(pipe, end.encode("utf-8", "replace"))
    os._exit(0)


def ending(text: str) -> str:
    """Return "passed", "Error: message" or "timed-out"."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        _child(text, writing)
    os.close(writing)
    ready, _, _ = select.select([reading], [], [], WALL_SECONDS)
    said = os.read(reading, 4096).decode("utf-8", "replace") if ready else ""
    os.close(reading)
    if not ready:
        os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return said or "timed-out"


def main() -> None:
    """Answer one line for each line."""
    seen: dict[str, str] = {}
    for line in sys.stdin:
        text = json.loads(line)
        if text not in seen:
            seen[text] = ending(text)
        print(json.dumps(seen[text]), flush=True)


if __name__ == "__main__":
    main()
