"""Level `process`: each program in a forked child with limits, a deadline and a directory of its own.

It keeps programs apart from each other and from the caller's time and memory. It does not take away the network or the
file system.
"""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from leti.errors import SandboxError
from leti.verify.events import Event, EventKind, EventReader
from leti.verify.sandbox import Ended, Evidence, How, Job, LaneLostError

BOOT = "import sys; sys.path.insert(0, sys.argv[1]); from harness.template import main; main()"
FLAGS = ("-s", "-P", "-S", "-B", "-X", "utf8")  # not -I: it would ignore PYTHONHASHSEED
ENVIRONMENT = {
    "PYTHONHASHSEED": "0",
    "PYTHONDONTWRITEBYTECODE": "1",
    "LANG": "C.UTF-8",
    "LC_ALL": "C.UTF-8",
    "TZ": "UTC",
    "PATH": "/usr/local/bin:/usr/bin:/bin",
    "OMP_NUM_THREADS": "1",
}
MAX_ANSWER = 1 << 20
START_SECONDS = 60.0
QUICK_MS = 20
PATIENCE = 15.0  # seconds a lane may be silent beyond a program's last deadline


class ProcessSandbox:
    """One lane of level `process`.

    Raises:
        SandboxError: where its process cannot be started.
    """

    level = "process"

    def __init__(self) -> None:
        self._directory = tempfile.mkdtemp(prefix="leti-lane-")
        ours, theirs = socket.socketpair()
        self._control = ours
        lines = Path(self._directory, "log")
        try:
            with theirs, lines.open("wb") as log:
                self._process = subprocess.Popen(
                    [
                        *(sys.executable, *FLAGS, "-c", BOOT),
                        *(str(Path(__file__).parents[1]), str(theirs.fileno()), self._directory),
                    ],
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    stderr=log,
                    pass_fds=[theirs.fileno()],
                    start_new_session=True,
                    env=ENVIRONMENT,
                    cwd=self._directory,
                )
            self._answer(time.monotonic() + START_SECONDS)
        except (OSError, LaneLostError) as error:
            said = lines.read_text(errors="replace").strip()[-500:] if lines.exists() else ""
            self.close()
            raise SandboxError(
                f"The sandbox's process did not start ({error}; {said or 'it said nothing'}). "
                f"Type: {sys.executable} {' '.join(FLAGS)} -c 'print(1)'  to see whether this Python runs alone."
            ) from error

    def run(self, job: Job) -> Evidence:
        """Run a job: see `Sandbox.run`."""
        secret = secrets.token_hex(16)
        ours, theirs = socket.socketpair()
        with ours:
            with theirs:
                self._ask(job, secret, theirs)
            listener = _Listener(ours, secret, job)
            answer = self._wait(listener, time.monotonic() + 5 * job.timeout + PATIENCE)
            listener.take_rest()
        if not answer["started"]:
            raise LaneLostError(f"the harness did not start: {str(answer['output'])[-500:]}")
        if not (answer["alone"] and answer["cleared"]):
            self.close()  # the next job gets a fresh lane
        return Evidence(
            events=tuple(listener.events),
            ended=_ended(answer),
            output=str(answer["output"]),
            seconds=float(answer["seconds"]),
        )

    def stop(self) -> None:
        """End what runs: see `Sandbox.stop`. Only kills, so that the thread that waits for an answer sees it go."""
        process = getattr(self, "_process", None)
        if process is not None and process.returncode is None:
            self._kill_program()
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(process.pid, signal.SIGKILL)

    def close(self) -> None:
        """End the lane: see `Sandbox.close`."""
        self._control.close()
        self.stop()
        if hasattr(self, "_process"):
            self._process.wait()
        shutil.rmtree(self._directory, ignore_errors=True)

    def _kill_program(self) -> None:
        """Kill what runs in the lane now: its process group is named in a file the lane writes."""
        with contextlib.suppress(OSError, ValueError):
            child = int(Path(self._directory, "pid").read_text())
            group = Path(f"/proc/{child}/stat").read_text(errors="replace").rpartition(")")[2].split()
            if int(group[3]) == child:  # its session: still the process that was meant
                os.killpg(child, signal.SIGKILL)

    def _ask(self, job: Job, secret: str, channel: socket.socket) -> None:
        limits = {"timeout": job.timeout, "memory": job.memory, "file_size": job.file_size, "output": job.output}
        data = json.dumps({"program": job.program, "secret": secret, "limits": limits}).encode()
        try:
            self._control.settimeout(PATIENCE)
            socket.send_fds(self._control, [len(data).to_bytes(8, "big")], [channel.fileno()])
            self._control.sendall(data)
        except OSError as error:
            raise LaneLostError(str(error)) from error

    def _wait(self, listener: _Listener, until: float) -> dict[str, Any]:
        """Listen to the program's channel until the lane answers.

        Most programs end a few milliseconds after they get their tests. Until then there is nothing to do but wait for
        the lane, and not waking up for each report is a fifth of the cost of a program.
        """
        both, lane = select.poll(), select.poll()
        for poller in (both, lane):
            poller.register(self._control, select.POLLIN)
        both.register(listener.channel, select.POLLIN)
        quick = True
        while True:
            if quick and listener.asked:
                quick = False
                if not lane.poll(QUICK_MS):
                    continue
            ready = {descriptor for descriptor, _ in both.poll(max(0.0, until - time.monotonic()) * 1000)}
            if not ready:
                self.close()
                raise LaneLostError("the lane is silent", started=True)
            if listener.channel.fileno() in ready and not listener.listen():
                both.unregister(listener.channel)
                quick = False
            if self._control.fileno() in ready:
                return self._answer(until)

    def _answer(self, until: float) -> dict[str, Any]:
        try:
            size = int.from_bytes(self._exactly(8, until), "big")
            if size > MAX_ANSWER:
                raise LaneLostError(f"an answer of {size} bytes")
            answer = json.loads(self._exactly(size, until))
        except (OSError, ValueError) as error:
            raise LaneLostError(str(error), started=True) from error
        if not isinstance(answer, dict):
            raise LaneLostError("an answer that is none")
        return answer

    def _exactly(self, size: int, until: float) -> bytes:
        data = bytearray()
        while len(data) < size:
            self._control.settimeout(max(0.01, until - time.monotonic()))
            part = self._control.recv(size - len(data))
            if not part:
                raise LaneLostError("its process is gone", started=True)
            data += part
        return bytes(data)


