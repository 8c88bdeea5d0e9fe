"""When a program's verdict is there, nothing of the program is."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from conftest import LEVELS, below, running
from leti.kinds import Tests as Checks
from leti.types import Outcome
from leti.verify import Exchange, Job
from leti.verify.harness.clearing import clear
from leti.verify.sandbox.builtin import BuiltIn, process
from leti.verify.sandbox.scratch import Scratch
from programs import HONEST, OneLane

CHECK = Checks(tests=("assert solve(1) == 2", "assert solve(41) == 42"))


def pids(text: str) -> list[int]:
    return [int(found) for found in re.findall(r"pid (\d+)", text)]


def soon(numbers: list[int]) -> list[int]:
    """Return those of these processes that still run when they had time to end."""
    until = time.monotonic() + 10
    while any(map(running, numbers)) and time.monotonic() < until:
        time.sleep(0.02)
    return [number for number in numbers if running(number)]


@pytest.fixture
def place(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Where scratch directories are made, in this test alone; in memory where there is such a place."""
    with tempfile.TemporaryDirectory(dir="/dev/shm" if os.path.isdir("/dev/shm") else None) as found:  # noqa: PTH112
        monkeypatch.setattr(tempfile, "tempdir", found)
        yield Path(found)


def processes_of(exchange: Exchange) -> list[int]:
    started = [cell._process.pid for cell in exchange.cells.all()]  # type: ignore[attr-defined]
    return started + [one for pid in started for one in below(pid)]


@pytest.fixture
def of_root() -> None:
    """Where the level `process` is bound to a number of processes, no program there can start any."""
    if os.geteuid() != 0:
        pytest.skip("only root's programs can start processes, and only at the level `process`")


@pytest.mark.usefixtures("of_root")
def test_a_daemon_is_gone(open_lane: OneLane) -> None:
    verdict = open_lane.judged(f"""
import os, time
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        print("pid", os.getpid(), flush=True)
        time.sleep(60)
    os._exit(0)
time.sleep(0.2)
{HONEST}
""")
    assert verdict.passed
    assert pids(verdict.output)
    assert not any(map(running, pids(verdict.output)))


@pytest.mark.usefixtures("of_root")
def test_a_fork_bomb_is_gone(open_lane: OneLane) -> None:
    verdict = open_lane.judged("""
import os, time
for _ in range(4):
    os.fork()
print("pid", os.getpid(), flush=True)
time.sleep(30)
""", timeout=1.0)  # fmt: skip
    assert verdict.outcome is Outcome.TIMED_OUT
    assert len(pids(verdict.output)) > 1
    assert not any(map(running, pids(verdict.output)))
    assert open_lane.still_works()


LITTER = """
import os
print("at", os.getcwd() == os.environ["HOME"], os.listdir("."))
os.makedirs("a/b")
os.mkdir(".hidden")
open("a/b/file", "w").write("x")
os.symlink({outside!r}, "a/link")
os.symlink("/nowhere", "broken")
for deed in ("mkfifo('pipe')", "chmod('a/b', 0)", "chmod('a', 0)", "chmod('.', 0)"):
    try: eval(f"os.{{deed}}")
    except OSError: pass
"""


def test_files_of_the_last_program_are_not_there(level: BuiltIn, tmp_path: Path) -> None:
    (tmp_path / "outside").write_text("stays")
    program = LITTER.format(outside=str(tmp_path)) + HONEST
    exchange = Exchange(level)
    for number in range(2):
        job = Job(program=f"{program}\nx = {number}", check=CHECK)
        evidence = exchange.run(job)
        assert [result.status for result in evidence.results] == ["passed", "passed"]
        assert evidence.output == "at True []\n"
        assert exchange.clean
    for cell in exchange.cells.all():
        if cell._scratch is not None:  # type: ignore[attr-defined]
            assert list(cell._scratch.inside.iterdir()) == []  # type: ignore[attr-defined]
    exchange.close()
    assert (tmp_path / "outside").read_text() == "stays"


