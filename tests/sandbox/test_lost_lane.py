"""A lane that dies is replaced, and the programs after it are judged right."""

from __future__ import annotations

from leti.types import Outcome
from leti.verify.sandbox.builtin import process
from programs import HONEST, verdicts

KILLER = "import os, signal, time\nos.kill(os.getppid(), signal.SIGKILL)\ntime.sleep(0.2)"
WRONG = "def solve(x):\n    return x"


def test_a_program_that_kills_the_process_it_was_forked_from() -> None:
    """Only at the level `process` can it."""
    killed, honest, wrong = verdicts([KILLER, HONEST, WRONG], sandbox=process())
    assert killed.outcome is Outcome.CRASHED
    assert killed.error is not None
    assert "twice" in killed.error.message
    assert honest.passed
    assert wrong.outcome is Outcome.FAILED


def test_a_program_that_tries_to_where_it_cannot() -> None:
    killed, honest, wrong = verdicts([KILLER, HONEST, WRONG])
    assert killed.outcome in {Outcome.RAISED, Outcome.FAILED}
    assert killed.error is not None
    assert "twice" not in killed.error.message
    assert honest.passed
    assert wrong.outcome is Outcome.FAILED
