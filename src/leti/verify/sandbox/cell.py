"""A cell made of a process of ours."""

from __future__ import annotations

import compileall
import contextlib
import json
import os
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from leti.errors import SandboxError
from leti.verify.sandbox.scratch import Scratch

BOOT = "import sys; sys.path.insert(0, sys.argv[1]); from harness.boot import main; main()"
FLAGS = ("-s", "-P", "-S", "-B", "-X", "utf8", "-W", "ignore::SyntaxWarning")  # not -I: it would ignore PYTHONHASHSEED
HARNESS = Path(__file__).resolve().parents[1]
"""The directory that holds the package `harness`."""
ENVIRONMENT = {
    "PYTHONHASHSEED": "0",
    "PYTHONDONTWRITEBYTECODE": "1",
    "LANG": "C.UTF-8",
    "LC_ALL": "C.UTF-8",
    "TZ": "UTC",
    "PATH": "/usr/local/bin:/usr/bin:/bin",
    "LD_BIND_NOW": "1",  # or each child would find the C library's functions anew: a fifteenth of the pages it touches
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
}
LAST_WORDS = 500
SCRATCH_BYTES, SCRATCH_INODES = 32 << 20, 1024
ROUNDS = 200  # of looking for what a stopped cell left running, a millisecond each


def environment() -> dict[str, str]:
    """Return the environment of a cell's process: ours, and where the interpreter says it finds its library."""
    found = os.environ.get("LD_LIBRARY_PATH")
    return ENVIRONMENT | ({"LD_LIBRARY_PATH": found} if found else {})


def start_line(python: str, harness: str, *, options: Mapping[str, Any]) -> list[str]:
    """Return the words that start a cell's process."""
    bounds = {"scratch_bytes": SCRATCH_BYTES, "scratch_inodes": SCRATCH_INODES}
    return [python, *FLAGS, "-c", BOOT, harness, json.dumps(bounds | dict(options))]


class StartedCell:
    """A process that reads frames on its standard input and writes frames on its standard output.

    Args:
        words: what is started.
        scratch: removed when the cell is closed.
        below: kill its descendants one by one too: for levels where the kernel does not do so by itself.
        also: what else has to be done to stop it.

    Raises:
        SandboxError: it cannot be started.
    """

    def __init__(
        self,
        words: Sequence[str],
        *,
        scratch: Scratch | None = None,
        below: bool = False,
        also: Callable[[], None] | None = None,
    ) -> None:
        self._scratch, self._below, self._also = scratch, below, also
        self._lock = threading.Lock()
        self._words = ""
        # Compiled in each cell, the harness leaves a megabyte behind that every fork pays for. So it does where nothing
        # can be written here; from inside nothing is.
        compileall.compile_dir(HARNESS / "harness", maxlevels=0, quiet=2)
        try:
            self._log = tempfile.TemporaryFile()  # noqa: SIM115 - ours until `close`; no path leads to it
            pipe = subprocess.PIPE
            streams: dict[str, Any] = {"stdin": pipe, "stdout": pipe, "stderr": self._log, "bufsize": 0}
            self._process = subprocess.Popen(words, **streams, start_new_session=True, env=environment(), cwd="/")
        except OSError as error:
            if scratch is not None:
                scratch.remove()
            raise SandboxError(
                f"The sandbox's process could not be started ({error}). Type: {words[0]} --version"
            ) from error
        assert self._process.stdout is not None
        assert self._process.stdin is not None
        self.reader = self._process.stdout.fileno()
        self.writer = self._process.stdin.fileno()

    def stop(self) -> None:
        """Kill it: see `Cell.stop`."""
        with self._lock:  # or its number might be another process's by now
            if self._process.returncode is not None:
                return
            if self._below:
                kill_below(self._process.pid)
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, signal.SIGKILL)
        if self._also is not None:
            self._also()

    def close(self) -> None:
        """End it: see `Cell.close`."""
        self.stop()
        with contextlib.suppress(OSError):  # what was still to be written
            self._process.stdin.close()  # type: ignore[union-attr]
        self._process.stdout.close()  # type: ignore[union-attr]
        with self._lock:
            self._process.wait()
            self._words = self.last_words()
            self._log.close()
        if self._scratch is not None:
            self._scratch.remove()

    def wait(self, seconds: float) -> int | None:
        """Return its exit status once it has ended, or None where that takes longer."""
        try:
            return self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            return None

    def last_words(self) -> str:
        """Return the end of its log: see `Cell.last_words`."""
        if self._log.closed:
            return self._words
        log = self._log.fileno()  # its offset is shared with who writes: read beside it
        size = os.fstat(log).st_size
        return os.pread(log, LAST_WORDS, max(0, size - LAST_WORDS)).decode(errors="replace").strip()


def kill_below(pid: int) -> None:
    """Kill all descendants of a process, which is stopped and dies with them: so it gets no new ones.

    The process is a subreaper: those whose parents die become its own children, and are found the next time.
    """
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.kill(pid, signal.SIGSTOP)
    for _ in range(ROUNDS):
        found = _descendants(pid)
        if not found:
            return
        for one in found:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(one, signal.SIGKILL)
        time.sleep(0.001)


def _descendants(pid: int) -> list[int]:
    """Return the processes below one that have not ended."""
    found, left = [], [pid]
    while left:
        parent = left.pop()
        for task in _listed(Path(f"/proc/{parent}/task")):
            with contextlib.suppress(OSError):
                left += map(int, Path(task, "children").read_text().split())
        if parent != pid and _runs(parent):
            found.append(parent)
    return found


def _listed(directory: Path) -> list[Path]:
    try:
        return list(directory.iterdir())
    except OSError:
        return []


def _runs(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()[0] != b"Z"
    except OSError:
        return False
