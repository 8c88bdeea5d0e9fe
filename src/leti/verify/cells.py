"""The processes of a lane, and how they are spoken to."""

from __future__ import annotations

import sys
import time
from typing import Any

from leti.errors import SandboxError
from leti.verify.harness.frames import ClosedError, Frames, SilentError
from leti.verify.sandbox import Cell, Role, Sandbox

START_SECONDS = 60.0


class LaneLostError(Exception):
    """A cell died or fell silent: the lane is of no more use, and its job is owed.

    Args:
        reason: What happened.
        started: Whether the program had its turn. If not, the fault is ours.
    """

    def __init__(self, reason: str, *, started: bool = False) -> None:
        super().__init__(reason)
        self.started = started


class Cells:
    """Processes by their role; one is started when it is first needed.

    Args:
        sandbox: starts them.
    """

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox
        self._cells: dict[Role, Cell] = {}
        self._frames: dict[Role, Frames] = {}

    def start(self, role: Role) -> None:
        """Start a cell, if it does not run.

        Raises:
            SandboxError: if it does not start.
        """
        if role in self._cells:
            return
        cell = self._cells[role] = self._sandbox.start(role)
        frames = self._frames[role] = Frames(cell.reader, cell.writer)
        try:
            frames.read(time.monotonic() + START_SECONDS)
        except (ClosedError, SilentError) as error:
            words = cell.last_words() or str(error) or "it said nothing"
            raise SandboxError(
                f"The sandbox `{self._sandbox.level}` did not start: {words}. "
                f"Type: {sys.executable} -c 'print(1)'  to see whether this Python runs alone, and `leti check` "
                "to see which isolation works here."
            ) from error

    def all(self) -> list[Cell]:
        """Return those that run, in the order in which they were started."""
        return list(self._cells.values())

    def replace(self, role: Role) -> None:
        """End a cell, whatever it does, and start another."""
        self._cells.pop(role).close()
        self.start(role)

    def stop(self) -> None:
        """End what runs, at once. The one call that another thread may make."""
        for cell in self.all():
            cell.stop()

    def close(self) -> None:
        """End them all."""
        for cell in self.all():
            cell.close()

    def tell(self, role: Role, header: dict[str, Any], *, blob: bytes = b"") -> None:
        """Send a frame to a cell.

        Raises:
            LaneLostError: if it is gone.
        """
        try:
            self._frames[role].write(header, blob)
        except ClosedError as error:
            raise LaneLostError(str(error)) from error

    def hear(self, role: Role, seconds: float, *, started: bool = False) -> tuple[dict[str, Any], bytes]:
        """Take a frame from a cell.

        Args:
            role: the cell's.
            seconds: that it may take.
            started: whether a program has its turn: then the fault may be its own.

        Raises:
            LaneLostError: if there is none.
        """
        try:
            return self.heard(role, seconds)
        except SilentError:
            raise LaneLostError(f"the cell {role} is silent", started=started) from None
        except ClosedError as error:
            raise LaneLostError(f"the cell {role}: {error}", started=started) from None

    def heard(self, role: Role, seconds: float) -> tuple[dict[str, Any], bytes]:
        """Take a frame from a cell, as `Frames.read` does."""
        return self._frames[role].read(time.monotonic() + seconds)
