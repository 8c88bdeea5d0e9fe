"""The filter on what may be asked of the kernel: a list of what is allowed; all else is refused.

It is installed once, in the process that others are forked from, and inherited. What the interpreter and ordinary
programs need is on the list. Not on it, among much else: sockets, ptrace and the memory of other processes, memory
that no limit counts (memfd, System V), namespaces and mounts, keys, bpf, io_uring, other processes' limits and
priorities, starting another program file.
"""

from __future__ import annotations

import ctypes
import errno
import os
import struct
from typing import NamedTuple

from .kernel import PR_SET_NO_NEW_PRIVS, PR_SET_SECCOMP, function, machine, set_process

ALLOWED = """
read 0 63, write 1 64, readv 19 65, writev 20 66, pread64 17 67, pwrite64 18 68, preadv 295 69, pwritev 296 70,
preadv2 327 286, pwritev2 328 287, close 3 57, close_range 436 436, creat 85 -, stat 4 -, lstat 6 -, fstat 5 80,
newfstatat 262 79, statx 332 291, access 21 -, faccessat 269 48, faccessat2 439 439, lseek 8 62, dup 32 23, dup2 33 -,
dup3 292 24, flock 73 32, fsync 74 82, fdatasync 75 83, truncate 76 45, ftruncate 77 46, getdents 78 -,
getdents64 217 61, getcwd 79 17, chdir 80 49, fchdir 81 50, rename 82 -, renameat 264 38, renameat2 316 276,
mkdir 83 -, mkdirat 258 34, rmdir 84 -, link 86 -, linkat 265 37, unlink 87 -, unlinkat 263 35, symlink 88 -,
symlinkat 266 36, readlink 89 -, readlinkat 267 78, chmod 90 -, fchmod 91 52, fchmodat 268 53, fchmodat2 452 452,
umask 95 166, utime 132 -, utimes 235 -, futimesat 261 -, utimensat 280 88, statfs 137 43, fstatfs 138 44,
copy_file_range 326 285, sendfile 40 71, fallocate 285 47, fadvise64 221 223,
sync_file_range 277 84, getxattr 191 8, lgetxattr 192 9, fgetxattr 193 10, listxattr 194 11, llistxattr 195 12,
flistxattr 196 13,
mmap 9 222, munmap 11 215, mprotect 10 226, mremap 25 216, brk 12 214, madvise 28 233, msync 26 227,
membarrier 324 283,
rt_sigaction 13 134, rt_sigprocmask 14 135, rt_sigreturn 15 139, rt_sigpending 127 136, rt_sigtimedwait 128 137,
rt_sigsuspend 130 133, sigaltstack 131 132, pause 34 -, alarm 37 -, getitimer 36 102, setitimer 38 103, kill 62 129,
tkill 200 130, tgkill 234 131, timerfd_create 283 85, timerfd_settime 286 86, timerfd_gettime 287 87, eventfd 284 -,
eventfd2 290 19, pidfd_open 434 434, pidfd_send_signal 424 424,
wait4 61 260, waitid 247 95, fork 57 -, vfork 58 -, exit 60 93, exit_group 231 94, set_tid_address 218 96,
set_robust_list 273 99, rseq 334 293, futex 202 98, futex_waitv 449 449, setsid 112 157, setpgid 109 154,
getpgid 121 155, getpgrp 111 -, getsid 124 156, getpid 39 172, getppid 110 173, gettid 186 178, getrlimit 97 163,
setrlimit 160 164, getrusage 98 165, times 100 153, getpriority 140 141, sched_yield 24 124, sched_getaffinity 204 123,
sched_getscheduler 145 120, sched_getparam 143 121, sched_get_priority_max 146 125, sched_get_priority_min 147 126,
sched_rr_get_interval 148 127, getuid 102 174, geteuid 107 175, getgid 104 176, getegid 108 177, getresuid 118 148,
getresgid 120 150, getgroups 115 158, capget 125 90,
time 201 -, gettimeofday 96 169, clock_gettime 228 113, clock_getres 229 114, clock_nanosleep 230 115,
nanosleep 35 101, poll 7 -, ppoll 271 73, select 23 -, pselect6 270 72, epoll_create 213 -, epoll_create1 291 20,
epoll_ctl 233 21, epoll_wait 232 -, epoll_pwait 281 22, epoll_pwait2 441 441, pipe 22 -, pipe2 293 59,
shutdown 48 210, getsockname 51 204, getpeername 52 205,
getsockopt 55 209, getrandom 318 278, getcpu 309 168, uname 63 160, sysinfo 99 179, restart_syscall 219 128,
arch_prctl 158 -
"""
"""Name, number on x86_64, number on aarch64."""
LAST_KNOWN = 452  # what is newer is said not to exist, so that libraries fall back to what does

