"""What a freshly forked child gives up before it runs a program."""

from __future__ import annotations

import builtins
import ctypes
import faulthandler
import os
import resource
import signal
import sys
from _signal import SIG_BLOCK, SIG_UNBLOCK, SIGUSR2, pthread_sigmask  # type: ignore[import-not-found]
from builtins import OSError as NoInputError
from typing import Any, TextIO, cast

from . import seccomp
from .watch import FILE_SIZE

PR_SET_PDEATHSIG, PR_SET_DUMPABLE, PR_SET_CHILD_SUBREAPER = 1, 4, 36
CHANNEL = 3
"""The descriptor of a child that it speaks and is asked through: one end of a pair of sockets. No path leads to a
socket, so a program cannot take back what has been said."""
RESERVE = 64 << 20  # address space kept back for saying that there was no memory
_STREAM = 1 | os.O_CLOEXEC  # SOCK_STREAM | SOCK_CLOEXEC
_library = ctypes.CDLL(None, use_errno=True)
_prctl = getattr(_library, "prctl", None)
_fork = ctypes.PyDLL(None).fork
_closerange, _setrlimit = os.closerange, resource.setrlimit

Bounds = list[tuple[int, tuple[int, int]]]
"""Limits of the kernel's: which, and the soft and the hard one."""


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


def pair() -> tuple[int, int]:
    """Return two connected sockets, as `socket.socketpair` does, without that module's memory.

    Raises:
        OSError: there can be no more descriptors.
    """
    ends = (ctypes.c_int * 2)()
    if _library.socketpair(1, _STREAM, 0, ends):
        raise OSError(ctypes.get_errno(), "socketpair")
    return ends[0], ends[1]


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
    faulthandler.register(SIGUSR2, file=CHANNEL, all_threads=False, chain=False)
    # A program may send it here, where the channel is the one that only this process empties: it would wait for itself.
    pthread_sigmask(SIG_BLOCK, {SIGUSR2})


def enter(bounds: Bounds, *, stdin: str | None, template: int, owed: bool) -> None:
    """Make this process poor. Its descriptors are in their places already.

    Whatever is done here touches pages that have to be copied: each line costs, for every program.

    Args:
        bounds: what `bounds_of` has prepared in the template.
        stdin: what it may read, or None.
        template: the process it was forked from; 0 where the end of that is its own anyhow.
        owed: whether there is something that `seccomp.restrain` has to do.
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
    pthread_sigmask(SIG_UNBLOCK, (SIGUSR2,))
    _closerange(CHANNEL + 1, 4096)
    for what, bound in bounds:
        _setrlimit(what, bound)
    if owed:
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


def limit_all() -> None:
    """Set, in the template, those limits that are the same for all programs and do not hinder it."""
    for what, bound in ((resource.RLIMIT_NOFILE, 64), (resource.RLIMIT_CORE, 0), (resource.RLIMIT_STACK, 64 << 20)):
        _setrlimit(what, _below_ceiling(what, bound, bound))


def bounds_of(limits: dict[str, Any]) -> Bounds:
    """Return the limits that a child sets for itself.

    Args:
        limits: in seconds and bytes.
    """
    cpu = int(2 * limits["timeout"]) + 2
    memory = limits["memory"] + limits["base"]
    wanted = (
        (resource.RLIMIT_CPU, cpu, cpu + 1),
        (resource.RLIMIT_FSIZE, FILE_SIZE, FILE_SIZE),
        (resource.RLIMIT_AS, memory, memory + RESERVE),
        (resource.RLIMIT_NPROC, 0, 0),
    )
    return [(what, _below_ceiling(what, soft, hard)) for what, soft, hard in wanted]


def _below_ceiling(what: int, soft: int, hard: int) -> tuple[int, int]:
    """Return limits that are never above what we have ourselves."""
    ceiling = resource.getrlimit(what)[1]
    return (soft, hard) if ceiling == resource.RLIM_INFINITY else (min(soft, ceiling), min(hard, ceiling))
