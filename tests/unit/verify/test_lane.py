"""Whatever is killed or taken away: every program gets its one verdict, or the work stops and says why."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from leti.errors import SandboxError
from leti.kinds import Case, Streams
from leti.kinds import Tests as Checks
from leti.types import Outcome
from leti.verify import Exchange, Job, Lane, judge
from leti.verify.cells import LaneLostError
from leti.verify.evidence import Ended, Evidence, How
from leti.verify.sandbox import Role
from leti.verify.sandbox.builtin import BuiltIn, landlock, namespaces, process
from leti.verify.sandbox.cell import StartedCell
from programs import HONEST, OneLane, verdicts

CHECK = Checks(tests=("assert solve(1) == 2",))
JOB = Job(program=HONEST, check=CHECK)
SLOW = f"import time\ntime.sleep(0.3)\n{HONEST}"
WRONG = "def solve(x): return x"
ROOMS = [namespaces, landlock, process]


class Lost(Exchange):
    """Cells that are always lost."""

    started = False
    begun = 0

    def __init__(self) -> None:
        type(self).begun += 1

    @property
    def clean(self) -> bool:
        return True

    def run(self, job: Job) -> Evidence:  # noqa: ARG002
        raise LaneLostError("gone", started=self.started)

    def stop(self) -> None:
        pass

    close = stop


class LostAtWork(Lost):
    started = True


class LostOnce(LostAtWork):
    def run(self, job: Job) -> Evidence:
        if self.begun == 1:
            return super().run(job)
        return Evidence(ended=Ended(how=How.EXIT), output="second")


class Unclean(Lost):
    clean = False  # type: ignore[assignment]

    def run(self, job: Job) -> Evidence:  # noqa: ARG002
        return Evidence(ended=Ended(how=How.EXIT), output=str(self.begun))


def lane_of(kind: type[Lost]) -> Lane:
    kind.begun = 0
    return Lane(kind)


def test_our_own_fault_stops_the_work() -> None:
    with pytest.raises(SandboxError, match=r"broke twice before a program started \(gone\)"):
        lane_of(Lost).run(JOB)
    assert Lost.begun == 2


def test_a_program_that_takes_its_lane_down_twice_has_crashed() -> None:
    evidence = lane_of(LostAtWork).run(JOB)
    assert judge(JOB, evidence).outcome is Outcome.CRASHED
    assert LostAtWork.begun == 2


def test_a_program_whose_lane_is_lost_runs_once_more() -> None:
    assert lane_of(LostOnce).run(JOB).output == "second"


def test_a_lane_that_is_not_clean_is_replaced() -> None:
    lane = lane_of(Unclean)
    assert [lane.run(JOB).output for _ in range(3)] == ["1", "2", "3"]


def test_a_lane_that_was_stopped_takes_no_job_until_it_begins_again() -> None:
    lane = lane_of(LostOnce)
    lane.stop()
    with pytest.raises(LaneLostError):
        lane.run(JOB)
    assert LostOnce.begun == 1
    lane.begin()
    assert lane.run(JOB).output == "second"


@pytest.fixture(params=ROOMS, ids=lambda start: start.__name__)
def lane(request: pytest.FixtureRequest) -> Iterator[OneLane]:
    one = OneLane(request.param())
    assert one.still_works()
    yield one
    one.close()


def numbers(lane: OneLane) -> dict[str, int]:
    """Return the processes of a lane that somebody may kill."""
    exchange = lane.lane._exchange
    assert exchange is not None
    cells = [cell._process.pid for cell in exchange.cells.all()]  # type: ignore[attr-defined]
    inner = [int(number) for number in Path(f"/proc/{cells[0]}/task/{cells[0]}/children").read_text().split()]
    return {"cell": cells[0], "judge": cells[1], "template": inner[0] if inner else cells[0]}


VICTIMS = ["cell", "judge", "template"]


@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGTERM])
@pytest.mark.parametrize("victim", VICTIMS)
def test_a_process_of_the_lane_is_killed_between_two_programs(lane: OneLane, victim: str, end: signal.Signals) -> None:
    os.kill(numbers(lane)[victim], end)
    assert lane.judged(HONEST).passed
    assert lane.judged(WRONG).outcome is Outcome.FAILED


@pytest.mark.parametrize("victim", VICTIMS)
def test_a_process_of_the_lane_is_killed_while_a_program_runs(lane: OneLane, victim: str) -> None:
    thread = threading.Timer(0.15, os.kill, (numbers(lane)[victim], signal.SIGKILL))
    thread.start()
    assert lane.judged(SLOW).passed
    thread.join()
    assert lane.still_works()


def test_the_judge_is_killed_while_it_asks_the_program(lane: OneLane) -> None:
    thread = threading.Timer(0.15, os.kill, (numbers(lane)["judge"], signal.SIGKILL))
    thread.start()
    program = "import time\ndef solve(x):\n    time.sleep(0.02)\n    return x + 1"
    assert lane.judged(program, "assert all(solve(x) == x + 1 for x in range(12))").passed
    thread.join()
    assert lane.still_works()


def test_a_stopped_process_of_the_lane_is_as_good_as_lost(lane: OneLane, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("leti.verify.exchange.PATIENCE", 0.2)
    os.kill(numbers(lane)["template"], signal.SIGSTOP)
    assert lane.judged(HONEST, timeout=0.2).passed
    assert lane.still_works()


def test_lanes_are_killed_all_the_time() -> None:
    """Each program has its verdict, in order; the only wrong one there can be is that the sandbox was lost twice."""
    programs = [f"{(HONEST, WRONG)[number % 2]}\nimport time\ntime.sleep(0.05)\nx = {number}" for number in range(40)]
    started: list[StartedCell] = []
    newest = time.monotonic()
    over = threading.Event()

    class Watched:
        level, covers = "watched", process().covers

        def start(self, role: Role) -> StartedCell:
            nonlocal newest
            started.append(process().start(role))
            newest = time.monotonic()
            return started[-1]

    def kill() -> None:
        while not over.wait(0.02):
            if time.monotonic() - newest > 0.6:  # it had time to run something
                started[-1 - len(started) % 4 // 2].stop()

    thread = threading.Thread(target=kill)
    thread.start()
    try:
        found = verdicts(programs, sandbox=Watched())
    finally:
        over.set()
        thread.join()
    assert len(found) == 40
    for number, verdict in enumerate(found):
        right = Outcome.FAILED if number % 2 else Outcome.PASSED
        assert verdict.outcome is right or (verdict.error and "twice" in verdict.error.message), number


@pytest.fixture
def small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A small file system, where scratch directories are made from now on."""
    words = ["mount", "-t", "tmpfs", "-o", "size=256k,nr_inodes=64,mode=777", "small", str(tmp_path)]
    if os.geteuid() != 0 or not shutil.which("mount") or subprocess.run(words, check=False).returncode:
        pytest.skip("needs root's right to mount")
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    try:
        yield tmp_path
    finally:
        subprocess.run(["umount", "-l", str(tmp_path)], check=False, capture_output=True)


