"""Jails to try things in: no harness of programs, only the walls, and a loop that runs what a test sends."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from leti.verify.sandbox import cell
from leti.verify.sandbox.bubblewrap import Bubblewrap

USER = 1000
SYSTEM_PYTHON = "/usr/bin/python3"
REFUSED = {"EPERM", "EACCES", "ENOENT", "EROFS", "ESRCH", "ENOSYS", "EAGAIN"}
DEFAULTS = {
    "jail": "namespaces", "seccomp": True, "drop": False, "tied": False, "readable": [],
    "scratch": None, "scratch_bytes": 1 << 20, "scratch_inodes": 64,
}  # fmt: skip
ENTER = """
import json, os, sys
sys.path.insert(0, sys.argv[1])
from harness import jail, kernel, landlock, seccomp, view
exec(sys.argv[3])
try:
    inside = jail.enter(json.loads(sys.argv[2]))
except (kernel.JailError, OSError) as error:
    os.write(2, str(error).encode())
    os._exit(71)
"""
SERVE = (
    ENTER
    + """
def attempt(deed):
    try:
        return deed()
    except OSError as error:
        import errno
        return errno.errorcode[error.errno]

def call(number, *arguments):
    import ctypes
    libc = ctypes.CDLL(None, use_errno=True)
    result = libc.syscall(ctypes.c_long(number), *arguments)
    if result == -1:
        raise OSError(ctypes.get_errno(), "")
    return result

print("ready", flush=True)
for line in sys.stdin:
    code, names = json.loads(line)
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.dup2(writer, 1)
        os.dup2(writer, 2)
        os.closerange(3, 64)
        seccomp.restrain()
        try:
            exec(code, {"attempt": attempt, "call": call, "os": os, "sys": sys, **names})
        except BaseException as error:
            print(type(error).__name__, error)
        sys.stdout.flush()
        os._exit(0)
    os.close(writer)
    with open(reader, encoding="utf-8", errors="replace") as said:
        text = said.read()
    _, status = os.waitpid(child, 0)
    print(json.dumps([text, status]), flush=True)
os._exit(0)
"""
)


@dataclass(kw_only=True)
class Jail:
    """A running jail; what is sent is run in a child of the process inside."""

    kind: str
    words: list[str]
    user: int | None = None
    powers: bool = False
    """It was started by root with all of root's powers."""
    private: Path
    """A directory of the test's own; removed at the end."""
    process: subprocess.Popen[str] = field(init=False)
    status: int = 0
    """How the last child ended."""

    def __post_init__(self) -> None:
        self.process = start(self.words, user=self.user)
        assert self.process.stdout is not None
        if self.process.stdout.readline() != "ready\n":
            said = self.process.stderr.read() if self.process.stderr else ""
            self.close()
            raise RuntimeError(said)

    @property
    def walled(self) -> bool:
        """Whether it has files and processes of its own."""
        return self.kind != "landlock"

    @property
    def bound_by_filter(self) -> bool:
        """Whether its children are refused processes by a filter, because root is bound to no number of them."""
        if os.geteuid() != 0 or self.user is not None:
            return False
        return not self.walled or not self.powers

    def run(self, code: str, **names: Any) -> str:
        """Return what the code printed."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps([code, names]) + "\n")
        self.process.stdin.flush()
        text, self.status = json.loads(self.process.stdout.readline())
        return str(text).strip()

    def inner(self) -> int:
        """Return the number of the process inside, as it is seen from outside."""
        own = self.process.pid
        if self.kind == "landlock":
            return own
        return int(Path(f"/proc/{own}/task/{own}/children").read_text().split()[0])

    def close(self) -> None:
        """End it."""
        for pipe in (self.process.stdin, self.process.stdout, self.process.stderr):
            if pipe is not None:
                pipe.close()
        self.process.kill()
        self.process.wait()
        shutil.rmtree(self.private, ignore_errors=True)


def start(words: list[str], *, user: int | None = None) -> subprocess.Popen[str]:
    """Start words as a user; None: the one who runs the tests."""
    pipe = subprocess.PIPE
    streams: dict[str, Any] = {"stdin": pipe, "stdout": pipe, "stderr": pipe, "text": True}
    who: dict[str, Any] = {} if user is None else {"user": user, "group": user, "extra_groups": []}
    return subprocess.Popen(words, **streams, **who, env=cell.ENVIRONMENT, cwd="/", start_new_session=True)


def words(
    jail: str, *, user: int | None = None, code: str = SERVE, first: str = "", **options: Any
) -> tuple[list[str], Path]:
    """Return what starts a jail, and the private directory it has.

    Args:
        jail: `namespaces`, `landlock`, `none` or `bubblewrap`.
        user: that it is started by.
        code: what is run.
        first: run before the jail is entered.
        options: of the jail.
    """
    private = Path(tempfile.mkdtemp(prefix="leti-jail-"))
    private.chmod(0o755)
    scratch = private / "scratch"
    scratch.mkdir()
    harness = (
        cell.HARNESS if user is None else Path(shutil.copytree(cell.HARNESS / "harness", private / "harness")).parent
    )
    if user is not None:
        os.chown(scratch, user, user)
    if jail == "bubblewrap" and user is not None:
        known = {"jail": "none", "scratch": "/scratch", "tied": True}
        harness = cell.HARNESS
        python = bubblewrap_of_user(user)
    elif jail == "bubblewrap":
        known = {"jail": "none", "scratch": "/scratch", "drop": True, "tied": True}
        python = [str(shutil.which("bwrap")), *Bubblewrap().walls(), "--", os.path.realpath(sys.executable)]
    else:
        known = {"jail": jail, "scratch": None if jail == "namespaces" else str(scratch)}
        python = [sys.executable if user is None else SYSTEM_PYTHON]
    chosen = json.dumps(DEFAULTS | known | options)
    return [*python, *cell.FLAGS, "-c", code, str(harness), chosen, first], private


def available() -> dict[str, tuple[str, int | None]]:
    """Return the jails that can be tried here, by a name: kind, and the user that makes it."""
    found: dict[str, tuple[str, int | None]] = {"namespaces": ("namespaces", None), "landlock": ("landlock", None)}
    if os.geteuid() == 0:
        found |= {f"{name}-user": (name, USER) for name in ("namespaces", "landlock", "bubblewrap")}
        found |= {f"{name}-of-root-without-powers": (name, None) for name in ("namespaces", "landlock")}
    return found | {"bubblewrap": ("bubblewrap", None)}


def bubblewrap_of_user(user: int) -> list[str]:
    """Return the words that start a Python in the walls that bwrap makes for a user."""
    code = """
