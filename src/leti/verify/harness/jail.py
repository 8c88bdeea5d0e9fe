"""The way into a jail: after `enter`, this process and all it forks are kept in, for good.

`namespaces`: users, processes, files, network, System V memory and host name of its own; the processes inside see
nothing else. Two processes: the launcher, which only waits, and the first process inside, which goes on. When either
dies, all inside die. `landlock`: in the user's own namespaces, kept in by rules on files and a filter on system calls.
`none`: somebody else (a container) has made the jail, or there is none.

Nothing here can be undone, so that whoever is inside cannot either.
"""

from __future__ import annotations

import contextlib
import os
import resource
import select
import signal
from typing import NamedTuple, NoReturn, TypedDict

from . import landlock, seccomp, view
from .kernel import (
    CHOWN,
    NOBODY,
    PR_SET_DUMPABLE,
    PR_SET_PDEATHSIG,
    SETGID,
    SETUID,
    SYS_ADMIN,
    JailError,
    become_nobody,
    drop_bounds,
    drop_capabilities,
    failed,
    function,
    handle_of,
    has_power,
    set_process,
)

GRACE = 2.0  # seconds that the first process inside has for leaving by itself when nobody listens any more
_CGROUP, _UTS, _IPC, _USER, _PID, _NET, _MOUNT = (
    *(0x02000000, 0x04000000, 0x08000000, 0x10000000, 0x20000000, 0x40000000, 0x00020000),
)


class Options(TypedDict):
    """What `boot` is told of the jail."""

    jail: str
    """`namespaces`, `landlock` or `none`."""
    seccomp: bool
    """Jail `none` only: filter system calls. The others always do."""
    drop: bool
    """Jail `none` only: root becomes nobody."""
    tied: bool
    """Jail `none` only: end when the process that started this one does."""
    readable: list[str]
    """Paths to read besides the interpreter's."""
    scratch: str | None
    """The directory to write in; None: one is made (`namespaces`)."""
    scratch_bytes: int
    scratch_inodes: int


class Inside(NamedTuple):
    """Where a process finds itself."""

    scratch: str
    first: bool
    """It is the first process of a namespace of processes: when it ends, all inside are killed."""
    proc: int | None
    """A descriptor of this namespace's /proc, which no path leads to; not for programs."""


def enter(options: Options) -> Inside:
    """Enter a jail. Where it takes two processes, only the inner one returns; the outer one ends with it.

    Raises:
        JailError: a part of the jail could not be made. The process must not go on.
    """
    os.umask(0o077)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    _limit(resource.RLIMIT_FSIZE, options["scratch_bytes"])
    if options["jail"] == "namespaces":
        return _namespaces(options)
    if options["scratch"] is None:
        raise JailError(f"jail {options['jail']}: needs a scratch directory")
    if options["jail"] == "landlock":
        _landlock(options, options["scratch"])
    elif options["jail"] == "none":
        _kept_in_by_others(options)
    else:
        raise JailError(f"jail {options['jail']}: there is none of this name")
    os.chdir(options["scratch"])
    return Inside(options["scratch"], first=os.getpid() == 1, proc=None)


def _limit(what: int, most: int) -> None:
    soft, hard = resource.getrlimit(what)
    bounds = [most if bound == resource.RLIM_INFINITY else min(most, bound) for bound in (soft, hard)]
    resource.setrlimit(what, (bounds[0], bounds[1]))


def _namespaces(options: Options) -> Inside:
    root = has_power(SYS_ADMIN, SETUID, SETGID)
    # root without root's powers is still not bound to a number of processes
    seccomp.owe(processes=os.geteuid() == 0 and not root, signals=False)
    paths = view.shown(options["readable"])
    if not root:
        _own_users(f"{NOBODY} {os.geteuid()} 1", f"{NOBODY} {os.getegid()} 1")
    parts = {"pid": _PID, "mount": _MOUNT, "net": _NET, "ipc": _IPC, "uts": _UTS, "cgroup": _CGROUP}
    for name, flag in parts.items():
        try:
            function("unshare", flag, what=f"unshare({name})")
        except JailError:
            if name != "cgroup":  # it only hides names: there is no path to any control group anyway
                raise
    held, tether = os.pipe()
    inner = os.fork()
    if inner:
        os.close(held)
        _wait(inner)
    os.close(tether)
    return _inside(options, paths, held=held, root=root)


