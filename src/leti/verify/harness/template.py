"""The warm process of a lane: it forks one child per program, keeps time, and clears up after it.

Requests come over the control socket: a length, JSON, and with them the descriptor of the program's channel. The answer
says how the child ended and what it printed. Nothing here reads what the program says about its tests.
"""

from __future__ import annotations

import contextlib
import gc
import itertools
import json
import mmap
import os
import select
import shutil
import signal
import socket
import sys
import time
from typing import Any

from . import conversation, records, rewrite, values
from .child import CHANNEL, PR_SET_CHILD_SUBREAPER, PR_SET_DUMPABLE, control, enter

PRELOADED = (  # what programs import most
    *("array", "bisect", "calendar", "cmath", "copy", "dataclasses", "datetime", "decimal", "enum", "fractions"),
    *("functools", "hashlib", "heapq", "inspect", "itertools", "json", "math", "numbers", "operator", "queue"),
    *("random", "re", "statistics", "string", "textwrap", "threading", "time", "traceback", "typing"),
    "unicodedata",
)
TICK = 0.25  # seconds between looks at the clock at most
GRACE = 5.0  # seconds to get rid of what a program left running


class CallerGoneError(Exception):
    """Nobody is waiting for an answer any more."""


def main() -> None:
    """Serve requests until the control socket closes. Arguments: its descriptor, and the lane's directory."""
    connection = socket.socket(fileno=int(sys.argv[2]))
    lane = sys.argv[3]
    control(PR_SET_CHILD_SUBREAPER, 1)
    control(PR_SET_DUMPABLE, 0)
    _prepare()
    memory = _address_space()
    started = mmap.mmap(-1, 1)  # shared with the child: whether the program had its turn
    with contextlib.suppress(CallerGoneError, ConnectionError):
        connection.sendall(_framed({"ready": sys.version_info[:3]}))
        _requests(connection, lane, memory, started)
    _alone()
    shutil.rmtree(lane, ignore_errors=True)
    os._exit(0)


def _requests(connection: socket.socket, lane: str, memory: int, started: mmap.mmap) -> None:
    for number in itertools.count():
        request, channel = _next(connection)
        scratch = f"{lane}/{number}"
        os.mkdir(scratch, 0o700)  # noqa: PTH102 - pathlib is not loaded
        request["limits"]["base"] = memory
        started[0] = 0
        answer = _serve(request, channel, scratch, (connection, started))
        answer["started"] = bool(started[0])
        answer["cleared"] = _removed(scratch)
        connection.sendall(_framed(answer))


def _prepare() -> None:
    """Load what programs use and do everything once, so that children find it warm."""
    for name in PRELOADED:
        __import__(name)
    import builtins

    for gone in ("exit", "quit", "help"):
        setattr(builtins, gone, None)  # as the official executor leaves them
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
    test = rewrite.Prepared("def f(a):\n    return [a]\nassert f([1, 'a']) == {2}, 'x'", 1)
    _, error = conversation.attempt(exec, test.code, {})
    records.places(error or ValueError(), records.own_codes(test.code, {}), file=rewrite.FILE)
    test.judge.shown()
    values.render({1: {2}, "a": (1.5, None)})
    sys.path[:] = [entry for entry in sys.path if entry != sys.argv[1]]
    sys.argv[:] = [""]
    for name in [name for name in sys.modules if name.partition(".")[0] == __name__.partition(".")[0]]:
        del sys.modules[name]
    gc.collect()
    gc.freeze()


def _framed(message: dict[str, Any]) -> bytes:
    data = json.dumps(message).encode()
    return len(data).to_bytes(8, "big") + data


def _next(connection: socket.socket) -> tuple[dict[str, Any], int]:
    head, descriptors, _, _ = socket.recv_fds(connection, 8, 1)
    if not head or not descriptors:
        raise CallerGoneError
    size = int.from_bytes(head, "big")
    data = bytearray()
    while len(data) < size:
        part = connection.recv(min(size - len(data), 1 << 20))
        if not part:
            raise CallerGoneError
        data += part
    return json.loads(data), descriptors[0]


def _serve(
    request: dict[str, Any], channel: int, scratch: str, shared: tuple[socket.socket, mmap.mmap]
) -> dict[str, Any]:
    """Run one program in a child; return how it ended, when child and descendants are gone."""
    connection, started = shared
    reader, writer = os.pipe()
    template = os.getpid()
    child = os.fork()
    if child == 0:
        connection.detach()
        enter(request["limits"], channel=channel, output=writer, template=template, scratch=scratch)
        started[0] = 1
        started.close()
        conversation.converse(request["program"], CHANNEL, secret=request["secret"], scratch=scratch)
    os.close(channel)
    os.close(writer)
    os.set_blocking(reader, False)
    with open(f"{os.path.dirname(scratch)}/pid", "w") as file:  # noqa: PTH120, PTH123 - pathlib is not loaded
        file.write(str(child))
    watch = _Watch(child, reader, request["limits"])
    late = watch.until_end(connection)
    cleared = _alone()
    watch.drain()
    os.close(reader)
    return {
        "late": late,
        "status": watch.status,
        "seconds": watch.seconds,
        "output": watch.output.decode("utf-8", "backslashreplace"),
        "alone": cleared,
    }


