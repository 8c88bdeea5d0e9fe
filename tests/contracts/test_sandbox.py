"""Every sandbox holds to the same promises. A new adapter is one more line in `SANDBOXES`."""

from __future__ import annotations

import os
import select
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from leti.types import Outcome
from leti.verify.conformance import ATTACKS, Attack, contaminations, differences, examine, failures
from leti.verify.harness.frames import ClosedError, Frames
from leti.verify.isolation import trouble
from leti.verify.sandbox import Cell, Role, Sandbox
from leti.verify.sandbox.bubblewrap import Bubblewrap
from leti.verify.sandbox.builtin import landlock, namespaces, process
from leti.verify.sandbox.container import Container
from programs import HONEST, OneLane

SANDBOXES: dict[str, Callable[[], Sandbox]] = {
    "namespaces": namespaces,
    "landlock": landlock,
    "process": process,
    "bubblewrap": Bubblewrap,
    "container": Container,
}
KINDS = sorted({row.kind for row in ATTACKS})
OF_THE_LEVEL = {"changes", "clearing", "files", "powers", "network", "others", "shared", "odd"}
"""What depends on the sandbox. The rest depends on the harness, and is tried at one level unless there is time."""
READY = 30.0


@pytest.fixture(scope="module", params=SANDBOXES)
def sandbox(request: pytest.FixtureRequest) -> Sandbox:
    one = SANDBOXES[request.param]()
    if reason := trouble(one):  # type: ignore[arg-type]
        pytest.skip(f"{request.param} does not work here: {reason}")
    return one


@pytest.fixture(params=Role)
def cell(request: pytest.FixtureRequest, sandbox: Sandbox) -> Iterator[Cell]:
    one = sandbox.start(request.param)
    yield one
    one.close()


@pytest.fixture
def place(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A directory for temporary files that is nobody else's."""
    with tempfile.TemporaryDirectory(dir="/tmp") as path:
        Path(path).chmod(0o711)
        monkeypatch.setattr(tempfile, "tempdir", path)
        yield Path(path)


def chosen(kind: str, *, slow: bool = False) -> list[Attack]:
    return [row for row in ATTACKS if row.kind == kind and (slow or not row.slow)]


def ready(cell: Cell) -> Frames:
    frames = Frames(cell.reader, cell.writer)
    header, blob = frames.read(time.monotonic() + READY)
    assert set(header) == {"ready"}
    assert blob == b""
    return frames


def test_it_says_what_it_is_and_what_it_keeps_programs_from(sandbox: Sandbox) -> None:
    assert sandbox.level.isidentifier()
    assert sandbox.covers


def test_a_cell_gets_ready_and_waits(cell: Cell) -> None:
    ready(cell)
    assert not select.select([cell.reader], [], [], 0.05)[0]
    assert cell.last_words() == ""


def test_a_cell_ends_when_nobody_speaks_to_it(sandbox: Sandbox) -> None:
    cell = sandbox.start(Role.PROGRAM)
    ready(cell)
    os.dup2(os.open(os.devnull, os.O_RDWR), cell.writer)
    assert os.read(cell.reader, 1) == b""
    cell.close()


def test_a_cell_is_stopped_by_another_thread_at_once(cell: Cell) -> None:
    frames = ready(cell)
    began = time.monotonic()
    threading.Timer(0.05, cell.stop).start()
    with pytest.raises(ClosedError):
        frames.read(time.monotonic() + READY)
    assert time.monotonic() - began < 2
    cell.stop()


def test_a_cell_that_is_not_ready_yet_can_be_closed(sandbox: Sandbox) -> None:
    for role in Role:
        cell = sandbox.start(role)
        cell.close()
        assert isinstance(cell.last_words(), str)


def test_each_outcome(sandbox: Sandbox) -> None:
    lane = OneLane(sandbox)
    programs = {
        HONEST: Outcome.PASSED,
        "def solve(x): return x": Outcome.FAILED,
        "def solve(x): return y": Outcome.RAISED,
        "def solve(x):": Outcome.RAISED,
        "while True: pass": Outcome.TIMED_OUT,
        "x = bytearray(1 << 30)": Outcome.OUT_OF_MEMORY,
        "raise SystemExit": Outcome.EXITED,
        "import os\nos.abort()": Outcome.CRASHED,
        f"{HONEST}\n": Outcome.PASSED,
    }
    found = {program: lane.judged(program, timeout=0.5, memory=128 << 20).outcome for program in programs}
    lane.close()
    assert found == programs


def test_nothing_is_left_when_all_is_closed(sandbox: Sandbox, place: Path) -> None:
    def descriptors() -> int:
        return len(list(Path("/proc/self/fd").iterdir()))

    before = descriptors()
    lane = OneLane(sandbox)
    assert lane.judged("open('a', 'w').write('x')\n" + HONEST).passed
    lane.close()
    assert descriptors() == before
    assert list(place.iterdir()) == []


@pytest.mark.parametrize("kind", sorted(OF_THE_LEVEL))
def test_attacks_on_the_sandbox(sandbox: Sandbox, kind: str) -> None:
    assert not failures(examine(sandbox, chosen(kind)))


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind not in OF_THE_LEVEL])
def test_attacks_on_the_verdict(kind: str) -> None:
    assert not failures(examine(usual(), chosen(kind)))


@pytest.mark.parametrize("fast", [False, True])
def test_no_program_changes_the_next_ones_verdict(*, fast: bool) -> None:
    assert not failures(contaminations(usual(), fast=fast))


def test_a_shared_process_changes_no_verdict() -> None:
    rows = [row for kind in ("odd", "ends by", "returns") for row in chosen(kind)]
    assert not failures(differences(usual(), rows))


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("fast", [False, True])
def test_all_attacks(sandbox: Sandbox, kind: str, place: Path, *, fast: bool) -> None:
    assert not failures(examine(sandbox, chosen(kind, slow=True), fast=fast))
    assert list(place.iterdir()) == []


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_a_shared_process_changes_no_verdict_at_all(kind: str) -> None:
    assert not failures(differences(usual(), chosen(kind, slow=True), slow=True))


def usual() -> Sandbox:
    """The strongest level that works here."""
    for name in ("namespaces", "landlock"):
        if not trouble(SANDBOXES[name]()):  # type: ignore[arg-type]
            return SANDBOXES[name]()
    pytest.skip("no level that holds hostile programs works here")
