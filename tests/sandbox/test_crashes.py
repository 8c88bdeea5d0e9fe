"""A program that takes its interpreter down has crashed; the lane has not."""

from __future__ import annotations

from os import geteuid

import pytest

from leti.types import Outcome
from programs import HONEST, OneLane


@pytest.mark.parametrize(
    ("program", "signal"),
    [
        ("import os\nos.abort()", "SIGABRT"),
        ("import os, signal\nos.kill(os.getpid(), signal.SIGKILL)", "SIGKILL"),
        ("import ctypes\nctypes.string_at(0)", "SIGSEGV"),
    ],
)
def test_signal(lane: OneLane, program: str, signal: str) -> None:
    verdict = lane.judged(program)
    assert verdict.outcome is Outcome.CRASHED
    assert verdict.error is not None
    assert signal in verdict.error.message
    assert lane.still_works()


@pytest.mark.parametrize(
    "program",
    [
        pytest.param("x = " + "(" * 5000 + ")" * 5000, id="deep brackets"),
        pytest.param("x = " + "-" * 50_000 + "1", id="deep unary"),
        pytest.param("x = " + "[" * 3000 + "]" * 3000, id="deep lists"),
        pytest.param("x = '\x00'", id="NUL"),
        pytest.param("x = '\ud800'", id="lone surrogate"),
        pytest.param("def f(): return f()\nf()", id="recursion"),
        pytest.param("import sys\nsys.setrecursionlimit(10**6)\ndef f(x): return max([x], key=f)\nf(1)", id="deep"),
        pytest.param("raise ExceptionGroup('g', [ValueError(1), ExceptionGroup('h', [KeyError(2)])])", id="group"),
        pytest.param("class E(BaseException):\n    def __str__(s): 1/0\n    __repr__ = __str__\nraise E", id="no str"),
        pytest.param("raise ValueError('\\x00\\ud800\\x1b[31m' + 'x' * 10**6)", id="odd message"),
        pytest.param("raise ValueError(10 ** 10_000)", id="huge int"),
        pytest.param("raise GeneratorExit", id="GeneratorExit"),
        pytest.param("import sys\nsys.stdout = sys.stderr = None\n1/0", id="no stdout"),
        pytest.param("import os\nos.close(1); os.close(2)\nprint('x' * 100_000)\n1/0", id="closed stdout"),
        pytest.param("import sys\nfor name in list(sys.modules): del sys.modules[name]\n1/0", id="no modules"),
        pytest.param("import builtins\nvars(builtins).clear()\nraise_", id="no builtins"),
    ],
)  # fmt: skip
def test_odd_program_fails_and_is_survived(lane: OneLane, program: str) -> None:
    verdict = lane.judged(program)
    assert not verdict.passed
    assert verdict.outcome in {Outcome.RAISED, Outcome.CRASHED, Outcome.OUT_OF_MEMORY}
    assert lane.still_works()


def test_output_with_surrogates_is_kept_readable(lane: OneLane) -> None:
    verdict = lane.judged("print('\\ud800 \\U0001F600 \\x00')\ndef solve(x): return x + 1")
    assert verdict.passed
    assert verdict.output == "\\ud800 \U0001f600 \x00\n"


@pytest.mark.parametrize(
    ("deed", "kind", "limit"),
    [
        ("os.fork()", "BlockingIOError", "processes: none besides its own"),
        ("subprocess.run(['true'])", None, None),
        ("threading.Thread(target=print).start()", "RuntimeError", "threads: none"),
        ("multiprocessing.Pool(2)", None, None),
    ],
)
def test_processes_and_threads_are_refused(lane: OneLane, deed: str, kind: str | None, limit: str | None) -> None:
    begin = "import multiprocessing, os, subprocess, threading\n"
    verdict = lane.judged(f"{begin}{deed}\n{HONEST}")
    assert verdict.outcome is Outcome.RAISED
    assert verdict.error is not None
    assert kind in {None, verdict.error.type}
    assert limit in {None, verdict.error.limit}
    assert lane.judged(f"{begin}try:\n    {deed}\nexcept Exception: pass\n{HONEST}").passed
    assert lane.still_works()


@pytest.mark.parametrize(
    "where", [f"import os\nos.fork()\n{HONEST}", "import os\ndef solve(x):\n    os.fork()\n    return x + 1"]
)
def test_where_a_program_can_fork_it_is_judged_once_and_always_alike(open_lane: OneLane, where: str) -> None:
    found = {open_lane.judged(where).outcome for _ in range(8)}
    assert found == ({Outcome.PASSED} if geteuid() == 0 else {Outcome.RAISED})  # root is bound to no number of them


def test_a_program_cannot_have_the_template_wait_for_itself(lane: OneLane) -> None:
    """The signal that has the fault handler write to the channel, sent to the one that empties it, while it is full."""
    verdict = lane.judged("""
import os, signal, socket
def solve(x):
    channel = socket.socket(fileno=3)
    while True:
        try:
            while True: channel.send(b"x" * 4096, socket.MSG_DONTWAIT)
        except BlockingIOError: pass
        os.kill(os.getppid(), signal.SIGUSR2)
""")
    assert verdict.outcome is Outcome.CRASHED
    assert verdict.error is not None
    assert verdict.error.limit == "values returned: 8 MiB"
    assert lane.still_works()