WRITER = f"with open('file', 'w') as file: file.write('x' * 5000)\n{HONEST}"
READS = Streams(cases=(Case(stdin="41" * 3000, stdout="6000"),))


def fill(place: Path) -> None:
    with (place / "filler").open("wb", buffering=0) as file, contextlib.suppress(OSError):
        while file.write(bytes(4096)):
            pass


@pytest.mark.parametrize("start", ROOMS[1:], ids=lambda start: start.__name__)
def test_the_disk_is_full(small: Path, start: Callable[[], BuiltIn]) -> None:
    lane = OneLane(start())
    assert lane.judged(WRITER).passed
    fill(small)
    verdict = lane.judged(WRITER)
    assert verdict.outcome is Outcome.RAISED
    assert verdict.error is not None
    assert verdict.error.message.startswith("[Errno 28]")
    assert lane.judged(HONEST).passed  # it needs no room
    with pytest.raises(SandboxError, match=r"broke twice.*Look for a full disk"):
        lane.judged("print(len(input()))", READS)  # what it is to read has no room
    (small / "filler").unlink()
    assert lane.judged(WRITER).passed
    assert lane.judged("print(len(open(0).read()))", READS).passed
    lane.close()
    assert not list(small.iterdir())


@pytest.mark.parametrize("start", ROOMS, ids=lambda start: start.__name__)
def test_where_cells_are_made_is_gone_in_the_middle_of_a_batch(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, start: Callable[[], BuiltIn]
) -> None:
    place = tmp_path / "place"
    place.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(place))
    lane = OneLane(start())
    assert lane.still_works()
    shutil.rmtree(place)
    found = []
    try:
        found = [lane.judged(f"{WRITER}\nx = {number}") for number in range(3)]
    except SandboxError as error:
        assert str(place) in str(error)  # noqa: PT017 - it may also go on: those in namespaces have a place of their own
    assert all(verdict.passed for verdict in found)
    assert found or start is not namespaces
    place.mkdir()
    assert lane.still_works()
    lane.close()


def test_the_file_system_of_the_scratch_is_gone_in_the_middle_of_a_batch(small: Path) -> None:
    lane = OneLane(landlock())
    assert lane.judged(WRITER).passed
    subprocess.run(["umount", "-l", str(small)], check=True)
    assert [lane.judged(f"{WRITER}\nx = {number}").passed for number in range(3)] == [True] * 3
    lane.close()


def test_no_more_processes_may_be_started(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: object, **__: object) -> None:
        raise BlockingIOError(11, "Resource temporarily unavailable")

    lane = OneLane(process())
    assert lane.still_works()
    monkeypatch.setattr(subprocess, "Popen", refused)
    assert lane.judged(HONEST).passed  # its cells are there
    os.kill(numbers(lane)["template"], signal.SIGKILL)
    with pytest.raises(SandboxError, match="Resource temporarily unavailable"):
        lane.judged(HONEST)
    monkeypatch.undo()
    assert lane.still_works()
    lane.close()


def test_a_verifier_stops_with_the_cause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", "/no/such/place")
    with pytest.raises(SandboxError, match="/no/such/place"):
        verdicts([HONEST, WRONG], sandbox=process())


def test_time_is_not_lost_on_a_lane_that_was_killed() -> None:
    lane = OneLane()
    assert lane.still_works()
    thread = threading.Timer(0.2, os.kill, (numbers(lane)["template"], signal.SIGKILL))
    began = time.monotonic()
    thread.start()
    assert lane.judged("while True: pass", timeout=0.5).outcome is Outcome.TIMED_OUT
    assert time.monotonic() - began < 5
    lane.close()
