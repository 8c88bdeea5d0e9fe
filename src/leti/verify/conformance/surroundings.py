"""What lies around a sandbox and must stay as it is, and what is measured while a program runs."""

from __future__ import annotations

import contextlib
import ctypes
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Self

from leti.verify.sandbox import Cover

SECRET = "4be1-orchid-secret"  # noqa: S105 - to see whether it comes back
LEAK = "leaked-91c3"
MOST_MEMORY = 700 << 20
MOST_PROCESSES = 45
MOST_SHARED = 300 << 20
_EVERY = 0.03  # seconds between looks
_SETTLED = 1.0  # seconds that what ends may take to be gone
_SHM, _MSG, _SEM = "shm", "msg", "sem"


class Surroundings:
    """A directory, a listener, sockets and a process of ours; says what became of them. A context manager."""

    def __enter__(self) -> Self:
        self.place = Path(tempfile.mkdtemp(prefix="leti-place-"))
        self.place.chmod(0o777)
        self.key = 0x4C000000 + os.getpid()
        self.connections = 0
        self._servers = [
            socket.create_server(("127.0.0.1", 0)),
            _unix(str(self.place / "socket")),
            _unix(f"\0leti-{self.place.name}"),
        ]
        (self.place / "socket").chmod(0o777)
        self.port = int(self._servers[0].getsockname()[1])
        for server in self._servers:
            server.settimeout(_EVERY)  # or the thread would not see that it is closed
            threading.Thread(target=self._serve, args=(server,), daemon=True).start()
        self.renew()
        return self

    def __exit__(self, *_: object) -> None:
        for server in self._servers:
            server.close()
        self._victim.kill()
        self._victim.wait()
        shutil.rmtree(self.place, ignore_errors=True)

    def _serve(self, server: socket.socket) -> None:
        while True:
            try:
                server.accept()[0].close()
            except TimeoutError:
                continue
            except OSError:
                return
            self.connections += 1

    def renew(self) -> None:
        """Set up again what a program has spoilt."""
        for path in self.place.iterdir():
            if path.name != "socket":
                shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()
        self.place.chmod(0o777)
        for name, content in (("victim", "v"), ("secret", SECRET)):
            (self.place / name).write_text(content)
            (self.place / name).chmod(0o666)
        victim = getattr(self, "_victim", None)
        if victim is not None:
            victim.kill()
            victim.wait()
        words = [sys.executable, "-S", "-c", "import time\ntime.sleep(1e6)"]
        self._victim = subprocess.Popen(words, start_new_session=True)
        self.connections = 0
        self._files, self._process = self._marks(), _state(self._victim.pid)

    def filled(self, program: str) -> str:
        """Return a program that knows where everything is."""
        known = {
            "place": self.place,
            "port": self.port,
            "victim": self._victim.pid,
            "key": self.key,
            "leak": LEAK,
            "name": self.place.name,
        }
        for name, value in known.items():
            program = program.replace(f"@{name}@", str(value))
        return program

    def harm(self, said: str) -> list[str]:
        """Return what has been done, and set it up again.

        Args:
            said: all that came back of the program.
        """
        found = []
        if self._marks() != self._files:
            found.append("files outside were changed")
        if SECRET in said:
            found.append("a file outside was read")
        if LEAK in said.replace("@leak@", ""):
            found.append("it got what it must not")
        if self.connections:
            found.append("it connected to a socket outside")
        if self._victim.poll() is not None or _state(self._victim.pid) != self._process:
            found.append("a process outside was changed")
        found += [f"System V {kind} was left" for kind in (_SHM, _MSG, _SEM) if _system_v(kind, self.key)]
        if found:
            self.renew()
        return found

    def _marks(self) -> list[tuple[object, ...]]:
        paths = [self.place, *sorted(self.place.rglob("*"))]
        marks: list[tuple[object, ...]] = []
        for path in paths:
            status = path.lstat()
            content = path.read_bytes() if path.is_file() else b""
            marks.append((path.name, status.st_mode, status.st_uid, status.st_nlink, content))
        return marks


