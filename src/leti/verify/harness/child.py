"""What a freshly forked child gives up before it runs a program."""

from __future__ import annotations

import builtins
import ctypes
import faulthandler
import os
import resource
import signal
import sys
from builtins import OSError as NoInputError
from typing import Any, TextIO, cast

from . import seccomp

PR_SET_PDEATHSIG, PR_SET_DUMPABLE, PR_SET_CHILD_SUBREAPER = 1, 4, 36
CHANNEL, REQUESTS = 3, 4
"""Descriptors of a child: what it says goes to the first, what it is asked comes from the second."""
RESERVE = 64 << 20  # address space kept back for saying that there was no memory
_prctl = getattr(ctypes.CDLL(None), "prctl", None)
_fork = ctypes.PyDLL(None).fork


def control(option: int, value: int) -> None:
    """Set a process attribute (Linux `prctl`); elsewhere it does nothing."""
    if _prctl is not None:
        _prctl(option, value, 0, 0, 0)


def fork() -> int:
    """Fork as the C library does, without what `os.fork` does besides; return the child's number, or 0 in it.

    The interpreter's own fork prepares for threads, of which there are none here, and runs hooks (`random` draws a new
    seed). That touches a hundred pages more, each of which has to be copied: a fifth of the cost of a program.

    Raises:
        OSError: there can be no more processes.
    """
    pid: int = _fork()
    if pid < 0:
        raise OSError("fork failed")
    return pid


class NoInput:
    """Standard input with nothing in it: reading is an OSError, as in the official executor."""

    encoding = "utf-8"
    errors = "strict"
    closed = False

    def read(self, *_: object) -> str:
        """Refuse."""
        raise NoInputError

    readline = readlines = __iter__ = __next__ = fileno = read

    def isatty(self) -> bool:
        """Return False: nobody is there."""
        return False


def warm() -> None:
    """Do in the template what every child would have to do."""
    sys.stdin = cast("TextIO", NoInput())
    # Channel of the template is /dev/null: should a program set this off there, it writes to nowhere.
    faulthandler.register(signal.SIGUSR2, file=CHANNEL, all_threads=False, chain=False)


def enter(limits: dict[str, Any], *, stdin: str | None, template: int) -> None:
    """Make this process poor. Its five descriptors are in their places already.

    Args:
        limits: in seconds and bytes.
        stdin: what it may read, or None.
        template: the process it was forked from; 0 where the end of that is its own anyhow.
    """
    if template:
        os.setsid()
        control(PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != template:  # it died before the line above
            os._exit(1)
    if stdin is not None:
        builtins.exit = builtins.quit = sys.exit  # type: ignore[assignment]
        held = _holding(stdin)
        os.dup2(0, 2)  # to nowhere: what is written there is not what the program prints
        os.dup2(held, 0)
        sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115
    os.closerange(REQUESTS + 1, 4096)
    _limit(limits)
    seccomp.restrain()


def _holding(text: str) -> int:
    """Return a descriptor that the text can be read from; no path leads to it."""
    file = os.open(".stdin", os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
    os.unlink(".stdin")  # noqa: PTH108 - pathlib is not loaded
    data = memoryview(text.encode("utf-8", "surrogatepass"))
    while data:
        data = data[os.write(file, data) :]
    os.lseek(file, 0, os.SEEK_SET)
    return file


def _limit(limits: dict[str, Any]) -> None:
    cpu = int(2 * limits["timeout"]) + 2
    memory = limits["memory"] + limits["base"]
    for what, soft, hard in (
        (resource.RLIMIT_CPU, cpu, cpu + 1),
        (resource.RLIMIT_FSIZE, limits["file_size"], limits["file_size"]),
        (resource.RLIMIT_NOFILE, 64, 64),
        (resource.RLIMIT_CORE, 0, 0),
        (resource.RLIMIT_STACK, 64 << 20, 64 << 20),
        (resource.RLIMIT_AS, memory, memory + RESERVE),
        (resource.RLIMIT_NPROC, 0, 0),
    ):
        ceiling = resource.getrlimit(what)[1]
        if ceiling != resource.RLIM_INFINITY:
            soft, hard = min(soft, ceiling), min(hard, ceiling)  # noqa: PLW2901 - never above what we have ourselves
        resource.setrlimit(what, (soft, hard))
