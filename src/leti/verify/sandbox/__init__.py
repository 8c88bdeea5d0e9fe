"""Where programs run: one lane takes one job at a time and gives back evidence.

A level of isolation is one implementation of `Sandbox`. It says nothing about right and wrong: `outcome` does, from the
evidence alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from leti.verify.events import Event

__all__ = ["Ended", "Evidence", "How", "Job", "LaneLostError", "Sandbox"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One program and its tests, and what it may take."""

    program: str
    tests: tuple[str, ...]
    setup: str = ""
    timeout: float = 5.0
    """Seconds, not counting time spent waiting for a processor; five times that by the clock."""
    memory: int = 512 << 20
    """Bytes of address space above the interpreter's own."""
    file_size: int = 16 << 20
    output: int = 16 << 10
    """Bytes of what is printed that are kept; the rest is read and dropped."""


class How(StrEnum):
    """How the process of a program ended."""

    EXIT = "exit"
    SIGNAL = "signal"
    DEADLINE = "deadline"
    LIMIT = "limit"
    LOST = "lost"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """The end of a program's process."""

    how: How
    code: int = 0
    """EXIT: the exit status; SIGNAL and LIMIT: the signal's number."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What is known of one run."""

    events: tuple[Event, ...]
    """What the harness reported, in order. Only lines that carried the run's secret are here."""
    ended: Ended
    output: str = ""
    seconds: float = 0.0


class LaneLostError(Exception):
    """A lane died or fell silent: it is of no more use, and its job is owed.

    Args:
        reason: What happened.
        started: Whether the program had its turn. If not, the fault is ours.
    """

    def __init__(self, reason: str, *, started: bool = False) -> None:
        super().__init__(reason)
        self.started = started


class Sandbox(Protocol):
    """One lane: runs one job at a time."""

    level: str
    """What it isolates by, in one word."""

    def run(self, job: Job) -> Evidence:
        """Run a job; when this returns, nothing of the program is left running.

        Raises:
            LaneLostError: if the lane has to be replaced.
        """
        ...

    def stop(self) -> None:
        """End what runs, at once. The one call that another thread may make: `run` then raises LaneLostError."""
        ...

    def close(self) -> None:
        """End the lane and remove what it left."""
        ...