def _unix(name: str) -> socket.socket:
    server = socket.socket(socket.AF_UNIX)
    server.bind(name)
    server.listen()
    return server


def _state(pid: int) -> tuple[object, ...]:
    """Return what can be changed of a process from outside."""
    limits = Path(f"/proc/{pid}/limits")
    with contextlib.suppress(OSError):
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        score = Path(f"/proc/{pid}/oom_score_adj").read_text()
        stopped = fields[0] in "TtZX"
        return stopped, fields[15:17], sorted(os.sched_getaffinity(pid)), limits.read_text(), score
    return ()


def _system_v(kind: str, key: int) -> bool:
    """Whether there is something of a kind whose key is ours; removes it."""
    with contextlib.suppress(OSError):
        for line in Path(f"/proc/sysvipc/{kind}").read_text().splitlines()[1:]:
            found, number = line.split()[:2]
            if 0 <= int(found) - key < 100:
                remove = getattr(ctypes.CDLL(None), f"{kind}ctl")
                remove(int(number), 0, 0) if kind != _SEM else remove(int(number), 0, 0, 0)
                return True
    return False


def below(pid: int) -> Iterator[int]:
    """Yield the processes that descend from one."""
    left = [pid]
    while left:
        with contextlib.suppress(OSError):
            for task in Path(f"/proc/{left.pop()}/task").iterdir():
                found = [int(child) for child in (task / "children").read_text().split()]
                left += found
                yield from found


class Meter:
    """Looks at the processes below this one while something runs: memory, number, disk. A context manager."""

    def __init__(self) -> None:
        self.memory = self.processes = self.shared = 0
        """The most that was seen: bytes above what was there before, processes and threads, bytes of shared memory."""
        self._over = threading.Event()

    def __enter__(self) -> Self:
        self._before = _taken()
        self._first = _shared_memory()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._over.wait(_EVERY):
            memory, processes = _taken()
            self.memory = max(self.memory, memory - self._before[0])
            self.processes = max(self.processes, processes)
            self.shared = max(self.shared, _shared_memory() - self._first)

    def harm(self, covers: frozenset[Cover]) -> list[str]:
        """Return what was too much, of what a level bounds."""
        found = []
        if self.memory > MOST_MEMORY and Cover.MEMORY in covers:
            found.append(f"{self.memory >> 20} MiB of memory")
        if self.processes > MOST_PROCESSES and Cover.PROCESSES in covers:
            found.append(f"{self.processes} processes and threads")
        if self.shared > MOST_SHARED and Cover.MEMORY in covers:
            found.append(f"{self.shared >> 20} MiB of shared memory")
        return found


def _taken() -> tuple[int, int]:
    """Return the bytes in memory of all processes below this one, and their threads."""
    memory = threads = 0
    for pid in below(os.getpid()):
        with contextlib.suppress(OSError, IndexError, ValueError):
            pages = Path(f"/proc/{pid}/statm").read_text().split()
            memory += (int(pages[1]) - int(pages[2])) * os.sysconf("SC_PAGESIZE")
            threads += len(list(Path(f"/proc/{pid}/task").iterdir()))
    return memory, threads


def _shared_memory() -> int:
    """Return the bytes of this machine's memory that are files: scratch directories, memfds, System V."""
    with contextlib.suppress(OSError):
        for line in Path("/proc/meminfo").read_text().splitlines():
            if line.startswith("Shmem:"):
                return int(line.split()[1]) << 10
    return 0


def settled(most: int | None = None) -> int:
    """Return how many processes there are below this one; where they are too many, only after a second."""
    if most is None:  # where one ends in between, the list may lack others
        return max(sum(1 for _ in below(os.getpid())) for _ in range(10))
    until = time.monotonic() + _SETTLED
    while (count := sum(1 for _ in below(os.getpid()))) > most and time.monotonic() < until:
        time.sleep(0.01)
    return count


def crowd() -> float:
    """Return how many want a processor, for each that there is (over the last minute); at least 1."""
    try:
        return max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1))
    except OSError:
        return 1.0
