"""Landlock: files, as far as a process and its descendants may see them, without any namespace.

What it does not see: metadata of files whose name is known (`stat`), and changes by path that open nothing (`chmod`,
`utime`: the filter refuses those).
"""

from __future__ import annotations

import ctypes
import os
import stat
from typing import TYPE_CHECKING

from .kernel import JailError, system_call

if TYPE_CHECKING:
    from collections.abc import Iterable

WRITE_FILE, READ_FILE, READ_DIR = 1 << 1, 1 << 2, 1 << 3
_REMOVE_DIR, _REMOVE_FILE, _MAKE_DIR, _MAKE_REG, _MAKE_SYM, _REFER, _TRUNCATE = (
    1 << bit for bit in (4, 5, 7, 8, 12, 13, 14)
)
_FILE_RIGHTS = (13, 14, 15, 15, 16)
"""How many kinds of access to files are known by ABI 1, 2, ...; the last count holds for all later ones."""
_READ = READ_FILE | READ_DIR
_WORK = _READ | WRITE_FILE | _REMOVE_DIR | _REMOVE_FILE | _MAKE_DIR | _MAKE_REG | _MAKE_SYM | _REFER | _TRUNCATE
SIGNALS_SINCE = 6  # the ABI that keeps signals and abstract sockets in
TRUNCATES_SINCE = 3
_RULE_BENEATH = 1
_QUIET = 1  # ABI 7: a refusal is what a program does, not a matter for the system's log


def abi() -> int:
    """Return the version of Landlock that this kernel speaks; 0 where it speaks none."""
    try:
        return system_call("landlock_create_ruleset", None, ctypes.c_size_t(0), ctypes.c_uint32(1))
    except JailError:
        return 0


def restrict(*, readable: Iterable[str], devices: Iterable[str], scratch: str) -> int:
    """Leave this process and its descendants some directories to read, one to write in, and no other file.

    Connections by TCP, signals to processes outside and abstract sockets go as well, where the kernel can (ABI 4, 6).
    `no_new_privs` has to be set already.

    Returns:
        The ABI.

    Raises:
        JailError: a rule was not taken.
    """
    version = abi()
    if not version:
        raise JailError("landlock: not there (kernel older than 5.13, or not in its list of security modules)")
    rights = (1 << _FILE_RIGHTS[min(version, len(_FILE_RIGHTS)) - 1]) - 1
    network, scope = 3 if version >= 4 else 0, 3 if version >= SIGNALS_SINCE else 0
    handled = (ctypes.c_uint64 * 3)(rights, network, scope)
    size = ctypes.c_size_t(24 if version >= SIGNALS_SINCE else 16 if version >= 4 else 8)
    ruleset = system_call("landlock_create_ruleset", handled, size, ctypes.c_uint32(0))
    try:
        for path in readable:
            _allow(ruleset, path, _READ & rights)
        for path in devices:
            _allow(ruleset, path, (READ_FILE | WRITE_FILE) & rights)
        _allow(ruleset, scratch, _WORK & rights)
        system_call("landlock_restrict_self", ctypes.c_int(ruleset), ctypes.c_uint32(_QUIET if version >= 7 else 0))
    finally:
        os.close(ruleset)
    return version


def _allow(ruleset: int, path: str, rights: int) -> None:
    """Allow some access beneath a path; a path that is not there needs no rule."""
    try:
        place = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except FileNotFoundError:
        return
    try:
        if not stat.S_ISDIR(os.fstat(place).st_mode):
            rights &= ~READ_DIR
        rule = ctypes.create_string_buffer(12)  # packed: 8 bytes of rights, 4 of descriptor
        ctypes.memmove(rule, rights.to_bytes(8, "little") + place.to_bytes(4, "little"), 12)
        what = f"landlock_add_rule({path})"
        system_call(
            "landlock_add_rule",
            ctypes.c_int(ruleset), ctypes.c_int(_RULE_BENEATH), rule, ctypes.c_uint32(0),
            what=what,
        )  # fmt: skip
    finally:
        os.close(place)
