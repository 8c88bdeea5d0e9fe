"""The warm process of a cell that programs run in: it forks a child per program and clears up after it.

A request is a frame: the program, the calls to make, the limits. The answer says how the child ended, what it printed,
and hands on what it said, unread. Nothing here knows a test.

A program known to be benign may share a process with others (`shared`): the worker, a child that stays.
"""

from __future__ import annotations

import os
import resource
import signal
import sys
import time
from contextlib import suppress
from typing import Any

from . import benign, conversation, seccomp
from .child import CHANNEL, PR_SET_CHILD_SUBREAPER, Bounds, bounds_of, control, enter, fork, limit_all, pair
from .clearing import clear
from .frames import ClosedError, Frames
from .warming import prepare
from .watch import ENDED, CallerGoneError, Child

PLACES = (1, 2, CHANNEL)  # descriptors of a child besides standard input
ENOUGH = 4 << 20  # bytes that programs have said, after which the others of a request wait for the next one
SHARED = 2000  # programs a worker runs before it is replaced
GRACE = 5.0  # seconds to get rid of what a program left running


def main(scratch: str, *, first: bool, proc: int | None, shared: bool) -> None:
    """Serve requests from standard input until it closes.

    Args:
        scratch: the directory programs run in.
        first: whether this is the first process of a process namespace: what it kills is all there is.
        proc: a directory descriptor of this namespace's /proc, or None.
        shared: whether programs share a process here.
    """
    control(PR_SET_CHILD_SUBREAPER, 1)
    os.chdir(scratch)
    frames = Frames(_high(0, 60), _high(1, 61))
    proc = _high(proc, 62) if proc is not None else None
    nothing, log = _high(os.open(os.devnull, os.O_RDWR), 63), _high(2, 64)
    for place in (0, *PLACES):
        os.dup2(nothing, place)
    try:
        limit_all()
        known = benign.rules() if shared else None
        prepare()
        template = Template(frames, scratch, first=first, proc=proc, known=known)
        with suppress(CallerGoneError, ClosedError):
            frames.write({"ready": list(sys.version_info[:3])})
            while True:
                header, code = frames.read()
                if "programs" in header:  # or it was meant for a program that has ended meanwhile
                    frames.write(*template.serve(header, code))
        template.end_worker()
        _alone(first=first)
        os._exit(0)
    finally:
        os.dup2(log, 2)  # what goes wrong here is ours, and is said in the log


