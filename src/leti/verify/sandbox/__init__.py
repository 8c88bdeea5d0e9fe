"""Where programs run, and where their tests run: cells, each a process that hears and answers frames.

A level of isolation is one implementation of `Sandbox`. It starts cells and says what it keeps programs from; it knows
nothing of programs, tests or verdicts.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Protocol

__all__ = ["Cell", "Cover", "Role", "Sandbox"]


class Role(StrEnum):
    """What a cell is for."""

    PROGRAM = "program"
    """Programs that each have a process."""
    SHARED = "shared"
    """Programs that share one: in a cell of their own, out of reach of the others."""
    JUDGE = "judge"
    """Tests."""


class Cover(StrEnum):
    """What a level keeps programs from. A level claims only what it holds against a hostile program."""

    NETWORK = "network"
    """No connection to anything, this machine included."""
    FILES = "files"
    """Of this machine's files only the interpreter and the system's libraries can be read, and none can be changed."""
    METADATA = "metadata"
    """Of a file outside, it cannot even be seen whether it is there."""
    DISK = "disk"
    """What is written is bounded, in bytes and in files."""
    PROCESSES = "processes"
    """No other process is started; none can be seen, waited for or traced."""
    SIGNALS = "signals"
    """No signal to a process outside."""
    LEFTOVERS = "leftovers"
    """Nothing of a program is left running, whatever it did."""
    MEMORY = "memory"
    """No memory beyond the limit, by whatever way it is taken."""
    IPC = "ipc"
    """No memory, queue or socket shared with processes outside."""
    DEVICES = "devices"
    """No device that keeps or reaches anything."""
    PRIVILEGES = "privileges"
    """No capability, none to be had, and no other program file to start."""
    KERNEL = "kernel"
    """Only a list of system calls is allowed."""


class Cell(Protocol):
    """One process, or what holds one: started, spoken to through two descriptors, ended."""

    reader: int
    """Descriptor that its frames are read from."""
    writer: int
    """Descriptor that frames for it are written to. Both stay ours until `close`."""

    def stop(self) -> None:
        """Kill it, at once, with everything in it. Any thread may call this, any number of times."""
        ...

    def close(self) -> None:
        """Stop it, wait for its end, and remove what it left."""
        ...

    def last_words(self) -> str:
        """Return the end of what it wrote to its log: why it did not start, for one."""
        ...


class Sandbox(Protocol):
    """Starts cells of one level of isolation."""

    @property
    def level(self) -> str:
        """What it isolates by, in one word."""
        ...

    @property
    def covers(self) -> frozenset[Cover]:
        """What it keeps programs from."""
        ...

    def start(self, role: Role) -> Cell:
        """Start a cell; it may still have to get ready when this returns.

        Raises:
            SandboxError: it cannot be started.
        """
        ...
