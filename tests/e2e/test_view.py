"""`leti view` as a user starts and stops it."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from http.client import HTTPConnection
from typing import TYPE_CHECKING

import pytest
from command_line import leti

from hand_made_run import HandMade
from leti.runs import Run

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def run(tmp_path: Path) -> Path:
    HandMade(Run(tmp_path / "run")).finish()
    return tmp_path / "run"


def test_it_serves_until_ctrl_c(run: Path) -> None:
    before = sorted(run.rglob("*"))
    words = [sys.executable, "-m", "leti", "view", str(run)]
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout
        said = process.stdout.readline()
        found = re.fullmatch(
            rf"{re.escape(str(run))} is at http://127\.0\.0\.1:(\d+)/ until you press Ctrl-C\.\n", said
        )
        assert found, said
        connection = HTTPConnection("127.0.0.1", int(found[1]), timeout=60)
        connection.request("GET", "/attempts?place=000")
        page = connection.getresponse().read().decode()
        taken = leti("view", str(run), "--port", found[1])
        os.kill(process.pid, signal.SIGINT)
        _, told = process.communicate(timeout=60)
    assert "hand/t#1" in page
    assert (process.returncode, told) == (0, "")  # it is how one ends it
    assert (taken.returncode, taken.stdout) == (2, "")
    assert taken.stderr.startswith(f"leti: Port {found[1]} is taken. Type another")
    assert sorted(run.rglob("*")) == before


def test_what_is_no_run_is_refused(tmp_path: Path) -> None:
    done = leti("view", str(tmp_path))
    assert done.returncode == 2
    assert "is no run" in done.stderr
