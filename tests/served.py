"""A real server of OpenAI's API: `transformers serve`, which loads the weights it is asked for."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from contextlib import contextmanager
from importlib.util import find_spec
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NEEDED = ("torch", "transformers", "openai", "fastapi", "uvicorn")
COMMAND = (sys.executable, "-m", "transformers.cli.transformers", "serve")
STARTED = re.compile(r"Uvicorn running on (http://\S+)")
PATIENCE = 120
"""Seconds in which it has to be there; it takes ten on an idle machine."""


@contextmanager
def transformers_serve(folder: Path, *pinned: str) -> Iterator[str]:
    """The URL of a running server, on a port that was free; its log and its empty cache are in `folder`."""
    missing = [name for name in NEEDED if find_spec(name) is None]
    if missing:
        pytest.skip(f"{', '.join(missing)} is not installed: pip install 'leti[train,openai,dev]'")
    environment = {**os.environ, "HF_HOME": str(folder), "HF_HUB_OFFLINE": "1", "OMP_NUM_THREADS": "1"}
    command = [*COMMAND, *pinned, "--port", "0", "--device", "cpu"]
    log = folder / "log"
    with log.open("wb") as file:
        server = subprocess.Popen(command, stdout=file, stderr=file, env=environment)
    try:
        yield f"{_address(server, log)}/v1"
    finally:
        server.terminate()
        server.wait(timeout=60)


def _address(server: subprocess.Popen[bytes], log: Path) -> str:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline and server.poll() is None:
        if found := STARTED.search(log.read_text("utf-8", errors="replace")):
            return found.group(1)
        time.sleep(0.1)
    raise RuntimeError(f"transformers serve did not start: {log.read_text('utf-8', errors='replace')[-2000:]}")