@pytest.mark.parametrize("change", ["os.chdir('..')", "os.rmdir(os.getcwd())", "os.rename(os.getcwd(), '../moved')"])
def test_a_program_that_leaves_its_directory_takes_no_others_with_it(open_lane: OneLane, change: str) -> None:
    open_lane.judged(f"import os\n{change}\nopen('left', 'w').write('x')\n{HONEST}")
    assert open_lane.judged(f"import os\nassert os.listdir('.') == []\n{HONEST}").passed


def test_changed_modules_of_the_last_program_are_not_there(lane: OneLane) -> None:
    lane.judged("import math, builtins, sys\nmath.floor = None\nbuiltins.len = None\nsys.modules['math'] = 1")
    assert lane.judged("import math\ndef solve(x): return math.floor(x + len('a'))").passed


def test_a_closed_lane_leaves_no_process_and_no_directory(level: BuiltIn, place: Path) -> None:
    exchange = Exchange(level)
    exchange.run(Job(program=HONEST, check=CHECK))
    mine = processes_of(exchange)
    assert len(mine) >= 2
    assert all(map(running, mine))
    exchange.close()
    assert not soon(mine)  # the kernel ends a namespace's processes when their first one has ended, not before
    assert not list(place.iterdir())


CALLER = """
import sys, threading, time
from conftest import LEVELS
from leti.verify import Exchange, Job, tests_from_text
exchange = Exchange(LEVELS[sys.argv[1]]())
job = Job(program="while True: pass", check=tests_from_text("assert 1"), timeout=60.0)
threading.Thread(target=exchange.run, args=(job,), daemon=True).start()
time.sleep(0.3)
from test_leaves_nothing import processes_of
print(*processes_of(exchange), flush=True)
time.sleep(60)
"""


@pytest.mark.parametrize(
    ("name", "end"),
    [(name, signal.SIGKILL) for name in LEVELS] + [("namespaces", signal.SIGTERM), ("process", signal.SIGINT)],
)
def test_an_ended_caller_leaves_no_process_and_no_directory(name: str, end: signal.Signals, place: Path) -> None:
    modules = os.pathsep.join([str(Path(__file__).parent), *sys.path])
    environment = os.environ | {"PYTHONPATH": modules, "TMPDIR": str(place)}
    words = [sys.executable, "-c", CALLER, name]
    pipe = subprocess.PIPE
    with subprocess.Popen(words, stdout=pipe, stderr=subprocess.DEVNULL, text=True, env=environment) as caller:
        assert caller.stdout is not None
        mine = [int(number) for number in caller.stdout.readline().split()]
        assert len(mine) >= 3
        assert all(map(running, mine))
        caller.send_signal(end)
    assert not soon(mine)
    Scratch().remove()  # whoever makes the next one removes what a killed caller could not
    assert not list(place.iterdir())


def test_a_lane_at_work_can_be_stopped_from_outside() -> None:
    lane = OneLane(process())
    assert lane.still_works()
    exchange = lane.lane._exchange
    assert exchange is not None
    mine = processes_of(exchange)
    lane.lane.stop()
    lane.close()
    assert not soon(mine)


DIGGER = f"""
import os
for _ in range(1500):
    os.mkdir("d")
    open("f", "w").close()
    os.chdir("d")
{HONEST}
"""


def test_a_deep_tree_is_removed(level: BuiltIn, place: Path) -> None:
    exchange = Exchange(level)
    for _ in range(2):
        exchange.run(Job(program=DIGGER, check=CHECK))
    exchange.close()
    assert not list(place.iterdir())
    assert OneLane(level).still_works()


@pytest.mark.parametrize("mode", [0, 0o500])
def test_a_directory_is_cleared_however_deep_and_closed_it_is(place: Path, mode: int) -> None:
    (place / "outside").mkdir()
    (place / "outside" / "file").write_text("stays")
    (place / "here" / "0").mkdir(parents=True)
    here = place / "here"
    step = os.open(here, os.O_RDONLY)
    for number in range(3000):
        if number:
            os.mkdir("0", dir_fd=step)
        os.symlink(place / "outside", f"link{number}", dir_fd=step)
        deeper = os.open("0", os.O_RDONLY, dir_fd=step)
        os.fchmod(step, mode)
        os.close(step)
        step = deeper
    os.close(step)
    clear(str(here))
    assert list(here.iterdir()) == []
    assert (place / "outside" / "file").read_text() == "stays"
