"""Every sandbox holds to the same promises. A new adapter is one more line in `SANDBOXES`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from leti.types import Outcome
from leti.verify import Job, ProcessSandbox, Sandbox, judge

SANDBOXES: dict[str, Callable[[], Sandbox]] = {"process": ProcessSandbox}
TESTS = ("assert solve(1) == 2", "assert solve(41) == 42")


@pytest.fixture(params=SANDBOXES)
def sandbox(request: pytest.FixtureRequest) -> Iterator[Sandbox]:
    one = SANDBOXES[request.param]()
    yield one
    one.close()


def outcome(sandbox: Sandbox, program: str, **limits: float) -> Outcome:
    job = Job(program=program, tests=TESTS, **limits)
    return judge(job, sandbox.run(job)).outcome


def test_it_says_what_it_is(sandbox: Sandbox) -> None:
    assert sandbox.level


def test_each_outcome(sandbox: Sandbox) -> None:
    assert outcome(sandbox, "def solve(x): return x + 1") is Outcome.PASSED
    assert outcome(sandbox, "def solve(x): return x") is Outcome.FAILED
    assert outcome(sandbox, "def solve(x): return y") is Outcome.RAISED
    assert outcome(sandbox, "def solve(x):") is Outcome.RAISED
    assert outcome(sandbox, "while True: pass", timeout=0.3) is Outcome.TIMED_OUT
    assert outcome(sandbox, "x = bytearray(1 << 30)", memory=128 << 20) is Outcome.OUT_OF_MEMORY
    assert outcome(sandbox, "raise SystemExit") is Outcome.EXITED
    assert outcome(sandbox, "import os\nos.abort()") is Outcome.CRASHED
    assert outcome(sandbox, "def solve(x): return x + 1") is Outcome.PASSED


def test_evidence_is_repeatable(sandbox: Sandbox) -> None:
    job = Job(program="print('words')\ndef solve(x): return x", tests=TESTS)
    first, second = sandbox.run(job), sandbox.run(job)
    assert (first.events, first.ended, first.output) == (second.events, second.ended, second.output)
    assert first.output == "words\n"
    assert 0 < first.seconds < 5


def test_setup_and_odd_texts_arrive_as_they_are(sandbox: Sandbox) -> None:
    job = Job(
        program="\n\n# é \U0001f600\n", setup="y = '\\x00\u00e9'", tests=("assert y == '\\x00\\xe9'\n", "", "assert y")
    )
    assert judge(job, sandbox.run(job)).passed


def test_closing_twice_is_closing(sandbox: Sandbox) -> None:
    sandbox.close()
    sandbox.close()


def test_descriptors_do_not_pile_up(sandbox: Sandbox) -> None:
    outcome(sandbox, "x = 1")
    before = len(list(Path("/proc/self/fd").iterdir()))
    for _ in range(20):
        outcome(sandbox, "x = 1")
    assert len(list(Path("/proc/self/fd").iterdir())) == before