class _Listener:
    """This side of a program's channel: gives it the tests when it asks, keeps what it reports."""

    MAX_BYTES = 64 << 20  # what a program may write beside its reports before nobody listens any more

    def __init__(self, channel: socket.socket, secret: str, job: Job) -> None:
        self.channel = channel
        self.events: list[Event] = []
        self._reader = EventReader(secret)
        self._texts = [job.setup, *job.tests]
        self.asked = False  # whether it has asked for the tests
        self._taken = 0
        channel.setblocking(False)

    def listen(self) -> bool:
        """Take what is there; return False where nothing more will come."""
        try:
            data = self.channel.recv(1 << 16)
        except BlockingIOError:
            return True
        except OSError:
            return False
        self._taken += len(data)
        new = self._reader.feed(data)
        self.events += new
        if not self.asked and any(event.kind is EventKind.LOADED for event in new):
            self.asked = True
            self._send_tests()
        return bool(data) and self._taken < self.MAX_BYTES

    def take_rest(self) -> None:
        """Take what is still in the channel after the program's end."""
        while select.select([self.channel], [], [], 0)[0] and self.listen():
            pass

    def _send_tests(self) -> None:
        texts = [text.encode("utf-8", "surrogatepass") for text in self._texts]
        data = len(texts).to_bytes(4, "big") + b"".join(len(text).to_bytes(4, "big") + text for text in texts)
        self.channel.settimeout(PATIENCE)
        with contextlib.suppress(OSError):  # it is gone: the lane will say how
            self.channel.sendall(data)
        self.channel.setblocking(False)


def _ended(answer: dict[str, Any]) -> Ended:
    if answer["late"]:
        return Ended(how=How.DEADLINE)
    code = os.waitstatus_to_exitcode(int(answer["status"]))
    if code >= 0:
        return Ended(how=How.EXIT, code=code)
    limit = -code in (signal.SIGXCPU, signal.SIGXFSZ)
    return Ended(how=How.LIMIT if limit else How.SIGNAL, code=-code)
