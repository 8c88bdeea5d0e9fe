"""What a process in a jail sees of the file system, and what it can write: tried in each jail that can be had here."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from jails import REFUSED, Jail, available, enter

if sys.platform != "linux":
    pytest.skip("jails need Linux", allow_module_level=True)


@pytest.fixture(scope="module", params=available())
def jail(request: pytest.FixtureRequest) -> Iterator[Jail]:
    one = enter(request.param)
    yield one
    one.close()


@pytest.fixture
def secret() -> Iterator[Path]:
    """A file that any user may read and change."""
    path = Path(f"/tmp/leti-secret-{os.getpid()}")
    path.write_text("hidden")
    path.chmod(0o666)
    os.utime(path, (1, 1))
    yield path
    assert path.read_text() == "hidden"
    assert path.stat().st_mode & 0o777 == 0o666
    assert path.stat().st_mtime == 1
    path.unlink()


@pytest.mark.parametrize(
    "path", ["/etc/passwd", "/etc/hostname", "/proc/self/status", "/proc/1/cmdline", "/sys/kernel"]
)
def test_files_of_the_system_cannot_be_read(jail: Jail, path: str) -> None:
    assert jail.run("print(attempt(lambda: os.open(path, os.O_RDONLY)))", path=path) in REFUSED


@pytest.mark.parametrize("path", ["/", "/etc", "/home", "/tmp", "/proc", "/dev/shm", "/var", "/run"])
def test_directories_of_the_system_cannot_be_listed(jail: Jail, path: str) -> None:
    said = jail.run("print(attempt(lambda: os.listdir(path)))", path=path)
    if jail.walled and path == "/":
        assert not {"home", "var", "proc", "sys", "run", "boot"} & set(eval(said))
    else:  # the way to what it has to see: the interpreter and the harness; bwrap has to show the cache of the loader
        seen = (Path(sys.prefix), Path(sys.base_prefix), Path(__file__).resolve(), jail.private)
        ways = {
            other.relative_to(path).parts[0] for other in seen if other != Path(path) and other.is_relative_to(path)
        }
        assert said in REFUSED or (jail.walled and set(eval(said)) <= ways | {"ld.so.cache"})


def test_a_file_of_the_user_cannot_be_read_or_changed(jail: Jail, secret: Path) -> None:
    deeds = {
        "read": "open(path).read()",
        "write": "open(path, 'w')",
        "append": "open(path, 'a')",
        "empty while reading": "os.open(path, os.O_RDONLY | os.O_TRUNC)",
        "cut": "os.truncate(path, 0)",
        "rights": "os.chmod(path, 0)",
        "times": "os.utime(path)",
        "remove": "os.unlink(path)",
        "move": "os.rename(path, 'mine')",
        "link": "os.link(path, 'mine')",
        "owner": "os.chown(path, 1, 1)",
        "rights of a library": "os.fchmod(os.open(os.__file__, os.O_RDONLY), 0o777)",
        "times of a library": "os.utime(os.open(os.__file__, os.O_RDONLY))",
        "attribute": "os.setxattr(path, 'user.x', b'')",
        "through a link": "(os.symlink(path, 'link'), open('link').read())",
        "up and down": "open('../../../../../../' + path).read()",
    }
    for what, deed in deeds.items():
        said = jail.run(f"print(attempt(lambda: {deed}))", path=str(secret))
        assert said in REFUSED | {"ENOTSUP", "EXDEV"}, what
    jail.run("import shutil; [os.unlink(name) for name in os.listdir('.')]")


@pytest.mark.parametrize("place", ["/", "/tmp", "/dev", "/usr/lib", "/lib", "/dev/shm", "/var/tmp", "stdlib"])
def test_nothing_can_be_written_outside_the_scratch(jail: Jail, place: str) -> None:
    code = """
place = os.path.dirname(os.__file__) if place == "stdlib" else place
print(attempt(lambda: os.open(place + "/leti-evil", os.O_CREAT | os.O_WRONLY)), attempt(lambda: os.mkdir(place + "/x")))
"""
    assert set(jail.run(code, place=place).split()) <= REFUSED
    assert not Path(place, "leti-evil").exists()


def test_the_scratch_can_be_used(jail: Jail) -> None:
    said = jail.run("""
import tempfile, shutil
os.makedirs("a/b")
open("a/b/f", "w").write("text")
os.rename("a/b/f", "a/f")
os.truncate("a/f", 2) if hasattr(os, "truncate") else None
print(open("a/f").read(), sorted(os.listdir("a")), len(tempfile.mkdtemp(dir=".")) > 0, os.getcwd() != "/")
for name in os.listdir("."):
    shutil.rmtree(name)
print(os.listdir("."))
""")
    assert said == "te ['b', 'f'] True True\n[]"


def test_the_scratch_holds_no_device_or_pipe_that_others_could_find(jail: Jail) -> None:
    assert jail.run("print(attempt(lambda: os.mkfifo('fifo')))") in REFUSED
    assert (
        jail.run("import stat; print(attempt(lambda: os.mknod('null', 0o666 | stat.S_IFCHR, os.makedev(1, 3))))")
        in REFUSED
    )


def test_the_scratch_is_bounded_in_bytes(jail: Jail) -> None:
    said = jail.run("""
def fill():
    for number in range(80):
        with open(f"big{number}", "wb") as file:
            file.write(bytes(1 << 19))
    return "all"
print(attempt(fill))
for name in os.listdir("."):
    os.unlink(name)
""")
    assert said == ("ENOSPC" if jail.walled else "all")


def test_the_scratch_is_bounded_in_files(jail: Jail) -> None:
    if jail.kind == "bubblewrap":
        pytest.skip("bwrap bounds the bytes only")
    said = jail.run("""
def fill():
    for number in range(200):
        open(f"small{number}", "w").close()
    return "all"
print(attempt(fill))
for name in os.listdir("."):
    os.unlink(name)
""")
    assert said == ("ENOSPC" if jail.walled else "all")


def test_one_file_is_bounded_in_bytes(jail: Jail) -> None:
    said = jail.run("print(attempt(lambda: os.posix_fallocate(os.open('f', os.O_CREAT | os.O_WRONLY), 0, 1 << 30)))")
    assert said in {"EFBIG", "ENOSPC"}
    jail.run("os.unlink('f')")


def test_copies_keep_their_rights_where_rights_may_be_changed(jail: Jail) -> None:
    said = jail.run("""
import shutil
open("a", "w").write("x")
print(attempt(lambda: shutil.copy2("a", "b")))
print(attempt(lambda: os.fchmod(os.open("a", os.O_RDONLY), 0o600)))
[os.unlink(name) for name in os.listdir(".")]
""")
    assert said == ("b\nNone" if jail.walled else "EPERM\nEPERM")
