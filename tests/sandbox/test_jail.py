"""What a process in a jail cannot do, tried one by one in each jail that can be had here."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from jails import REFUSED, Jail, available, enter
from leti.verify.harness import seccomp

if sys.platform != "linux":
    pytest.skip("jails need Linux", allow_module_level=True)


NEEDLESS = {
    "ptrace": 101, "process_vm_readv": 310, "process_vm_writev": 311, "kcmp": 312, "shmget": 29, "semget": 64,
    "msgget": 68, "mq_open": 240, "memfd_create": 319, "memfd_secret": 447, "userfaultfd": 323,
    "io_uring_setup": 425, "bpf": 321, "perf_event_open": 298, "keyctl": 250, "add_key": 248, "personality": 135,
    "open_by_handle_at": 304, "fanotify_init": 300, "inotify_init1": 294, "init_module": 175, "kexec_load": 246,
    "reboot": 169, "syslog": 103, "swapon": 167, "settimeofday": 164, "clock_settime": 227, "sethostname": 170,
    "iopl": 172, "modify_ldt": 154, "vmsplice": 278, "process_madvise": 440, "pidfd_getfd": 438,
    "landlock_create_ruleset": 444, "seccomp": 317, "capset": 126, "setuid": 105, "setgid": 106, "setgroups": 116,
    "sync": 162, "move_pages": 279, "io_setup": 206, "sendmsg": 46, "recvmsg": 47, "bind": 49, "connect": 42,
    "listen": 50, "accept4": 288, "mlockall": 151, "ioprio_set": 251, "openat2": 437,
}  # fmt: skip
"""Calls that no program needs, by their numbers on x86_64."""


@pytest.fixture(scope="module", params=available())
def jail(request: pytest.FixtureRequest) -> Iterator[Jail]:
    one = enter(request.param)
    yield one
    one.close()


@pytest.fixture
def victim() -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen(["sleep", "60"]) as process:
        yield process
        process.kill()


def test_a_listener_on_this_machine_is_out_of_reach(jail: Jail) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        code = "import socket; print(attempt(lambda: socket.create_connection(('127.0.0.1', port), 1)))"
        assert jail.run(code, port=listener.getsockname()[1]) in REFUSED


@pytest.mark.parametrize("family", [socket.AF_INET, socket.AF_INET6, socket.AF_UNIX, socket.AF_NETLINK, 17, 38, 40])
def test_there_are_no_sockets_of_any_family(jail: Jail, family: int) -> None:
    code = "import socket; print(attempt(lambda: socket.socket(family, kind)))"
    for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM, socket.SOCK_RAW, socket.SOCK_SEQPACKET):
        assert jail.run(code, family=int(family), kind=int(kind)) in REFUSED


def test_a_pair_of_sockets_cannot_be_turned_outwards(jail: Jail) -> None:
    assert jail.run("import socket; print(attempt(lambda: socket.socketpair(type=socket.SOCK_DGRAM)))") in REFUSED
    code = "import socket; a, _ = socket.socketpair(); print(attempt(lambda: a.connect(b'\\0leti')))"
    assert jail.run(code) in REFUSED


@pytest.mark.parametrize(
    "call",
    [
        "mount",
        "umount2",
        "unshare",
        "setns",
        "pivot_root",
        "chroot",
        "open_tree",
        "move_mount",
        "fsopen",
        "mount_setattr",
    ],
)
def test_the_view_cannot_be_changed(jail: Jail, call: str) -> None:
    number = {
        "mount": 165, "umount2": 166, "unshare": 272, "setns": 308, "pivot_root": 155, "chroot": 161, "open_tree": 428,
        "move_mount": 429, "fsopen": 430, "mount_setattr": 442,
    }[call]  # fmt: skip
    only_on_x86_64()
    assert jail.run("print(attempt(lambda: call(number, b'/', b'/', 0, 0, 0)))", number=number) in REFUSED


@pytest.mark.parametrize("flag", [0x20000, 0x2000000, 0x4000000, 0x8000000, 0x10000000, 0x20000000, 0x40000000, 0x8000])
def test_no_namespace_is_made_by_clone(jail: Jail, flag: int) -> None:
    only_on_x86_64()
    assert jail.run("print(attempt(lambda: call(56, flag | 17, 0, 0, 0, 0)))", flag=flag) in REFUSED


@pytest.mark.parametrize("name", NEEDLESS)
def test_calls_that_no_program_needs_are_refused(jail: Jail, name: str) -> None:
    only_on_x86_64()
    assert jail.run("print(attempt(lambda: call(number, 0, 0, 0, 0, 0)))", number=NEEDLESS[name]) == "EPERM"


@pytest.mark.parametrize(
    "deed",
    [
        "os.kill(pid, 9)",
        "os.kill(pid, 0)",
        "os.killpg(pid, 9)",
        "os.kill(os.getppid(), 0) if other else os.kill(pid, 9)",
        "signal.pidfd_send_signal(os.pidfd_open(pid), 9)",
        "resource.prlimit(pid, resource.RLIMIT_CPU, (0, 0))",
        "os.setpriority(os.PRIO_PROCESS, pid, 19)",
        "os.sched_setaffinity(pid, {0})",
        "os.sched_setscheduler(pid, os.SCHED_IDLE, os.sched_param(0))",
        "call(101, 16, pid, 0, 0)",
        "call(310, pid, 0, 0, 0, 0, 0)",
        "call(129, pid, 9, b'x' * 128)",
        "fcntl.fcntl(os.pipe()[0], 8, pid)",
        "os.open(f'/proc/{pid}/mem', os.O_RDWR)",
    ],
)
def test_another_process_cannot_be_touched(jail: Jail, victim: subprocess.Popen[bytes], deed: str) -> None:
    if "call(" in deed:
        only_on_x86_64()
    prelude = "import signal, resource, fcntl\n"
    said = jail.run(f"{prelude}print(attempt(lambda: {deed}))", pid=victim.pid, other=False)
    assert said in REFUSED
    assert victim.poll() is None


def test_the_process_that_started_it_cannot_be_killed(jail: Jail) -> None:
    parent = jail.process.pid
    assert jail.run("print(attempt(lambda: os.kill(pid, 9)))", pid=os.getpid()) in REFUSED
    if jail.walled:
        assert jail.run("print(attempt(lambda: os.kill(pid, 9)))", pid=parent) in REFUSED


def test_the_first_process_inside_survives_its_children(jail: Jail) -> None:
    if not jail.walled:
        pytest.skip("the process that forks may be killed by its children here: that costs the program its lane")
    code = "\nfor number in [2, 15, 1, 9, 19, 11, 14, 12, 10]:\n    attempt(lambda: os.kill(1, number))\nprint('sent')"
    assert jail.run(code) == "sent"
    assert jail.run("print(os.getppid())") == "1"


def test_no_other_program_is_started(jail: Jail) -> None:
    assert jail.run("print(attempt(lambda: os.execv('/bin/sh', ['sh'])))") in REFUSED
    assert jail.run("print(attempt(lambda: os.execv(sys.executable, ['python'])))") in REFUSED
    made = "os.write(os.open('s', os.O_CREAT | os.O_WRONLY, 0o700), b'#!/bin/sh')\n"
    code = made + "print(attempt(lambda: os.execv('./s', ['s'])))"
    assert jail.run(code) in REFUSED
    assert jail.run("import subprocess; print(attempt(lambda: subprocess.run(['true'])))") in REFUSED
    jail.run("os.unlink('s')")


@pytest.mark.parametrize("deed", ["os.fork()", "threading.Thread(target=int).start()", "os.forkpty()"])
def test_a_child_that_may_have_no_process_has_none(jail: Jail, deed: str) -> None:
    said = jail.run(f"""
