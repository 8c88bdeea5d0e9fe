"""This side of the caller processes: start them, ask them, see what they cost."""

from __future__ import annotations

import contextlib
import json
import os
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import tree
from runners import PEERS

HERE = Path(__file__).parent
START_SECONDS = 120.0


class CallerGoneError(Exception):
    """A caller that died or did not answer in time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """What one turn cost, per program."""

    cpu_ms: float
    """CPU time of the caller and everything below it."""
    wall_ms: float
    """Time by the clock."""
    per_second: float
    """Programs by the clock."""


class Caller:
    """One caller process.

    Args:
        command: What to run.
        folder: Its working directory; its stderr is kept there.
    """

    def __init__(self, command: list[str], folder: Path) -> None:
        self._words = Path(tempfile.mkstemp(prefix="stderr-", dir=folder)[1])
        with self._words.open("wb") as words:
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=words,
                cwd=folder,
                env=os.environ | {"PYTHONHASHSEED": "0"},
                start_new_session=True,
                text=True,
            )
        self.pid = self._process.pid

    def answer(self, limit: float) -> dict[str, Any]:
        """The next line it writes.

        Raises:
            CallerGoneError: if there is none within so many seconds.
        """
        assert self._process.stdout is not None
        ready, _, _ = select.select([self._process.stdout], [], [], limit)
        line = self._process.stdout.readline() if ready else ""
        if not line:
            said = self._words.read_text(errors="replace").strip()[-300:]
            self.close()
            raise CallerGoneError(f"{'died' if ready else f'no answer in {limit:.0f} s'}: {said}")
        answer: dict[str, Any] = json.loads(line)
        return answer

    def ask(self, request: Any, limit: float) -> dict[str, Any]:
        """Send a line of JSON and wait for the answer: see `answer`."""
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(json.dumps(request) + "\n")
            self._process.stdin.flush()
        except OSError as error:
            raise CallerGoneError(str(error)) from error
        return self.answer(limit)

    def close(self) -> None:
        """End it, and what it started in its own session."""
        assert self._process.stdin is not None
        with contextlib.suppress(OSError):
            self._process.stdin.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(2.0)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)
        self._process.wait()


class Callers:
    """All caller processes of a run. A context manager: none outlives it.

    Args:
        peers: The interpreter that has the peers.
        timeout: Seconds per program.
        every: For ours: go on after a test that failed.
    """

    def __init__(self, peers: str, *, timeout: float, every: bool) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="leti-bench-"))
        self._peers = peers
        self._options = {"timeout": timeout, "every": every}
        self._started: list[Caller] = []

    def __enter__(self) -> Self:
        tree.adopt()
        return self

    def __exit__(self, *_: object) -> None:
        for caller in self._started:
            caller.close()
        shutil.rmtree(self._folder, ignore_errors=True)

    def runner(self, name: str, cpus: list[int], ballast: int = 0) -> tuple[Caller, str]:
        """A caller of a runner, and what the runner says about itself.

        Raises:
            CallerGoneError: if the runner is not there; the message says what to type.
        """
        python = self._peers if name in PEERS else sys.executable
        options = self._options | {"runner": name, "cpus": cpus, "ballast": ballast}
        caller = self._start([python, str(HERE / "caller.py"), json.dumps(options)])
        first = caller.answer(START_SECONDS)
        if "missing" in first:
            raise CallerGoneError(first["missing"])
        return caller, first["about"]

    def give(self, caller: Caller, programs: str) -> None:
        """Give a caller the programs, as text of `suites.as_text`."""
        path = self._folder / "programs.json"
        path.write_text(programs, encoding="utf-8")
        caller.ask(str(path), START_SECONDS)

    def forker(self, cpu: int, modules: tuple[str, ...] = ()) -> Caller:
        """A Python that forks itself, with these modules loaded."""
        return self._start([sys.executable, "-I", "-S", str(HERE / "forker.py"), str(cpu), *modules])

    def compiled_forker(self, cpu: int) -> Caller:
        """A static C program that forks itself.

        Raises:
            CallerGoneError: if there is no compiler, or no static libc.
        """
        compiler = shutil.which("gcc") or shutil.which("cc")
        if compiler is None:
            raise CallerGoneError("no C compiler: install gcc")
        target = str(self._folder / "forker")
        built = subprocess.run(
            [compiler, "-O2", "-static", "-o", target, str(HERE / "forker.c")], capture_output=True, check=False
        )
        if built.returncode:
            raise CallerGoneError(f"did not compile: {built.stderr.decode(errors='replace')[-200:]}")
        return self._start([target, str(cpu)])

    def sample(self, caller: Caller, request: Any, *, count: int, limit: float) -> tuple[Sample, dict[str, Any]]:
        """Let a caller take its turn, of so many programs.

        Raises:
            CallerGoneError: see `Caller.answer`.
        """
        before = tree.cpu_seconds()
        answer = caller.ask(request, limit)
        time.sleep(0.02)  # the accounts of what has just ended are to be closed
        spent = tree.cpu_seconds() - before
        tree.reap({other.pid for other in self._started})
        sample = Sample(
            cpu_ms=spent * 1000 / count, wall_ms=answer["each"] * 1000, per_second=count / answer["seconds"]
        )
        return sample, answer

    def _start(self, command: list[str]) -> Caller:
        caller = Caller(command, self._folder)
        self._started.append(caller)
        return caller
