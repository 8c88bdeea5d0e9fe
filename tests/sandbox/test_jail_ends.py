"""A jail ends whole: whoever dies, and whatever is inside, nothing is left running and nothing is left lying about."""

from __future__ import annotations

import os
import shutil
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from jails import ENTER, available, enter, start, words
from leti.verify.sandbox import Cell, Role, builtin
from leti.verify.sandbox.bubblewrap import Bubblewrap
from leti.verify.sandbox.cell import StartedCell
from leti.verify.sandbox.scratch import Scratch

if sys.platform != "linux":
    pytest.skip("jails need Linux", allow_module_level=True)

STUCK = """
print(os.getpid(), flush=True)
import time
while True:
    time.sleep(60)
"""
FAMILY = """
import os, signal, sys, time
print("ready", flush=True)
for number in range(6):
    if os.fork() == 0:
        if number % 2:
            os.setsid()
        if number % 3 == 0 and os.fork():
            os._exit(0)
        break
time.sleep(60)
"""


def below(pid: int) -> list[int]:
    """The descendants of a process that run, itself included."""
    found, left = [], [pid]
    while left:
        one = left.pop()
        try:
            left += map(int, Path(f"/proc/{one}/task/{one}/children").read_text().split())
            state = Path(f"/proc/{one}/stat").read_text().rpartition(")")[2].split()[0]
        except OSError:
            continue
        if state != "Z":
            found.append(one)
    return found


def running(pid: int) -> bool:
    return bool(below(pid))


def gone(pids: list[int], *, within: float = 5.0) -> bool:
    for _ in range(int(within * 100)):  # by count: a clock may jump where machines are put to sleep
        if not any(map(running, pids)):
            return True
        time.sleep(0.01)
    return False


def wait_for(ready: Callable[[], bool]) -> None:
    for _ in range(3000):
        if ready():
            return
        time.sleep(0.01)
    raise AssertionError("it never came to that")


WALLED = [name for name in available() if "landlock" not in name]


@pytest.mark.parametrize("name", WALLED)
def test_a_killed_launcher_takes_all_with_it(name: str) -> None:
    jail = enter(name)
    jail.run("import time\nif os.fork() == 0:\n    os.setsid()\n    os.close(1), os.close(2)\n    time.sleep(60)")
    pids = below(jail.process.pid)
    assert len(pids) == (2 if jail.bound_by_filter else 3)  # launcher, first process, the one left behind
    jail.process.kill()
    if name == "bubblewrap" and os.geteuid() == 0:  # bwrap has given up the right to signal whom root became inside
        assert jail.process.stdin is not None
        jail.process.stdin.close()
    assert gone(pids)
    jail.close()


@pytest.mark.parametrize("name", WALLED)
def test_a_killed_first_process_takes_all_with_it(name: str) -> None:
    jail = enter(name)
    jail.run("import time\nif os.fork() == 0:\n    os.setsid()\n    os.close(1), os.close(2)\n    time.sleep(60)")
    pids = below(jail.process.pid)
    os.kill(jail.inner(), signal.SIGKILL)
    assert gone(pids)
    assert jail.process.wait(5) == 128 + signal.SIGKILL
    jail.close()


def test_a_jail_that_nobody_listens_to_is_ended_though_it_is_stuck() -> None:
    line, private = words("namespaces", code=ENTER + STUCK)
    with start(line) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stdout.readline() == "1\n"
        pids = below(process.pid)
        process.stdin.close()
        assert gone(pids)
        process.kill()
    shutil.rmtree(private)


def test_a_jail_that_fails_says_which_part_and_why() -> None:
    """Inside a filter that refuses namespaces."""
    line, private = words("namespaces", first="seccomp.install()")
    process = start(line)
    _, said = process.communicate()
    assert process.returncode == 71
    assert said in {"unshare(user): EPERM", "unshare(pid): EPERM"}
    shutil.rmtree(private)


@pytest.mark.parametrize("missing", ["'mount_setattr'", "'mount'"])
def test_kernels_that_lack_a_part_are_worked_around(missing: str) -> None:
    """Without `mount_setattr`, as before Linux 5.12; and without a /proc of its own, as in some containers."""
    patch = f"""
def without(name, *arguments, what=""):
    if name == {missing} and (name != "mount" or "proc" in what):
        raise kernel.JailError(name)
    return known[name == "mount_setattr" or name == "pivot_root"](name, *arguments, what=what)
known = view.function, view.system_call
view.function = view.system_call = without
"""
    for name in ("namespaces", "namespaces-user"):
        if name not in available():
            continue
        jail = enter(name, first=patch)
        said = jail.run("print(attempt(lambda: open(os.__file__, 'a')), attempt(lambda: os.mkdir('/usr/lib/x')))")
        assert set(said.split()) <= {"EROFS", "EACCES"}
        assert jail.run("import ssl; open('x', 'w').write('x'); print(os.path.exists('/etc'))") == "False"
        jail.close()


@pytest.mark.parametrize("version", range(1, 8))
def test_each_version_of_landlock_is_used_as_far_as_it_goes(version: int) -> None:
    patch = f"found = landlock.abi()\nlandlock.abi = lambda: min(found, {version})"
    for name in ("landlock", "landlock-user"):
        if name not in available():
            continue
        jail = enter(name, first=patch)
        victim = os.getpid()
        assert jail.run("print(attempt(lambda: open('/etc/passwd')))") == "EACCES"
        assert jail.run("open('x', 'w').write('x'); os.rename('x', 'y'); print(os.listdir('.'))") == "['y']"
        assert jail.run(
            "print(attempt(lambda: os.kill(pid, 0)), attempt(lambda: os.kill(os.getpid(), 0)))", pid=victim
        ) == ("EPERM None")
        assert jail.run("print(attempt(lambda: os.pidfd_open(pid)) == 'EPERM')", pid=victim) == str(version < 6)
        jail.close()