UNSEEN = frozenset({"chmod", "fchmod", "fchmodat", "fchmodat2", "utime", "utimes", "futimesat", "utimensat"})
"""Calls that change a file which need not be open for writing: Landlock does not see them."""

_NEW_NAMESPACE = 0x7E020000
_TRACED = 0x00802000  # CLONE_PTRACE, CLONE_UNTRACED
_PARENT = 0x00008000  # CLONE_PARENT: a child of the template that the template did not fork
_O_TRUNC = 0o1000
_KILL, _ERRNO, _ALLOW = 0x80000000, 0x00050000, 0x7FFF0000
_LOAD, _AND, _EQUAL, _ABOVE, _FROM, _RETURN = 0x20, 0x54, 0x15, 0x25, 0x35, 0x06
_ARCHITECTURES = (0xC000003E, 0xC00000B7)
_X32 = 0x40000000


class Check(NamedTuple):
    """Allow a call if arguments, under a mask, are one of some values; else answer with an error."""

    arguments: tuple[tuple[int, int, tuple[int, ...]], ...]
    """Number of the argument, mask, values. The lower half of the argument: none of these has an upper one."""
    refusal: int = errno.EPERM


_ALL = 0xFFFFFFFF
_MODES = (*range(4), *(mode | _O_TRUNC for mode in range(1, 4)))  # emptying asks for writing: Landlock looks at that
_PROCESS_OPTIONS = (  # death signal, name, filters, capabilities and timer slack read, subreaper, no_new_privs
    *(1, 2, 3, 15, 16, 22, 23, 29, 30, 36, 37, 38, 39),  # not 4: nobody becomes dumpable again
)
_FILE_COMMANDS = (*range(8), 36, 37, 38, 1030, 1031, 1032, 1034)  # not: owner and signal of a descriptor, leases
_DEVICE_COMMANDS = (0x5401, 0x802C542A, 0x5413, 0x541B, 0x5421, 0x5450, 0x5451)  # is it a terminal, size, FIO*
_MESSAGE_FLAGS = 0x4142  # look, do not wait, wait for all, no signal; none of those that few have tried
CHECKED = {
    "open": ((2, -1), Check(((1, 3 | _O_TRUNC, _MODES),))),
    "openat": ((257, 56), Check(((2, 3 | _O_TRUNC, _MODES),))),
    "fcntl": ((72, 25), Check(((1, _ALL, _FILE_COMMANDS),))),
    "ioctl": ((16, 29), Check(((1, _ALL, _DEVICE_COMMANDS),), errno.ENOTTY)),
    "prctl": ((157, 167), Check(((0, _ALL, _PROCESS_OPTIONS),))),
    "sendto": ((44, 206), Check(((3, ~_MESSAGE_FLAGS & _ALL, (0,)),))),
    "recvfrom": ((45, 207), Check(((3, ~_MESSAGE_FLAGS & _ALL, (0,)),))),
    "prlimit64": ((302, 261), Check(((0, _ALL, (0,)),))),
    # a datagram socket could be made to send to any address in the file system
    "socketpair": ((53, 199), Check(((0, _ALL, (1,)), (1, 0xF, (1, 5))))),
    "clone": ((56, 220), Check(((0, _NEW_NAMESPACE | _TRACED | _PARENT, (0,)),))),
}
"""Numbers, and what arguments are allowed."""
ANSWERED = {
    errno.ENOSYS: ((435, 435),),  # clone3: its flags lie in memory, where a filter cannot look; libraries use `clone`
    errno.ENOTSUP: ((188, 5), (189, 6), (190, 7), (197, 14), (198, 15), (199, 16)),  # setxattr, removexattr and kin
}
"""What is refused with another word than EPERM, because callers understand that one."""

Instruction = tuple[int, int, int, int]
_owed = {"processes": False, "signals": False}


