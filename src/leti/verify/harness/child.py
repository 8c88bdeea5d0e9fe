"""What a freshly forked child gives up before it runs a program."""

from __future__ import annotations

import ctypes
import os
import random
import resource
import signal
import sys
import tempfile
from builtins import OSError as NoInputError
from typing import Any, TextIO, cast

PR_SET_PDEATHSIG, PR_SET_DUMPABLE, PR_SET_CHILD_SUBREAPER = 1, 4, 36
CHANNEL = 3
RESERVE = 64 << 20  # address space kept back for saying that there was no memory
_prctl = ctypes.CDLL(None).prctl


def control(option: int, value: int) -> None:
    """Set a process attribute (Linux `prctl`); elsewhere it does nothing."""
    _prctl(option, value, 0, 0, 0)


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


def enter(limits: dict[str, Any], *, channel: int, output: int, template: int, scratch: str) -> None:
    """Make this process poor: own session, scratch directory, limits, and three descriptors besides its channel."""
    os.setsid()
    control(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != template:  # it died before the line above
        os._exit(1)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.dup2(output, 1)
    os.dup2(output, 2)
    os.dup2(os.dup(channel), CHANNEL, inheritable=False)  # by a copy: its number may be CHANNEL already
    os.closerange(CHANNEL + 1, 4096)
    os.chdir(scratch)
    os.environ["HOME"] = os.environ["TMPDIR"] = scratch
    tempfile.tempdir = None
    _limit(limits)
    random.seed(0)  # the same program gives the same verdict when a run is gone on with
    sys.stdin = cast("TextIO", NoInput())


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
    ):
        ceiling = resource.getrlimit(what)[1]
        if ceiling != resource.RLIM_INFINITY:
            soft, hard = min(soft, ceiling), min(hard, ceiling)  # noqa: PLW2901 - never above what we have ourselves
        resource.setrlimit(what, (soft, hard))
