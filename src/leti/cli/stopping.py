"""Ctrl-C: once, what is being done ends as it would on an error; twice, it ends at once."""

from __future__ import annotations

import os
import signal
import sys
from typing import NoReturn

STOPPED = 130
"""The exit code, as a shell has it."""
SHOW_CURSOR = "\x1b[?25h"


class Stopped(BaseException):
    """The user has pressed Ctrl-C. Not KeyboardInterrupt, which typer would answer in our place."""


def listen() -> None:
    """From now on Ctrl-C raises `Stopped`, once."""
    signal.signal(signal.SIGINT, _stop)


def _stop(*_: object) -> NoReturn:
    signal.signal(signal.SIGINT, _leave)
    raise Stopped


def _leave(*_: object) -> NoReturn:
    """No waiting for what is under way: all that counts is on the disk, and workers end when they are left alone."""
    words = "\nleti: left at once.\n"
    os.write(2, (SHOW_CURSOR * sys.stderr.isatty() + words).encode())
    os._exit(STOPPED)