def _address_space() -> int:
    with open("/proc/self/statm") as file:  # noqa: PTH123
        return int(file.read().split()[0]) * os.sysconf("SC_PAGESIZE")


class _Watch:
    """Looks after one child: its time, its output, its end."""

    def __init__(self, child: int, reader: int, limits: dict[str, Any]) -> None:
        self.child, self.reader, self.limits = child, reader, limits
        self.began = time.monotonic()
        self.output = bytearray()
        self.status = 0
        self.seconds = 0.0
        try:
            self.queue = os.open(f"/proc/{child}/schedstat", os.O_RDONLY)
        except OSError:
            self.queue = -1

    def charged(self) -> float:
        """Seconds the child has had: wall-clock time less what it waited for a processor."""
        waited = 0.0
        if self.queue >= 0:
            with contextlib.suppress(OSError, ValueError, IndexError):
                waited = int(os.pread(self.queue, 200, 0).split()[1]) / 1e9
        return time.monotonic() - self.began - waited

    def until_end(self, connection: socket.socket) -> bool:
        """Wait for the child's end, at most as long as it may take; return whether it had to be killed."""
        handle = os.pidfd_open(self.child)
        poller = select.poll()
        for descriptor in (handle, self.reader, connection.fileno()):
            poller.register(descriptor, select.POLLIN)
        late = ended = False
        while not ended:
            left = self.limits["timeout"] - self.charged()
            late = left <= 0 or time.monotonic() - self.began > 5 * self.limits["timeout"]
            if late:
                break
            ready = {descriptor for descriptor, _ in poller.poll(1000 * min(max(left, 0.001), TICK))}
            ended = handle in ready
            if self.reader in ready and not self.drain(once=True):
                poller.unregister(self.reader)
            if connection.fileno() in ready:
                raise CallerGoneError
        self.seconds = time.monotonic() - self.began
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.child, signal.SIGKILL)
        os.kill(self.child, signal.SIGKILL)
        _, self.status = os.waitpid(self.child, 0)
        os.close(handle)
        if self.queue >= 0:
            os.close(self.queue)
        return late

    def drain(self, *, once: bool = False) -> bool:
        """Take what was printed, keep the beginning; return False where the pipe has ended."""
        while True:
            try:
                data = os.read(self.reader, 1 << 16)
            except BlockingIOError:
                return True
            if not data:
                return False
            self.output += data[: max(0, self.limits["output"] - len(self.output))]
            if once:
                return True


def _alone() -> bool:
    """Kill and reap whatever the program left; return whether all of it is gone."""
    until = time.monotonic() + GRACE
    while time.monotonic() < until:
        try:
            pid, _ = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return True
        if pid == 0:
            for descendant in _children():
                with contextlib.suppress(ProcessLookupError):
                    os.kill(descendant, signal.SIGKILL)
            time.sleep(0.001)
    return False


def _children() -> list[int]:
    """Return the processes whose parent is this one; orphans of the program are among them (subreaper)."""
    mine = str(os.getpid()).encode()
    found = []
    for name in os.listdir("/proc"):  # noqa: PTH208 - pathlib is not loaded
        if name.isdigit():
            with contextlib.suppress(OSError), open(f"/proc/{name}/stat", "rb") as file:  # noqa: PTH123
                if file.read().rpartition(b")")[2].split()[1] == mine:
                    found.append(int(name))
    return found


def _removed(scratch: str) -> bool:
    """Remove the scratch directory, without following links; return whether it is gone."""
    try:
        os.rmdir(scratch)  # noqa: PTH106
    except OSError:
        with contextlib.suppress(OSError, RecursionError):
            os.chmod(scratch, 0o700)  # noqa: PTH101
            shutil.rmtree(scratch, onerror=_opened)
    return not os.path.lexists(scratch)


def _opened(function: Any, path: str, _: object) -> None:
    """Try again after giving ourselves the rights a program took away."""
    if not os.path.islink(path):  # noqa: PTH114
        with contextlib.suppress(OSError):
            os.chmod(os.path.dirname(path), 0o700)  # noqa: PTH101, PTH120
            os.chmod(path, 0o700)  # noqa: PTH101
            if os.path.isdir(path):  # noqa: PTH112
                shutil.rmtree(path, ignore_errors=True)
            else:
                function(path)