def install(*, refused: frozenset[str] = frozenset()) -> None:
    """Filter what this process and all its descendants may ask of the kernel, for good.

    Args:
        refused: names on the list that are refused here all the same.

    Raises:
        JailError: the kernel takes no filter, or the machine is not known.
    """
    row = machine()
    program = _start(row)
    for name, numbers in listed().items():
        if numbers[row] >= 0 and name not in refused:
            program += [(_EQUAL, 0, 1, numbers[row]), (_RETURN, 0, 0, _ALLOW)]
    for numbers, check in CHECKED.values():
        program += _rule(numbers[row], check)
    for error, calls in ANSWERED.items():
        for numbers in calls:
            program += [(_EQUAL, 0, 1, numbers[row]), (_RETURN, 0, 0, _ERRNO | error)]
    program += [(_ABOVE, 0, 1, LAST_KNOWN), (_RETURN, 0, 0, _ERRNO | errno.ENOSYS)]
    _load([*program, (_RETURN, 0, 0, _ERRNO | errno.EPERM)])


def owe(*, processes: bool, signals: bool) -> None:
    """Note what this level of isolation leaves to each child: see `restrain`."""
    _owed.update(processes=processes, signals=signals)


def is_owed() -> bool:
    """Whether `restrain` has something to do."""
    return any(_owed.values())


def restrain() -> None:
    """Refuse in this process, a freshly forked child, what the filter of all could not; mostly there is nothing.

    It takes a filter of its own where the kernel does not bind the user to a number of processes (root), or where it
    is too old for Landlock to keep signals in: only here is it known which process may be meant.
    """
    if _owed["processes"]:
        forbid_processes()
    if _owed["signals"]:
        forbid_signals()


def forbid_processes() -> None:
    """Refuse new processes and threads from here on, as `RLIMIT_NPROC` does for all users but root.

    Raises:
        JailError: the kernel takes no filter.
    """
    row = machine()
    program = _start(row)
    for numbers in ((56, 220), (57, -1), (58, -1)):  # clone, fork, vfork; clone3 is refused already
        if numbers[row] >= 0:
            program += [(_EQUAL, 0, 1, numbers[row]), (_RETURN, 0, 0, _ERRNO | errno.EAGAIN)]
    _load([*program, (_RETURN, 0, 0, _ALLOW)])


def forbid_signals() -> None:
    """Refuse signals to any process but this one from here on.

    Raises:
        JailError: the kernel takes no filter.
    """
    row, names = machine(), listed()
    program = _start(row)
    for name in ("kill", "tkill", "tgkill"):
        program += _rule(names[name][row], Check(((0, _ALL, (os.getpid(),)),)))
    for name in ("pidfd_open", "pidfd_send_signal"):
        program += [(_EQUAL, 0, 1, names[name][row]), (_RETURN, 0, 0, _ERRNO | errno.EPERM)]
    _load([*program, (_RETURN, 0, 0, _ALLOW)])


def listed() -> dict[str, tuple[int, ...]]:
    """Return the numbers, one per machine, of the calls that are allowed whatever their arguments are; -1: none."""
    rows = (row.split() for row in ALLOWED.replace("\n", " ").split(","))
    return {name: tuple(-1 if one == "-" else int(one) for one in numbers) for name, *numbers in rows}


def _start(row: int) -> list[Instruction]:
    """Kill who calls by another machine's numbers; leave the number of the call loaded."""
    program = [(_LOAD, 0, 0, 4), (_EQUAL, 1, 0, _ARCHITECTURES[row]), (_RETURN, 0, 0, _KILL), (_LOAD, 0, 0, 0)]
    return [*program, (_FROM, 0, 1, _X32), (_RETURN, 0, 0, _KILL)] if row == 0 else program


def _rule(number: int, check: Check) -> list[Instruction]:
    """Decide a call by its arguments; skipped where the number is another one."""
    block: list[Instruction] = []
    for argument, mask, values in check.arguments:
        block += [(_LOAD, 0, 0, 16 + 8 * argument), (_AND, 0, 0, mask)]
        block += [(_EQUAL, len(values) - place, 0, value) for place, value in enumerate(values)]
        block.append((_RETURN, 0, 0, _ERRNO | check.refusal))
    block.append((_RETURN, 0, 0, _ALLOW))
    return [(_EQUAL, 0, len(block), number), *block] if number >= 0 else []


def _load(program: list[Instruction]) -> None:
    data = ctypes.create_string_buffer(b"".join(struct.pack("=HBBI", *one) for one in program))
    head = ctypes.create_string_buffer(struct.pack("@HP", len(program), ctypes.addressof(data)))
    set_process(PR_SET_NO_NEW_PRIVS, 1, what="no_new_privs")
    function("prctl", PR_SET_SECCOMP, ctypes.c_ulong(2), head, ctypes.c_ulong(0), ctypes.c_ulong(0), what="seccomp")