import resource, threading
resource.setrlimit(resource.RLIMIT_NPROC, (0, 0))
pid = os.getpid()
try:
    print(attempt(lambda: {deed}))
except RuntimeError as error:
    print(error)
if os.getpid() != pid:
    os._exit(0)
""")
    assert said in {"EAGAIN", "EPERM", "ENOENT", "EACCES", "can't start new thread"}


def test_limits_cannot_be_raised_again(jail: Jail) -> None:
    said = jail.run("""
import resource
resource.setrlimit(resource.RLIMIT_NPROC, (0, 0))
try:
    resource.setrlimit(resource.RLIMIT_NPROC, (10, 10))
    print("raised")
except (ValueError, OSError):
    print("no")
""")
    assert said == "no"


def test_there_is_no_way_back_to_powers(jail: Jail) -> None:
    inner = Path(f"/proc/{jail.inner()}/status").read_text()
    found = dict(line.split(":\t") for line in inner.splitlines() if ":\t" in line)
    assert {found[name] for name in ("CapPrm", "CapEff", "CapInh", "CapAmb")} == {"0" * 16}
    if jail.powers:  # others cannot give up what was never to be had
        assert found["CapBnd"] == "0" * 16
    assert found["NoNewPrivs"] == "1"
    assert found["Seccomp"] == "2"
    if jail.walled:
        assert set(found["Uid"].split()) == {"65534" if jail.powers else str(jail.user or os.geteuid())}
        assert found["Groups"].split() in ([], ["65534"])


def test_it_is_in_namespaces_of_its_own(jail: Jail) -> None:
    if not jail.walled:
        pytest.skip("landlock has none")
    names = ["pid", "mnt", "net", "ipc", "uts"]
    if jail.kind != "bubblewrap":
        names.append("user")
    if os.geteuid() != 0:
        pytest.skip("only root may look")
    spaces, own = Path(f"/proc/{jail.inner()}/ns"), Path("/proc/self/ns")
    assert [name for name in names if (spaces / name).readlink() == (own / name).readlink()] == []


def test_old_numbers_of_calls_are_no_way_around_the_filter(jail: Jail) -> None:
    only_on_x86_64()
    jail.run("call(0x40000000 | 39); print('answered')")
    assert os.waitstatus_to_exitcode(jail.status) == -signal.SIGSYS


def test_calls_from_the_future_are_said_not_to_exist(jail: Jail) -> None:
    assert jail.run("print(attempt(lambda: call(9999)))") == "ENOSYS"
    only_on_x86_64()
    assert jail.run("print(attempt(lambda: call(435, 0, 0)))") == "ENOSYS"  # clone3


def test_devices_take_no_commands(jail: Jail) -> None:
    assert jail.run("import fcntl; print(attempt(lambda: fcntl.ioctl(0, 0x5412, b'x')))") == "ENOTTY"  # TIOCSTI
    assert jail.run("print(attempt(lambda: os.open('/dev/mem', os.O_RDONLY)))") in REFUSED
    assert jail.run("print(attempt(lambda: os.open('/dev/ptmx', os.O_RDWR)))") in REFUSED
    assert jail.run("print(open('/dev/zero', 'rb').read(2), open('/dev/null', 'wb').write(b'x'))") == r"b'\x00\x00' 1"


def test_it_cannot_be_dumped(jail: Jail) -> None:
    code = (
        "import ctypes, resource; libc = ctypes.CDLL(None); print(libc.prctl(4, 1, 0, 0, 0), libc.prctl(3, 0, 0, 0, 0))"
    )
    assert jail.run(code) == "-1 0"
    assert jail.run("import resource; print(resource.getrlimit(resource.RLIMIT_CORE))") == "(0, 0)"


def test_there_is_nothing_of_the_caller_in_it(jail: Jail) -> None:
    said = jail.run("""