CELLS: dict[str, Callable[[], StartedCell]] = {
    "namespaces": lambda: builtin.namespaces().started("program"),
    "landlock": lambda: builtin.landlock().started("program"),
    "process": lambda: builtin.process().started("program"),
    "bubblewrap": lambda: Bubblewrap().started("program"),
}


@pytest.fixture(params=CELLS)
def cell(request: pytest.FixtureRequest) -> Iterator[StartedCell]:
    if request.param == "bubblewrap" and shutil.which("bwrap") is None:
        pytest.skip("bwrap is not installed")
    one = CELLS[request.param]()
    assert os.read(one.reader, 1), one.last_words()
    yield one
    one.close()


def test_a_stopped_cell_ends_and_says_so_to_whoever_reads(cell: StartedCell) -> None:
    pids = below(cell._process.pid)
    heard = []
    reader = threading.Thread(target=lambda: heard.append(read_all(cell.reader)))
    reader.start()
    cell.stop()
    cell.stop()
    reader.join(5)
    assert not reader.is_alive()
    assert gone(pids)


def read_all(descriptor: int) -> int:
    count = 0
    while data := os.read(descriptor, 1 << 16):
        count += len(data)
    return count


def test_a_closed_cell_leaves_nothing(cell: StartedCell) -> None:
    pids, scratch = below(cell._process.pid), cell._scratch
    assert scratch is None or scratch.directory.exists()
    cell.close()
    cell.close()
    assert gone(pids, within=0.5)
    assert scratch is None or not scratch.directory.exists()
    assert cell.last_words() == ""
    cell.stop()


def test_a_cell_that_nobody_writes_to_any_more_ends(cell: StartedCell) -> None:
    pids = below(cell._process.pid)
    cell._process.stdin.close()  # type: ignore[union-attr]
    assert gone(pids)


def test_a_cell_is_what_the_protocol_says(cell: StartedCell) -> None:
    one: Cell = cell
    assert one.reader != one.writer
    assert one.last_words() == ""


def test_stopping_gets_all_descendants_where_the_kernel_does_not() -> None:
    subreaper = "import ctypes; ctypes.CDLL(None).prctl(36, 1, 0, 0, 0)\n"
    line = [sys.executable, "-S", "-c", subreaper + FAMILY]
    one = StartedCell(line, below=True)
    try:
        wait_for(lambda: len(below(one._process.pid)) >= 7)
        pids = below(one._process.pid)
        one.stop()
    finally:
        one.close()
    assert gone(pids, within=0.5)


def test_closing_removes_what_a_program_made_hard_to_remove(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.write_text("stays")
    scratch = Scratch()
    deep = scratch.inside / "a" / "b"
    deep.mkdir(parents=True)
    (deep / "file").write_text("x")
    (deep / "link").symlink_to(tmp_path)
    deep.chmod(0)
    deep.parent.chmod(0)
    StartedCell([sys.executable, "-S", "-c", ""], scratch=scratch).close()
    assert not scratch.directory.exists()
    assert outside.read_text() == "stays"


def test_what_a_killed_caller_left_is_removed_by_the_next(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    child = os.fork()
    if child == 0:
        scratch = Scratch()
        (scratch.inside / "file").write_text("x")
        os.kill(os.getpid(), signal.SIGKILL)
    os.waitpid(child, 0)
    left = list(tmp_path.iterdir())
    assert len(left) == 1
    first, second = Scratch(), Scratch()
    assert sorted(tmp_path.iterdir()) == sorted([first.directory, second.directory])
    assert left[0] not in (first.directory, second.directory)
    first.remove()
    second.remove()
    second.remove()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("level", ["namespaces", "bubblewrap"])
def test_where_a_jail_has_its_own_files_a_killed_caller_leaves_none(
    level: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if level == "bubblewrap" and shutil.which("bwrap") is None:
        pytest.skip("bwrap is not installed")
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    one = CELLS[level]()
    assert os.read(one.reader, 1), one.last_words()
    assert list(tmp_path.iterdir()) == []
    one.close()


def test_a_cell_that_cannot_start_says_why() -> None:
    one = builtin.BuiltIn(level="x", covers=frozenset(), jail="unheard-of").start(Role.PROGRAM)
    assert one.wait(20) == 71
    assert one.last_words() == "jail unheard-of: there is none of this name"
    one.close()


def test_a_package_that_is_not_there_is_named() -> None:
    for role in Role:
        one = builtin.namespaces(packages=("no_such_package",)).start(role)
        assert one.wait(20) == 71
        assert one.last_words() == "package 'no_such_package': No module named 'no_such_package'"
        one.close()


@pytest.mark.parametrize("level", ["namespaces", "landlock", "process", "bubblewrap"])
def test_a_package_that_is_installed_is_loaded(level: str) -> None:
    if level == "bubblewrap" and shutil.which("bwrap") is None:
        pytest.skip("bwrap is not installed")
    make = Bubblewrap if level == "bubblewrap" else getattr(builtin, level)
    for role in Role:
        one = make(packages=("numpy",)).start(role)
        assert os.read(one.reader, 1), one.last_words()
        one.close()
