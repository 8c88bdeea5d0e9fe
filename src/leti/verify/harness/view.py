"""What a jailed process sees of the file system: a tree of its own, made in a mount namespace of its own.

In it are the interpreter's libraries and those of the system, to read; four devices without a memory; a scratch
directory of bounded size. There is no /etc, no /home, no /proc, no /sys.
"""

from __future__ import annotations

import ctypes
import errno
import os
import sys
from typing import TYPE_CHECKING

from .kernel import NOBODY, JailError, function, system_call

if TYPE_CHECKING:
    from collections.abc import Iterable

SCRATCH = "/scratch"
DEVICES = ("/dev/null", "/dev/zero", "/dev/random", "/dev/urandom")
_LIBRARIES = ("/lib", "/lib32", "/lib64", "/usr/lib", "/usr/lib32", "/usr/lib64", "/usr/share/zoneinfo")
_STORES = ("/nix/store", "/gnu/store")  # systems where every library lives in a directory of its own
_MOUNT_POINTS = ("/tmp", "/run", "/mnt", "/usr")  # noqa: S108 - covered in this namespace only, nothing is written
_OLD = "/old"

_READ_ONLY, _NO_SUID, _NO_DEV, _NO_EXEC = 1, 2, 4, 8  # as flags of mount and of mount_setattr
_REMOUNT, _BIND, _RECURSIVE, _PRIVATE, _DETACH = 32, 4096, 16384, 1 << 18, 2
_OPTIONS = {
    "ro": _READ_ONLY, "nosuid": _NO_SUID, "nodev": _NO_DEV, "noexec": _NO_EXEC,
    "noatime": 1 << 10, "nodiratime": 1 << 11, "relatime": 1 << 21,
}  # fmt: skip
_STRICT_TIMES = 1 << 24
_AT_RECURSIVE = 0x8000


def shown(extra: Iterable[str]) -> list[str]:
    """Return the paths that this interpreter needs to read when it is jailed, and `extra`: see `covering`."""
    return covering([*system(), *extra, *sys.path[1:], os.path.dirname(__file__), *_mapped()])  # noqa: PTH120


def system() -> set[str]:
    """Return where the system's libraries are, and those of the interpreter."""
    found = set(_LIBRARIES)
    for prefix in {sys.base_prefix, sys.base_exec_prefix}:
        found |= {f"{prefix}/lib", f"{prefix}/lib64"}
        found |= {store for store in _STORES if prefix.startswith(store)}
    return found


def covering(paths: Iterable[str]) -> list[str]:
    """Return those paths that exist, sorted, none beneath another; where one leads through links, both names."""
    named = {os.path.abspath(path) for path in paths if path and os.path.exists(path)}  # noqa: PTH100, PTH110
    found: list[str] = []
    for path in sorted({*named, *map(os.path.realpath, named)}):
        if not any(f"{path}/".startswith(f"{above}/") for above in found):
            found.append(path)
    return found


def build(paths: Iterable[str], *, scratch_bytes: int, scratch_inodes: int) -> int | None:
    """Make the tree and move into it; the rest of the file system is out of reach then.

    Returns:
        A descriptor of this process namespace's /proc, or None where the kernel gives none. No path leads to it: the
        process that forks programs needs it to see how long they waited for a processor, and no program ever has it.

    Raises:
        JailError: a part could not be made.
    """
    _mount("", "/", "", _RECURSIVE | _PRIVATE)
    base = next(path for path in _MOUNT_POINTS if os.path.isdir(path))  # noqa: PTH112
    _mount("tmpfs", base, "tmpfs", _NO_SUID | _NO_DEV, "size=1m,nr_inodes=1k,mode=755")
    os.chdir(base)
    os.mkdir(_OLD[1:], 0o700)  # noqa: PTH102 - pathlib is not loaded
    system_call("pivot_root", b".", _OLD[1:].encode())
    os.chdir("/")
    for path in paths:
        _bind(path, _READ_ONLY | _NO_SUID | _NO_DEV)
    for path in DEVICES:
        _bind(path, _READ_ONLY | _NO_SUID | _NO_EXEC)
    os.mkdir(SCRATCH, 0o700)  # noqa: PTH102
    limits = f"size={scratch_bytes},nr_inodes={scratch_inodes},mode=700,uid={NOBODY},gid={NOBODY}"
    _mount("tmpfs", SCRATCH, "tmpfs", _NO_SUID | _NO_DEV | _NO_EXEC, limits)
    proc = _processes()
    _leave(_OLD)
    _mount("", "/", "", _REMOUNT | _BIND | _READ_ONLY | _NO_SUID | _NO_DEV | _NO_EXEC)
    return proc


