"""A directory of a cell's own, for levels where programs write to the file system of the machine."""

from __future__ import annotations

import contextlib
import fcntl
import os
import tempfile
from pathlib import Path

from leti.errors import SandboxError
from leti.verify.harness.clearing import clear

_PREFIX = "leti-cell-"


class Scratch:
    """A new directory, removed by `remove`; what a killed caller could not remove is removed by the next one.

    Raises:
        SandboxError: there is no place for one.
    """

    def __init__(self) -> None:
        _sweep()
        try:
            self.directory, self._lock = _locked()
        except OSError as error:
            raise SandboxError(
                f"No directory for programs to write in can be made ({error}). Type: df -h /tmp"
            ) from error
        self.inside = self.directory / "scratch"
        """Where programs write; what is above is out of their reach."""
        self.inside.mkdir(mode=0o700)
        if os.geteuid() == 0:
            self.directory.chmod(0o711)  # whom root becomes has to get to the scratch

    def remove(self) -> None:
        """Remove it with all that is in it."""
        if self._lock >= 0:
            _remove(self.directory)
            os.close(self._lock)
            self._lock = -1


def _locked() -> tuple[Path, int]:
    """Return a new directory and a descriptor that says that it is in use."""
    while True:
        directory = Path(tempfile.mkdtemp(prefix=_PREFIX))
        with contextlib.suppress(FileNotFoundError):  # somebody swept it in between: another one then
            lock = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
            fcntl.flock(lock, fcntl.LOCK_EX)
            if directory.exists():
                return directory, lock
            os.close(lock)


def _sweep() -> None:
    """Remove directories of ours that nobody uses any more."""
    for directory in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*"):
        try:
            lock = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
        except OSError:
            continue
        with contextlib.suppress(BlockingIOError):
            if os.fstat(lock).st_uid == os.geteuid():
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                _remove(directory)
        os.close(lock)


def _remove(directory: Path) -> None:
    """Remove a directory of ours, whatever a program has made of what lies in it."""
    with contextlib.suppress(OSError):  # something still writes in it: the next one tries again
        clear(str(directory))
        directory.rmdir()
