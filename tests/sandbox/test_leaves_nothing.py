"""When a program's verdict is there, nothing of the program is."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from pathlib import Path

from leti.types import Outcome
from programs import OneLane


def alive(pid: int) -> bool:
    return Path(f"/proc/{pid}").exists()


def running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def pids(text: str) -> list[int]:
    return [int(found) for found in re.findall(r"pid (\d+)", text)]


def test_a_daemon_is_gone(lane: OneLane) -> None:
    verdict = lane.judged("""
import os, time
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        print("pid", os.getpid(), flush=True)
        time.sleep(60)
    os._exit(0)
time.sleep(0.2)
def solve(x): return x + 1
""")
    assert verdict.passed
    assert pids(verdict.output)
    assert not any(map(alive, pids(verdict.output)))


def test_a_fork_bomb_is_bounded(lane: OneLane) -> None:
    verdict = lane.judged("""
import os, time
for _ in range(5):
    os.fork()
print("pid", os.getpid(), flush=True)
time.sleep(30)
""", timeout=1.0)  # fmt: skip
    assert verdict.outcome is Outcome.TIMED_OUT
    assert len(pids(verdict.output)) > 1
    assert not any(map(alive, pids(verdict.output)))
    assert lane.still_works()


def test_its_directory_is_gone_with_everything_in_it(lane: OneLane, tmp_path: Path) -> None:
    (tmp_path / "outside").write_text("stays")
    verdict = lane.judged(f"""
import os
print("at", os.getcwd(), os.environ["HOME"] == os.getcwd(), os.listdir("."))
os.makedirs("a/b")
open("a/b/file", "w").write("x")
os.symlink({str(tmp_path)!r}, "a/link")
os.chmod("a/b", 0)
os.chmod("a", 0)
def solve(x): return x + 1
""")
    assert verdict.passed
    found = re.search(r"at (\S+) True \[\]", verdict.output)
    assert found is not None
    assert not os.path.lexists(found[1])
    assert (tmp_path / "outside").read_text() == "stays"


def test_files_of_the_last_program_are_not_there(lane: OneLane) -> None:
    lane.judged("open('left', 'w').write('x')")
    assert lane.judged("import os\ndef solve(x): return x + 1 + len(os.listdir('.'))").passed


def test_changed_modules_of_the_last_program_are_not_there(lane: OneLane) -> None:
    lane.judged("import math, builtins\nmath.floor = None\nbuiltins.len = None")
    assert lane.judged("import math\ndef solve(x): return math.floor(x + len('a'))").passed


def test_a_closed_lane_leaves_no_process_and_no_directory() -> None:
    lane = Lane()
    process, directory = lane.sandbox._process.pid, lane.sandbox._directory
    assert alive(process)
    lane.sandbox.close()
    time.sleep(0.05)
    assert not alive(process)
    assert not Path(directory).exists()


def test_a_killed_caller_leaves_no_process_and_no_directory() -> None:
    program = "import os, time\\nif os.fork() == 0: os.setsid()\\ntime.sleep(60)"
    code = f"""
import threading, time
from programs import OneLane
lane = Lane()
threading.Thread(target=lane.judged, args=("{program}",), daemon=True).start()
time.sleep(0.5)
print(lane.sandbox._process.pid, lane.sandbox._directory, flush=True)
time.sleep(60)
"""
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True, env=environment) as caller:
        assert caller.stdout is not None
        process, directory = caller.stdout.readline().split()
        child = int(Path(directory, "pid").read_text())
        assert alive(child)
        caller.kill()
    until = time.monotonic() + 10
    while Path(directory).exists() and time.monotonic() < until:
        time.sleep(0.05)
    assert not Path(directory).exists()
    time.sleep(0.2)
    assert not running(int(process))
    assert not alive(child)