print(sorted(os.environ))
print([number for number in range(3, 64) if attempt(lambda: os.fstat(number)) != "EBADF"])
""")
    environment, descriptors = said.splitlines()
    assert {"HOME", "USER", "LOGNAME", "SSH_AUTH_SOCK"} & set(eval(environment)) == set()
    assert descriptors == "[]"


def test_what_ordinary_programs_need_works(jail: Jail) -> None:
    said = jail.run("""
import asyncio, collections, ctypes, datetime, decimal, hashlib, json, queue, random, re, sqlite3, ssl, threading, time
import zoneinfo, zlib, lzma, bz2, uuid, shutil, glob, pathlib, io, mmap, select, signal, statistics, unicodedata
async def wait():
    await asyncio.sleep(0.01)
    return await asyncio.to_thread(lambda: 5)
thread = threading.Thread(target=lambda: print("threads"))
try:
    thread.start()
    thread.join()
    print(asyncio.run(wait()))
except RuntimeError as error:  # what no bound on processes binds is refused them altogether
    print(error)
print(sqlite3.connect(":memory:").execute("select 1").fetchone())
print(len(hashlib.sha256(b"x").hexdigest()), len(os.urandom(4)), random.random() < 1, time.time() > 0)
signal.signal(signal.SIGALRM, lambda *_: print("alarm"))
signal.setitimer(signal.ITIMER_REAL, 0.01)
time.sleep(0.05)
print(len(mmap.mmap(-1, 4096)), select.select([], [], [], 0), os.cpu_count() > 0, os.getloadavg is not None)
pathlib.Path("f").write_text("x"); print(glob.glob("*")); pathlib.Path("f").unlink()
os.kill(os.getpid(), 0); signal.raise_signal(signal.SIGALRM)
print(datetime.datetime.now(zoneinfo.ZoneInfo("UTC")).tzinfo, isinstance(sys.stdout.isatty(), bool))
""")
    assert said.startswith("can't start new thread\n" if jail.bound_by_filter else "threads\n5\n")
    assert said.endswith("(1,)\n64 4 True True\nalarm\n4096 ([], [], []) True True\n['f']\nalarm\nUTC True")


def test_listed_numbers_are_those_of_this_machine() -> None:
    headers = [Path("/usr/include/x86_64-linux-gnu/asm/unistd_64.h"), Path("/usr/include/asm/unistd_64.h")]
    found = next((path for path in headers if path.exists()), None)
    if os.uname().machine != "x86_64" or found is None:
        pytest.skip("the kernel's headers are not installed")
    lines = (line.split() for line in found.read_text().splitlines() if line.startswith("#define __NR_"))
    known = {words[1].removeprefix("__NR_"): int(words[2]) for words in lines}
    listed = {name: numbers[0] for name, numbers in seccomp.listed().items()}
    listed |= {name: numbers[0] for name, (numbers, _) in seccomp.CHECKED.items()}
    wrong = {name: number for name, number in listed.items() if name in known and known[name] != number}
    assert wrong == {}
    assert len(set(listed.values())) == len(listed)


def only_on_x86_64() -> None:
    if os.uname().machine != "x86_64":
        pytest.skip("the numbers in this test are those of x86_64")
