"""Level `bubblewrap`: the cell's walls are made by the program bwrap, for those who trust it more than us.

It also helps where only programs that the system knows may make user namespaces (Ubuntu since 23.10 has a profile for
bwrap). The filter on system calls is ours.
"""

from __future__ import annotations

import os
import shutil
import sys
import sysconfig
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from leti.errors import SandboxError
from leti.verify.harness.view import DEVICES, SCRATCH, covering, system
from leti.verify.sandbox import Cover, Role
from leti.verify.sandbox.builtin import installed
from leti.verify.sandbox.cell import (
    HARNESS,
    SCRATCH_BYTES,
    StartedCell,
    environment,
    start_line,
)

_NOBODY = "65534"
_LIBRARY_CACHE = "/etc/ld.so.cache"  # where the libraries are that the interpreter starts with


@dataclass(frozen=True, slots=True, kw_only=True)
class Bubblewrap:
    """Starts cells inside bwrap."""

    packages: tuple[str, ...] = ()
    """Modules that programs find loaded; where there are any, the packages installed here can be imported."""
    level: str = "bubblewrap"
    covers: frozenset[Cover] = frozenset(Cover) - {Cover.DISK, Cover.MEMORY}
    """Without the two: bwrap bounds the bytes of the scratch, not the number of files, and each takes memory."""

    def start(self, role: Role) -> StartedCell:
        """Start a cell: see `Sandbox.start`."""
        return self.started(role.value)

    def started(self, role: str) -> StartedCell:
        """Start a cell in any role, of which `none` ends at once, with status 0 if it can be jailed.

        Raises:
            SandboxError: it cannot be started.
        """
        program = shutil.which("bwrap")
        if program is None:
            raise SandboxError("The program bwrap is not there. Type: apt install bubblewrap  (or dnf, pacman, ...)")
        words = [program, *self.walls(), "--", *self.inside(role)]
        return StartedCell(words, below=True)

    def inside(self, role: str) -> list[str]:
        """Return the words that start the interpreter inside."""
        options: dict[str, Any] = {
            "role": role, "jail": "none", "seccomp": True,
            "scratch": SCRATCH,
            "drop": True,  # bwrap started by root leaves us root, whom no bound on processes binds
            "tied": True,
        }  # fmt: skip
        if self.packages:
            options |= {"packages": list(self.packages), "site": installed()}
        return start_line(os.path.realpath(sys.executable), str(HARNESS), options=options)

    def walls(self) -> list[str]:
        """Return the options of bwrap.

        Not among them is `--die-with-parent`: bwrap would die with the *thread* that started it. The interpreter inside
        ties itself to bwrap instead, and ends when its standard input does.
        """
        own = ["--unshare-ipc", "--unshare-pid", "--unshare-net", "--unshare-uts", "--unshare-cgroup-try"]
        rights = ["--cap-drop", "ALL"]
        if os.geteuid() == 0:  # it needs no user namespace then, in which nobody but root would be known
            kept = ("CAP_SETUID", "CAP_SETGID", "CAP_SETPCAP")  # what it takes to give up all the rest
            rights += [word for name in kept for word in ("--cap-add", name)]
        else:
            own += ["--unshare-user", "--uid", _NOBODY, "--gid", _NOBODY]
        words = [*own, *rights, "--new-session", "--as-pid-1", "--hostname", "leti", "--clearenv"]
        words += [word for pair in environment().items() for word in ("--setenv", *pair)]
        paths = self.readable()
        above = sorted({str(parent) for path in (*paths, *DEVICES) for parent in Path(path).parents} - {"/"})
        words += [word for path in above for word in ("--dir", path)]  # or only root gets through them
        words += [word for path in paths for word in ("--ro-bind", path, path)]
        words += ["--ro-bind-try", _LIBRARY_CACHE, _LIBRARY_CACHE]
        words += [word for path in DEVICES for word in ("--dev-bind", path, path)]
        words += ["--perms", "1777", "--size", str(SCRATCH_BYTES), "--tmpfs", SCRATCH]
        return [*words, "--chdir", SCRATCH, "--remount-ro", "/"]

    def readable(self) -> list[str]:
        """Return what the interpreter inside can read."""
        ours = {os.path.realpath(sys.executable), sysconfig.get_path("stdlib"), str(HARNESS / "harness")}
        return covering({*system(), *ours, *(installed() if self.packages else ())})