def _mapped() -> set[str]:
    """Return the directories that this process's libraries came from."""
    try:
        with open("/proc/self/maps") as file:  # noqa: PTH123
            return {os.path.dirname(line.split(maxsplit=5)[5].strip()) for line in file if ".so" in line}  # noqa: PTH120
    except OSError:
        return set()


def _mount(what: str, where: str, kind: str, flags: int, options: str = "") -> None:
    words = [text.encode() or None for text in (what, where, kind)]
    function("mount", *words, ctypes.c_ulong(flags), options.encode() or None, what=f"mount({where})")


def _leave(path: str) -> None:
    """Take a mounted tree out of sight; descriptors into it stay good."""
    function("umount2", path.encode(), ctypes.c_int(_DETACH), what=f"umount({path})")
    os.rmdir(path)  # noqa: PTH106


def _bind(path: str, flags: int) -> None:
    """Show a path of the old tree at the same place of the new one."""
    source = _OLD + os.path.realpath(_OLD + path).removeprefix(_OLD)
    try:
        if os.path.isdir(source):  # noqa: PTH112
            os.makedirs(path, 0o755, exist_ok=True)  # noqa: PTH103
        else:
            os.makedirs(os.path.dirname(path), 0o755, exist_ok=True)  # noqa: PTH103, PTH120
            os.close(os.open(path, os.O_CREAT | os.O_WRONLY, 0o644))
    except OSError as error:
        raise JailError(f"mkdir({path}): {errno.errorcode.get(error.errno or 0)}") from error
    _mount(source, path, "", _BIND | _RECURSIVE)
    restrict(path, flags)


def restrict(path: str, flags: int) -> None:
    """Take rights away from a mount and from all that is mounted beneath it."""
    attributes = (ctypes.c_uint64 * 4)(flags, 0, 0, 0)
    try:
        at = (ctypes.c_int(-100), path.encode(), ctypes.c_uint(_AT_RECURSIVE))
        system_call("mount_setattr", *at, attributes, ctypes.c_size_t(32))
    except JailError:  # Linux before 5.12, or a container's filter that does not know the call
        for where, has in _mounts(path):
            _mount("", where, "", _REMOUNT | _BIND | flags | has)


def _mounts(path: str) -> list[tuple[str, int]]:
    """Return what is mounted at and beneath a path, and the flags that it has and may have to keep."""
    found = []
    with open(f"{_OLD}/proc/self/mountinfo") as file:  # noqa: PTH123
        for line in file:
            where, options = line.split()[4:6]
            for mark in ("040", "011", "012", "134"):  # no codec could be imported now
                where = where.replace(f"\\{mark}", chr(int(mark, 8)))
            flags = sum(_OPTIONS.get(option, 0) for option in options.split(","))
            if f"{where}/".startswith(f"{path}/"):
                found.append((where, flags if "atime" in options else flags | _STRICT_TIMES))
    return found


def _processes() -> int | None:
    where = "/proc"
    os.mkdir(where, 0o700)  # noqa: PTH102
    for options in ("subset=pid", ""):
        try:
            _mount("proc", where, "proc", _NO_SUID | _NO_DEV | _NO_EXEC, options)
        except JailError:
            continue
        found = os.open(where, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        _leave(where)
        return found
    os.rmdir(where)  # noqa: PTH106
    return None