class Template:
    """Runs one request at a time.

    Args:
        frames: requests come from there.
        scratch: the directory programs run in.
        first: see `main`.
        proc: see `main`.
        known: where programs share a process: what is looked for in their bytecode. None: each has its own.
    """

    def __init__(
        self, frames: Frames, scratch: str, *, first: bool, proc: int | None, known: benign.Rules | None
    ) -> None:
        self._frames, self._scratch, self._known = frames, scratch, known
        self._first, self._proc = first, proc
        self._parent = 0 if first else os.getpid()
        self._owed = seccomp.is_owed()
        self._memory = _address_space(proc)
        self._worker: Child | None = None
        self._child: Child | None = None
        self._told = False
        self._shared = 0

    def serve(self, request: dict[str, Any], codes: bytes) -> tuple[dict[str, Any], bytes]:
        """Run programs; return how they ended and what they said. Nothing of them is left running then.

        Args:
            request: `programs`, each with what to ask of it and its limits. One alone may be `asked` for more. Where
                they share a process: how many there are, and the `limits` of all.
            codes: the programs, compiled, one after the other; a request says how long its own is. Where they share a
                process: a line of JSON for it, which need not be read here.
        """
        if self._known is not None:
            return self._together(request, codes, self._known)
        ended: list[dict[str, Any]] = []
        said = b""
        for one in request["programs"]:
            code, codes = codes[: one["code"]], codes[one["code"] :]
            header, part = self._apart(one, code)
            ended.append(header | {"said": len(part)})
            said += part
            if header["late"] or len(said) > ENOUGH or not (header["alone"] and header["cleared"]):
                break  # whoever asks has waited long enough, or has to replace this cell
        return {"ended": ended}, said

    def _together(self, request: dict[str, Any], line: bytes, known: benign.Rules) -> tuple[dict[str, Any], bytes]:
        """Run programs in one process."""
        limits = request["limits"] | {"base": self._memory}
        child = self._child = self._worker_for(request["programs"], limits, known)
        child.begin(limits, again=True)
        child.tell(line)
        child.follow(self._frames.reader, self._command, quiet=True)
        return {"ended": [self._ended(child, shared=True)]}, bytes(child.said)

    def _apart(self, request: dict[str, Any], code: bytes) -> tuple[dict[str, Any], bytes]:
        """Run one program in its own process."""
        limits = request["limits"] | {"base": self._memory}
        child = self._child = self._started(request, limits, code)
        child.begin(limits, again=False)
        waiting = child.follow(self._frames.reader, self._command, quiet=not request["asked"])
        self._told = request["asked"]
        while waiting and self._told:  # who says that it waits, though it was told nothing, makes it up, and is ended
            self._frames.write({"waiting": True}, bytes(child.said))
            child.said.clear()
            self._told = False
            waiting = child.follow(self._frames.reader, self._command)
        return self._ended(child, shared=False) | {"waits": waiting}, bytes(child.said)

    def _command(self) -> bytes:
        try:
            header, line = self._frames.read()
        except ClosedError as error:
            if self._child is not None:
                self._child.end()
            raise CallerGoneError from error
        self._told = "over" not in header
        return line

    def _ended(self, child: Child, *, shared: bool) -> dict[str, Any]:
        seconds, late = child.seconds(), child.late
        if late and not shared:  # a shared one is asked again by itself: its answer would stand amid what it says
            child.ask_where()
        stays = shared and not late and child.said.endswith(ENDED) and not child.flooded
        used = child.used()
        if stays:
            child.drain()
        else:
            child.end()
            used = max(used, child.used())
            child.close()
            self._worker = None
        alone = stays or _alone(first=self._first)
        return {
            "late": late,
            "flooded": child.flooded,
            "status": child.status,
            "seconds": seconds,
            "cpu": used,
            "output": child.output.decode("utf-8", "backslashreplace"),
            "alone": alone,
            "cleared": _cleared(self._scratch),
        }

    def _worker_for(self, programs: int, limits: dict[str, Any], known: benign.Rules) -> Child:
        self._shared += programs
        if self._worker is not None and self._shared > SHARED:
            self.end_worker()
        if self._worker is None:
            self._shared = programs
            # the clock of a worker is the template's alone: limits on processor time would add up
            bounds = bounds_of(limits | {"timeout": 1e6})
            self._worker = self._forked(bounds, shared=True)
            if self._worker is None:
                benign.work(known)
        return self._worker

    def end_worker(self) -> None:
        """End the process that benign programs share, if there is one."""
        if self._worker is not None:
            self._worker.begin({"timeout": 0.0, "output": 0, "answers": 0}, again=True)
            self._worker.end()
            self._worker.close()
            self._worker = None

    def _started(self, request: dict[str, Any], limits: dict[str, Any], code: bytes) -> Child:
        """Start a program in a child."""
        bounds = bounds_of(limits)
        world = conversation.World(request, memory=dict(bounds)[resource.RLIMIT_AS][1])
        child = self._forked(bounds, stdin=request["stdin"])
        if child is not None:
            return child
        world.begin(code, request["program"])
        conversation.converse(request, world)
        return conversation.leave(world)

    def _forked(self, bounds: Bounds, *, stdin: str | None = None, shared: bool = False) -> Child | None:
        """Fork a child; return None in it. Its descriptors are put in their places here, where that costs no pages."""
        ours, theirs = pair()
        reader, writer = os.pipe()
        for end, place in zip((writer, writer, theirs), PLACES, strict=True):
            os.dup2(end, place)
        pid = fork()
        if pid == 0:
            enter(bounds, stdin=stdin, template=self._parent, owed=self._owed)
            return None
        for end in (writer, theirs):  # copies stay in their places until the next child: its end is seen otherwise
            os.close(end)
        return Child(pid, (ours, reader), shared=shared, proc=self._proc)


def _high(descriptor: int, place: int) -> int:
    """Return a copy out of the way of a child's descriptors."""
    return os.dup2(descriptor, place, inheritable=False)


def _address_space(proc: int | None) -> int:
    """Return the bytes of address space this process has."""
    try:
        file = os.open(f"{os.getpid()}/statm" if proc is not None else "/proc/self/statm", os.O_RDONLY, dir_fd=proc)
        pages = os.read(file, 200).split()[0]
        os.close(file)
        return int(pages) * os.sysconf("SC_PAGESIZE")
    except OSError:
        return 128 << 20


def _alone(*, first: bool) -> bool:
    """Kill and reap whatever the program left; return whether all of it is gone."""
    until = time.monotonic() + GRACE
    while time.monotonic() < until:
        try:
            pid, _ = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return True
        if pid == 0:
            _kill_rest(first=first)
            time.sleep(0.001)
    return False


def _kill_rest(*, first: bool) -> None:
    if first:
        with suppress(ProcessLookupError):
            os.kill(-1, signal.SIGKILL)
        return
    for descendant in _children():
        with suppress(ProcessLookupError, PermissionError):
            os.kill(descendant, signal.SIGKILL)


def _children() -> list[int]:
    """Return the processes whose parent is this one; orphans of the program are among them (subreaper)."""
    mine = str(os.getpid()).encode()
    found: list[int] = []
    names: list[str] = []
    with suppress(OSError):  # no /proc: at that level a program can start no process
        names = os.listdir("/proc")  # noqa: PTH208 - pathlib is not loaded
    for name in names:
        if name.isdigit():
            with suppress(OSError), open(f"/proc/{name}/stat", "rb") as file:  # noqa: PTH123
                if file.read().rpartition(b")")[2].split()[1] == mine:
                    found.append(int(name))
    return found


def _cleared(scratch: str) -> bool:
    """Empty the scratch directory; return whether it is empty and as it was."""
    try:
        with suppress(PermissionError):  # where it is refused, it was refused to the program as well
            os.chmod(scratch, 0o700)  # noqa: PTH101
        if os.listdir(scratch):  # noqa: PTH208
            clear(scratch)
    except OSError:
        return False
    return True
