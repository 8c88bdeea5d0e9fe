"""Starts a program afresh, again and again."""

from __future__ import annotations

import platform
import subprocess
import sys
import time

from contest import NotThereError, Turn


class Fresh:
    """A new Python for every turn."""

    def __init__(self, _: None) -> None:
        self.about = f"Python {platform.python_version()}, a process each"

    def turn(self, request: tuple[str, ...]) -> Turn:
        """From its start to its end."""
        began = time.perf_counter()
        done = subprocess.run([sys.executable, *request], capture_output=True, text=True, check=False)
        seconds = time.perf_counter() - began
        if done.returncode:
            raise NotThereError(done.stderr.strip().rpartition("\n")[2])
        return Turn(seconds=seconds)