def _inside(options: Options, paths: list[str], *, held: int, root: bool) -> Inside:
    """Make the jail around the first process of the new namespaces, which this is."""
    function("sethostname", b"leti", 4)
    os.umask(0o022)
    proc = view.build(paths, scratch_bytes=options["scratch_bytes"], scratch_inodes=options["scratch_inodes"])
    os.umask(0o077)
    os.chdir(view.SCRATCH)
    if root:
        _become_nobody_alone(proc)
    drop_capabilities()
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # for the first process that means ignored, whoever inside sends it
    set_process(PR_SET_DUMPABLE, 0, what="dumpable")
    set_process(PR_SET_PDEATHSIG, signal.SIGKILL, what="pdeathsig")
    _hold(held)
    seccomp.install()
    return Inside(view.SCRATCH, first=True, proc=proc)


def _own_users(users: str, groups: str, *, prefix: str = "/proc/self", at: int | None = None) -> None:
    """Enter a user namespace that knows one user and one group."""
    function("unshare", _USER, what="unshare(user)")
    for name, text in (("setgroups", "deny"), ("gid_map", groups), ("uid_map", users)):
        try:
            file = os.open(f"{prefix}/{name}", os.O_WRONLY, dir_fd=at)
        except OSError as error:
            raise failed(f"open({name})", error.errno or 0) from error
        try:
            os.write(file, text.encode())
        except OSError as error:
            raise failed(f"write({name})", error.errno or 0) from error
        finally:
            os.close(file)


def _become_nobody_alone(proc: int | None) -> None:
    """Become nobody, and that in a user namespace of one's own: so a bound on its processes counts this jail's only.

    Where that namespace is not to be had, it is nobody all the same.
    """
    drop_bounds()
    become_nobody()
    if proc is not None:
        set_process(PR_SET_DUMPABLE, 1, what="dumpable")  # or the maps would not be ours to write
        with contextlib.suppress(JailError):
            _own_users(f"{NOBODY} {NOBODY} 1", f"{NOBODY} {NOBODY} 1", prefix="1", at=proc)


def _hold(held: int) -> None:
    """End here if the launcher is gone already: its death was then not to be heard of."""
    poller = select.poll()
    poller.register(held, 0)
    if poller.poll(0):
        os._exit(1)
    os.close(held)


def _wait(inner: int) -> NoReturn:
    """Wait for the end of the first process inside, and end like it; end it when nobody listens any more."""
    os.close(1)  # or whoever reads it would not see the end
    set_process(PR_SET_DUMPABLE, 0, what="dumpable")
    handle = handle_of(inner)
    poller = select.poll()
    poller.register(handle, select.POLLIN)
    poller.register(0, 0)  # says when the other end is closed, whatever is still to be read
    gone = handle not in dict(poller.poll())
    poller.unregister(0)
    if gone and not poller.poll(1000 * GRACE):
        os.kill(inner, signal.SIGKILL)
    code = os.waitstatus_to_exitcode(os.waitpid(inner, 0)[1])
    os._exit(code if code >= 0 else 128 - code)


def _landlock(options: Options, scratch: str) -> None:
    paths = view.shown(options["readable"])
    if os.geteuid() == 0 and has_power(CHOWN, SETUID, SETGID):
        os.chown(scratch, NOBODY, NOBODY)
        if all(map(_open_to_all, [*paths, scratch])):
            drop_bounds()
            become_nobody()
        else:  # then it is root by name, without any of root's powers
            os.chown(scratch, 0, 0)
    drop_capabilities()
    set_process(PR_SET_DUMPABLE, 0, what="dumpable")
    version = landlock.restrict(readable=paths, devices=view.DEVICES, scratch=scratch)
    refused = seccomp.UNSEEN if version >= landlock.TRUNCATES_SINCE else seccomp.UNSEEN | {"truncate"}
    seccomp.owe(processes=os.geteuid() == 0, signals=version < landlock.SIGNALS_SINCE)
    seccomp.install(refused=refused)


def _kept_in_by_others(options: Options) -> None:
    if options["drop"] and os.geteuid() == 0:
        drop_bounds()
        become_nobody()
    if options["tied"]:
        set_process(PR_SET_PDEATHSIG, signal.SIGKILL, what="pdeathsig")
    if options["seccomp"]:
        drop_capabilities()
        set_process(PR_SET_DUMPABLE, 0, what="dumpable")
        if os.getpid() == 1:
            signal.signal(signal.SIGINT, signal.SIG_DFL)
        seccomp.owe(processes=os.geteuid() == 0, signals=False)
        seccomp.install()


def _open_to_all(path: str) -> bool:
    """Whether a user that owns nothing gets there and may read."""
    above = path
    while above != "/":
        above = os.path.dirname(above)  # noqa: PTH120 - pathlib is not loaded
        if not os.stat(above).st_mode & 0o001:  # noqa: PTH116
            return False
    status = os.stat(path)  # noqa: PTH116
    return status.st_uid == NOBODY or bool(status.st_mode & 0o004)
