"""Calls to the kernel that Python has no words for, and what is said when one of them fails."""

from __future__ import annotations

import contextlib
import ctypes
import errno
import os
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

PR_SET_PDEATHSIG, PR_SET_DUMPABLE, PR_SET_SECCOMP, PR_CAPBSET_DROP, PR_SET_NO_NEW_PRIVS = 1, 4, 22, 24, 38
CHOWN, SETGID, SETUID, SYS_ADMIN = 0, 6, 7, 21
NOBODY = 65534
MACHINES = {"x86_64": 0, "aarch64": 1}
"""Machines whose numbers are known, and where they stand in a row of numbers."""
_NUMBERS = {  # on x86_64, on aarch64
    "capget": (125, 90),
    "capset": (126, 91),
    "pidfd_open": (434, 434),
    "pivot_root": (155, 41),
    "mount_setattr": (442, 442),
    "landlock_create_ruleset": (444, 444),
    "landlock_add_rule": (445, 445),
    "landlock_restrict_self": (446, 446),
}
_THIS_PROCESS = (0x20080522, 0)  # how the calls about capabilities are laid out (version 3), and whose they are
_libc = ctypes.CDLL(None, use_errno=True)


class JailError(Exception):
    """A part of the jail could not be made."""


def failed(what: str, error: int) -> JailError:
    """Return the exception for a part that failed: `unshare(user): EPERM`."""
    return JailError(f"{what}: {errno.errorcode.get(error, error)}")


def machine() -> int:
    """Return where this machine's numbers stand in a row of them.

    Raises:
        JailError: it is none of those that are known.
    """
    name = os.uname().machine
    if name not in MACHINES or ctypes.sizeof(ctypes.c_void_p) != 8:
        raise JailError(f"machine {name}, {8 * ctypes.sizeof(ctypes.c_void_p)} bits: not one of {', '.join(MACHINES)}")
    return MACHINES[name]


def function(name: str, *arguments: Any, what: str = "") -> int:
    """Call a function of the C library.

    Raises:
        JailError: it said -1, or there is none of this name.
    """
    found = getattr(_libc, name, None)
    if found is None:
        raise failed(what or name, errno.ENOSYS)
    return _checked(found(*arguments), what or name)


def system_call(name: str, *arguments: Any, what: str = "") -> int:
    """Call the kernel by number.

    Raises:
        JailError: it said -1.
    """
    call = _libc.syscall
    call.restype = ctypes.c_long
    return _checked(call(ctypes.c_long(_NUMBERS[name][machine()]), *arguments), what or name)


def set_process(option: int, value: int, *, what: str) -> None:
    """Set an attribute of this process (`prctl`).

    Raises:
        JailError: it said -1.
    """
    more = (ctypes.c_ulong(0),) * 3
    function("prctl", ctypes.c_int(option), ctypes.c_ulong(value), *more, what=f"prctl({what})")


def _handle_of(process: int) -> int:
    return system_call("pidfd_open", process, 0)


handle_of: Callable[[int], int] = getattr(os, "pidfd_open", _handle_of)
"""Return a descriptor that is ready when a process has ended. Conda's Python has no word for it."""


def has_power(*capabilities: int) -> bool:
    """Whether this process holds some capabilities: root in a container may hold few."""
    held = (ctypes.c_uint32 * 6)()
    system_call("capget", (ctypes.c_uint32 * 2)(*_THIS_PROCESS), held)
    effective = held[0] | held[3] << 32
    return all(effective >> one & 1 for one in capabilities)


def drop_bounds() -> None:
    """Give up the right to any later capability, as far as it is ours to give up."""
    with contextlib.suppress(JailError):  # past the last one; or not ours to drop: then no_new_privs keeps them away
        for capability in range(64):
            set_process(PR_CAPBSET_DROP, capability, what="capbset_drop")


def drop_capabilities() -> None:
    """Give up every capability, now and later.

    Raises:
        JailError: the kernel says no.
    """
    drop_bounds()
    set_process(PR_SET_NO_NEW_PRIVS, 1, what="no_new_privs")
    system_call("capset", (ctypes.c_uint32 * 2)(*_THIS_PROCESS), (ctypes.c_uint32 * 6)())


def become_nobody() -> None:
    """Turn root into a user that owns nothing.

    Raises:
        JailError: an identity is not to be had.
    """
    try:
        os.setgroups([])
        os.setresgid(NOBODY, NOBODY, NOBODY)
        os.setresuid(NOBODY, NOBODY, NOBODY)
    except OSError as error:
        raise failed(f"setresuid({NOBODY})", error.errno or 0) from error


def _checked(result: int, what: str) -> int:
    if result == -1:
        raise failed(what, ctypes.get_errno())
    return result
