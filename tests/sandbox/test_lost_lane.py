"""A lane that dies is replaced, and the programs after it are judged right."""

from __future__ import annotations

from leti.types import Outcome
from programs import HONEST, verdicts

KILLER = "import os, signal, time\nos.kill(os.getppid(), signal.SIGKILL)\ntime.sleep(0.2)"


def test_killed_template() -> None:
    killed, honest, wrong = verdicts([KILLER, HONEST, "def solve(x):\n    return x"])
    assert killed.outcome is Outcome.CRASHED
    assert killed.error is not None
    assert "twice" in killed.error.message
    assert honest.passed
    assert wrong.outcome is Outcome.FAILED