import json, os, sys
sys.path.insert(0, sys.argv[1])
from leti.verify.sandbox.bubblewrap import Bubblewrap
print(json.dumps(["bwrap", *Bubblewrap().walls(), "--", os.path.realpath(sys.executable)]))
"""
    asked = start([SYSTEM_PYTHON, "-B", "-c", code, str(cell.HARNESS.parents[1])], user=user)
    said, wrong = asked.communicate()
    if asked.returncode:
        pytest.skip(f"another user cannot import leti: {wrong[-200:]}")
    words: list[str] = json.loads(said)
    return words


def enter(name: str, **options: Any) -> Jail:
    """Start a jail of `available`; the test is skipped where it cannot be had."""
    kind, user = available()[name]
    if sys.platform != "linux":
        pytest.skip("needs Linux")
    if kind == "bubblewrap" and shutil.which("bwrap") is None:
        pytest.skip("bwrap is not installed")
    if user is not None:
        needs_system_python()
    line, private = words(kind, user=user, **options)
    powers = os.geteuid() == 0 and user is None and "without" not in name
    if "without" in name:
        if shutil.which("setpriv") is None:
            pytest.skip("setpriv is not installed")
        line = ["setpriv", "--bounding-set=-all,+setfcap", *line]
    try:
        return Jail(kind=kind, words=line, user=user, powers=powers, private=private)
    except RuntimeError as error:
        shutil.rmtree(private, ignore_errors=True)
        if options:
            raise
        pytest.skip(f"{name} does not work here: {error}")


def needs_system_python() -> None:
    """Skip the test where there is no Python that any user may start and that is new enough."""
    if not Path(SYSTEM_PYTHON).exists():
        pytest.skip(f"no {SYSTEM_PYTHON}")
    asked = [SYSTEM_PYTHON, "-c", "import sys, ctypes; print(sys.version_info >= (3, 11))"]
    if subprocess.run(asked, capture_output=True, text=True, check=False).stdout.strip() != "True":
        pytest.skip(f"{SYSTEM_PYTHON} is older than 3.11 or has no ctypes")


__all__ = ["ENTER", "REFUSED", "Jail", "available", "enter", "needs_system_python", "start", "words"]
