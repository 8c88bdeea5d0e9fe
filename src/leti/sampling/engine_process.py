"""A process that draws tokens: spoken to in JSON lines, ended when it is not needed, and quoted when it dies."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from leti.errors import SamplingError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import TracebackType
    from typing import Self

LAST_WORDS = 3000
"""Bytes of its log that are shown when it dies."""
LEAVE = 60.0
"""Seconds it has to end by itself once its input has ended, before it is killed."""


class EngineProcess:
    """`python -m MODULE` in a process group of its own, so that all it has started ends with it.

    Args:
        module: what is run; it answers each line of its input with one line.
        environment: what it finds in its environment, besides what is in ours.
    """

    def __init__(self, module: str, *, environment: Mapping[str, str]) -> None:
        self._module = module
        self._log = tempfile.TemporaryFile()  # noqa: SIM115 - closed when the process is
        self._process = subprocess.Popen(
            [sys.executable, "-m", module],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            env={**os.environ, **environment},
            encoding="utf-8",
            start_new_session=True,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Returns when the process and all its children are gone, and with them the memory they held."""
        assert self._process.stdin
        assert self._process.stdout
        with suppress(BrokenPipeError):
            self._process.stdin.close()
        if kind is None:
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(timeout=LEAVE)
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        self._process.stdout.close()
        self._log.close()

    def ask(self, said: Any) -> Any:
        """What it answers.

        Raises:
            SamplingError: it ended instead; the message has the end of its log.
        """
        assert self._process.stdin
        assert self._process.stdout
        answer = ""
        with suppress(BrokenPipeError):
            self._process.stdin.write(json.dumps(said) + "\n")
            self._process.stdin.flush()
            answer = self._process.stdout.readline()
        if not answer.endswith("\n"):
            raise SamplingError(self._died())
        return json.loads(answer)

    def _died(self) -> str:
        status = self._process.wait()
        end = f"was killed by {signal.Signals(-status).name}" if status < 0 else f"ended with exit status {status}"
        size = self._log.seek(0, os.SEEK_END)
        self._log.seek(max(0, size - LAST_WORDS))
        words = self._log.read().decode("utf-8", errors="replace").strip() or "(nothing)"
        return (
            f"The process {self._module} {end} before its work was done. The same command goes on where this one "
            f"ended. If memory was short, free the device or take a smaller model. Its last words:\n{words}"
        )
