"""Looks after one child of the template: its time, what it says and prints, its end."""

from __future__ import annotations

import os
import select
import signal
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from .kernel import handle_of

if TYPE_CHECKING:
    from collections.abc import Callable

FILE_SIZE = 16 << 20  # bytes of a file that a program writes, at most
TICK = 0.25  # seconds between looks at the clock at most
TELLING = 1.0  # seconds a program may take to listen to what it asked for
QUIET = 20  # milliseconds
LAST_WORDS = 0.2  # seconds a late program has for saying where it was
WAITING = b'{"waiting":1}\n'
NEXT = b'{"next":1}\n'
ENDED = b'{"ended":1}\n'


class CallerGoneError(Exception):
    """Nobody is waiting for an answer any more."""


class Child:
    """One process, forked already.

    Args:
        pid: of the process.
        ends: ours of the channel, and of the pipe for what it prints.
        shared: whether it runs many programs; it prints nothing then but a byte when a request is done.
        proc: a directory descriptor of a /proc that shows it, or None.
    """

    def __init__(self, pid: int, ends: tuple[int, int], *, shared: bool, proc: int | None) -> None:
        self.pid, self._shared, self._proc = pid, shared, proc
        self._channel, self._printed = ends
        os.set_blocking(self._channel, False)
        os.set_blocking(self._printed, False)
        self.status: int | None = None
        self._queue: int | None = None
        self._used = 0.0

    def begin(self, limits: dict[str, Any], *, again: bool) -> None:
        """Start the clock for a program, which may not be the first of this process."""
        self._limits = limits
        self._cpu = self._used = self.cpu() if again else 0.0
        self._start_clock(again=again)
        self.said = bytearray()
        self.output = bytearray()
        self.late = self.flooded = False

    def _start_clock(self, *, again: bool) -> None:
        self._began = time.monotonic()
        self._waited = self._in_queue() if again else 0.0

    def cpu(self) -> float:
        """Return the seconds of processor time it has had."""
        try:
            used: float = time.clock_gettime((~self.pid << 3) | 2)
        except OSError:
            return self._used
        return used

    def _in_queue(self) -> float:
        """Return the seconds it has waited for a processor. Only who runs for long is asked."""
        try:
            if self._queue is None:
                self._queue = os.open(f"{self.pid}/schedstat", os.O_RDONLY, dir_fd=self._proc) if self._proc else -1
            return int(os.pread(self._queue, 200, 0).split()[1]) / 1e9
        except (OSError, ValueError, IndexError):
            return 0.0

    def charged(self) -> float:
        """Return the seconds of this program: those of the clock less what it waited for a processor."""
        return time.monotonic() - self._began - (self._in_queue() - self._waited)

    def follow(self, control: int, command: Callable[[], bytes], *, quiet: bool = False) -> bool:
        """Wait until the program has ended or had its time (False), or waits for a request (True).

        Args:
            control: the caller's descriptor; `command` is called when it can be read.
            command: takes the caller's word, returns what the child is told.
            quiet: it will hardly wait for a request. Most programs end a few milliseconds after they began; not to wake
                up for each line they say saves a tenth of their cost.

        Raises:
            CallerGoneError: raised by `command`.
        """
        handle = handle_of(self.pid)
        poller = select.poll()
        poller.register(handle, select.POLLIN)
        try:
            if self._shared:
                poller.register(self._printed, select.POLLIN)
            if quiet and (ready := poller.poll(min(QUIET, self._limits["timeout"] * 1000))):
                return self._done(dict(ready), handle)
            for descriptor in (self._channel, self._printed, control):
                poller.register(descriptor, select.POLLIN)
            return self._follow(poller, handle, (control, command))
        finally:
            os.close(handle)

    def _done(self, ready: dict[int, int], handle: int) -> bool:
        if handle in ready:
            self._reap()
        else:
            self.drain()
            while not self.said.endswith(ENDED) and self._hear():
                pass
        return False

    def _follow(self, poller: select.poll, handle: int, caller: tuple[int, Callable[[], bytes]]) -> bool:
        while not self._too_late():
            ready = {descriptor for descriptor, _ in poller.poll(self._patience())}
            if handle in ready:
                self._reap()
                return False
            if self._channel in ready:
                if not self._hear():
                    poller.unregister(self._channel)
                if self.flooded or self.said.endswith((WAITING, ENDED)):
                    return self.said.endswith(WAITING)
            if self._printed in ready and not self.drain(once=True):
                poller.unregister(self._printed)
            if caller[0] in ready:
                self.tell(caller[1]())
        return False

    def _patience(self) -> float:
        left: float = self._limits["timeout"] - self.charged()
        return 1000 * min(max(left, 0.001), TICK)

    def _too_late(self) -> bool:
        timeout = self._limits["timeout"]
        self.late = self.charged() > timeout or time.monotonic() - self._began > 5 * timeout
        return self.late

    def _hear(self) -> bool:
        """Take what it has said; return False where that was nothing, or too much."""
        try:
            data = os.read(self._channel, 1 << 18)
        except OSError:
            return False
        self.said += data
        if self._shared and NEXT in data:
            self._start_clock(again=True)
        if len(self.said) > self._limits["answers"]:
            self.flooded = True
        return bool(data) and not self.flooded

    def tell(self, data: bytes) -> None:
        """Write to the child what it waits for; one that does not listen is not told all of it."""
        with suppress(OSError):  # it is gone: its end will be seen
            while data:
                try:
                    data = data[os.write(self._channel, data) :]
                except BlockingIOError:
                    if not select.select([], [self._channel], [], TELLING)[1]:
                        return

    def drain(self, *, once: bool = False) -> bool:
        """Take what was printed, keep the beginning; return False where the pipe has ended."""
        while True:
            try:
                data = os.read(self._printed, 1 << 16)
            except BlockingIOError:
                return True
            if not data:
                return False
            self.output += data[: max(0, self._limits["output"] - len(self.output))]
            if once:
                return True

    def _reap(self) -> None:
        self._used = self.cpu()
        _, self.status = os.waitpid(self.pid, 0)

    def used(self) -> float:
        """Return the seconds of processor time that the program has had."""
        return (self.cpu() if self.status is None else self._used) - self._cpu

    def ask_where(self) -> None:
        """Ask a late program where it is: the interpreter's fault handler writes it to the channel."""
        if self.status is not None:
            return
        with suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGUSR2)
        until = time.monotonic() + LAST_WORDS
        while not self.said.endswith(b"\n") or b"Current thread" not in self.said:
            left = until - time.monotonic()
            if left <= 0 or not select.select([self._channel], [], [], left)[0] or not self._hear():
                return

    def end(self) -> None:
        """Kill it if it lives, reap it, take the rest of what it said and printed."""
        if self.status is None:
            with suppress(ProcessLookupError):
                os.kill(self.pid, signal.SIGKILL)
            self._reap()
        while not self.flooded and self._hear():
            pass
        self.drain()

    def seconds(self) -> float:
        """Return the seconds by the clock since the program began."""
        return time.monotonic() - self._began

    def close(self) -> None:
        """Close our ends."""
        if self._queue is not None and self._queue >= 0:
            os.close(self._queue)
        for end in (self._channel, self._printed):
            os.close(end)
