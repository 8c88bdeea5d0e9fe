"""What a program may take is bounded."""

from __future__ import annotations

import time

import pytest

from leti.types import Outcome
from programs import OneLane


def test_memory(lane: OneLane) -> None:
    verdict = lane.judged("x = [bytearray(64 << 20) for _ in range(40)]", memory=256 << 20)
    assert verdict.outcome is Outcome.OUT_OF_MEMORY
    assert verdict.error is not None
    assert verdict.error.type == "MemoryError"
    assert lane.still_works()


def test_memory_taken_in_small_pieces(lane: OneLane) -> None:
    verdict = lane.judged("def solve(x):\n    l = [x]\n    while True: l.append(str(len(l)))", memory=128 << 20)
    assert verdict.outcome is Outcome.OUT_OF_MEMORY
    assert verdict.error is not None
    assert verdict.error.frames


@pytest.mark.parametrize(
    "program",
    [
        pytest.param("while True: pass", id="busy"),
        pytest.param("import time\ntime.sleep(100)", id="asleep"),
        pytest.param("x = 9 ** (9 ** 9)", id="busy in one C call"),
        pytest.param("while True:\n    try:\n        while True: pass\n    except BaseException: pass", id="swallows"),
        pytest.param("import signal\nsignal.pthread_sigmask(0, range(1, 65))\nwhile True: pass", id="blocks signals"),
        pytest.param("import threading\nthreading.Event().wait()", id="waits for ever"),
    ],
)
def test_time(lane: OneLane, program: str) -> None:
    began = time.monotonic()
    verdict = lane.judged(program, timeout=0.5)
    assert verdict.outcome is Outcome.TIMED_OUT
    assert time.monotonic() - began < 5
    assert lane.still_works()


def test_the_str_of_an_exception_may_not_take_for_ever(lane: OneLane) -> None:
    program = "class E(Exception):\n    def __str__(self):\n        while True: pass\nraise E"
    assert lane.judged(program, timeout=0.5).outcome is Outcome.TIMED_OUT


def test_a_flood_of_output_is_cut_and_does_not_block(lane: OneLane) -> None:
    verdict = lane.judged("for _ in range(400): print('x' * 65535)\ndef solve(x): return x + 1")
    assert verdict.passed
    assert 10_000 < len(verdict.output) <= 16 << 10


def test_a_flood_on_the_channel_ends_the_program(lane: OneLane) -> None:
    verdict = lane.judged("import os\nwhile True: os.write(3, b'x' * 65536)", timeout=1.0)
    assert verdict.outcome is Outcome.CRASHED
    assert verdict.error is not None
    assert verdict.error.limit == "values returned: 8 MiB"
    assert lane.still_works()


def test_file_size(lane: OneLane) -> None:
    verdict = lane.judged("f = open('f', 'wb')\nfor _ in range(32): f.write(b'x' * (1 << 20))\nf.flush()")
    assert verdict.outcome is Outcome.RAISED
    assert verdict.error is not None
    assert verdict.error.type == "OSError"


def test_descriptors(lane: OneLane) -> None:
    verdict = lane.judged("l = [open('/dev/null') for _ in range(200)]")
    assert verdict.outcome is Outcome.RAISED


def test_only_its_own_descriptors_are_open(lane: OneLane) -> None:
    verdict = lane.judged("""
import os
found = []
for number in range(4096):
    try: os.fstat(number)
    except OSError: continue
    found.append(number)
print(found)
""")
    assert verdict.output.strip() == "[0, 1, 2, 3]"


def test_stdin_is_empty(lane: OneLane) -> None:
    verdict = lane.judged("input()")
    assert verdict.error is not None
    assert verdict.error.type == "OSError"
    assert lane.judged("import os\nassert os.read(0, 10) == b''\ndef solve(x): return x + 1").passed
