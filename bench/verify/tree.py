"""CPU time of a whole tree of processes."""

from __future__ import annotations

import ctypes
import os
import time
from pathlib import Path

PR_SET_CHILD_SUBREAPER = 36
CPUCLOCK_SCHED = 2  # the low bits of the number of a process's CPU clock: see clock_getcpuclockid(3)
TICKS = os.sysconf("SC_CLK_TCK")


def adopt() -> None:
    """Become the parent of orphans below this process, so that none leaves the tree with its time."""
    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def reap(known: set[int]) -> None:
    """Let dead orphans go, once their time has been counted."""
    for child, (parent, _) in _processes().items():
        if parent == os.getpid() and child not in known:
            os.waitpid(child, os.WNOHANG)


def cpu_seconds() -> float:
    """User and system time of all processes below this one (not its own), and of all that they waited for.

    What a process has waited for is known to a tick (mostly 10 ms), twice: a turn has to be long beside that.
    """
    processes = _processes()
    below = {os.getpid()}
    grows = True
    while grows:
        more = {child for child, (parent, _) in processes.items() if parent in below} - below
        below |= more
        grows = bool(more)
    return sum(_seconds(child, processes[child][1]) for child in below - {os.getpid()})


def _seconds(process: int, ticks: list[int]) -> float:
    """Its own time, by its clock if it has one (a zombie has none), and what it waited for."""
    own, waited = sum(ticks[:2]), sum(ticks[2:])
    try:
        exact = time.clock_gettime((~process << 3) | CPUCLOCK_SCHED)
    except OSError:
        exact = own / TICKS
    return exact + waited / TICKS


def _processes() -> dict[int, tuple[int, list[int]]]:
    """Process -> (parent, [utime, stime, cutime, cstime] in ticks), from `/proc/<pid>/stat`."""
    found = {}
    for path in Path("/proc").iterdir():
        if path.name.isdigit():
            try:
                fields = (path / "stat").read_text(errors="replace").rpartition(")")[2].split()
            except OSError:  # it has just ended
                continue
            found[int(path.name)] = int(fields[1]), [int(ticks) for ticks in fields[11:15]]
    return found
