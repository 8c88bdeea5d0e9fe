"""Programs that want out: to files, the network, other processes, the kernel. Each is run only where it must not get there."""

from __future__ import annotations

import itertools

from leti.verify.conformance.attack import Attack, attacks
from leti.verify.sandbox import Cover

_TRY = """
import os
def tried(deed, *a, **k):
    try: return deed(*a, **k)
    except BaseException: return None
"""
_CALL = f"""{_TRY}
import ctypes
c = ctypes.CDLL(None, use_errno=True)
call = lambda *a: c.syscall(*[ctypes.c_long(v) if type(v) is int else v for v in a])
"""
_FILES = {
    "writes": f"{_TRY}\nfor mode in ('w', 'a', 'r+'): tried(lambda: open('@place@/victim', mode).write('changed'))",
    "makes": f"{_TRY}\ntried(lambda: open('@place@/new', 'w').close())\ntried(os.mkdir, '@place@/dir')",
    "removes": f"{_TRY}\ntried(os.unlink, '@place@/victim')\ntried(os.rename, '@place@/secret', '@place@/moved')",
    "truncates": f"{_TRY}\ntried(os.truncate, '@place@/victim', 0)\ntried(os.open, '@place@/victim', os.O_RDONLY | os.O_TRUNC)",
    "changes modes": (
        f"{_TRY}\ntried(os.chmod, '@place@/victim', 0o4755)\ntried(os.chmod, '@place@', 0o700)\n"
        "tried(os.utime, '@place@/victim', (0, 0))\ntried(os.chown, '@place@/victim', 12345, 12345)"
    ),
    "links": (
        f"{_TRY}\ntried(os.link, '@place@/victim', 'here')\ntried(lambda: open('here', 'w').write('x'))\n"
        "tried(os.symlink, '@place@', 'there')\ntried(lambda: open('there/victim', 'w').write('x'))\n"
        "tried(os.link, '@place@/victim', '@place@/more')"
    ),
    "turns its directory into a link": (
        f"{_TRY}\nhere = os.getcwd()\ntried(os.chdir, '/')\ntried(os.rmdir, here)\ntried(os.rename, here, here + 'x')\n"
        "tried(os.symlink, '@place@', here)"
    ),
    "reads a secret": "print(open('@place@/secret').read())",
    "reads a secret, bit by bit": (
        f"{_TRY}\nfor way in ('@place@/secret', '/proc/self/root@place@/secret', '/proc/1/root@place@/secret',\n"
        "            '../../../../../..@place@/secret', f'/proc/{os.getppid()}/root@place@/secret', '/proc/self/cwd/..@place@/secret'):\n"
        "    print(tried(lambda: open(way).read()))"
    ),
    "reads a secret through a mapping": (
        f"{_CALL}\nfd = call(257, -100, b'@place@/secret', 0, 0)\nfd2 = call(437, -100, b'@place@/secret', b'\\0' * 24, 24)\n"
        "for f in (fd, fd2):\n    if f >= 0: print(os.read(f, 100))"
    ),
    "lists": f"{_TRY}\nprint(tried(os.listdir, '@place@'))\nprint([e.name for e in tried(os.scandir, '@place@') or []])",
    "runs a secret": f"{_TRY}\nimport runpy\ntry: runpy.run_path('@place@/secret')\nexcept BaseException as e: print(repr(e), getattr(e, 'text', ''))",
    "takes a descriptor of a directory": (
        f"{_TRY}\nfor fd in range(256): print(tried(os.listdir, fd), tried(os.open, '..@place@/secret', 0, dir_fd=fd))\n"
        "tried(lambda: print(os.read(os.open('@place@/secret', os.O_RDONLY), 99)))"
    ),
    "changes the interpreter": (
        f"{_TRY}\nimport sys\nfor f in (os.__file__, sys.executable, '/etc/passwd', '/etc/ld.so.preload', sys.path[-1] + '/x.pth'):\n"
        "    if tried(os.open, f, os.O_WRONLY | os.O_APPEND) is not None: print('@leak@', f)"
    ),
    "changes the root": f"{_TRY}\ntried(os.chroot, '.')\ntried(os.chdir, '..')\ntried(os.fchdir, 3)\nprint(tried(open, '@place@/secret'))",
}  # fmt: skip
_CLEARED = {
    "leaves links for whoever clears up": (
        f"{_TRY}\ntried(os.symlink, '@place@', 'a')\ntried(os.symlink, '@place@/victim', 'b')\n"
        "os.makedirs('d/e')\ntried(os.symlink, '@place@', 'd/e/f')\ntried(os.chmod, 'd/e', 0)\ntried(os.chmod, 'd', 0)\n"
        "tried(os.chmod, '.', 0)"
    ),
    "makes odd files for whoever clears up": (
        f"{_TRY}\nimport socket\ntried(os.mkfifo, 'fifo')\ntried(os.mknod, 'null', 0o20666, os.makedev(1, 3))\n"
        "tried(lambda: socket.socket(socket.AF_UNIX).bind('s'))\nfor i in range(200): tried(os.mkdir, 'x' * 200)\n"
        "tried(open, 'n\\n\\udcff', 'w')"
    ),
    "leaves deep directories for whoever clears up": "import os\nfor _ in range(3000):\n    os.mkdir('d')\n    os.chdir('d')",
    "leaves what may not be read for whoever clears up": (
        f"{_TRY}\nat = '.'\nfor _ in range(20):\n    at += '/d'\n    os.mkdir(at)\n    open(at + '/f', 'w').close()\n"
        "for _ in range(20):\n    tried(os.chmod, at + '/f', 0)\n    tried(os.chmod, at, 0)\n    at = at[:-2]"
    ),
    "leaves its directory with other rights": f"{_TRY}\ntried(os.chmod, '.', 0o111)\ntried(os.setxattr, '.', 'user.x', b'x')",
    "leaves a name that is no text": f"{_TRY}\nopen(b'\\xff\\xfe\\n', 'w').close()\nopen(' ', 'w').close()\nopen('-rf', 'w').close()",
    "leaves open files": "kept = [open(f'f{i}', 'w') for i in range(40)]\nfor f in kept: f.write('x')\nimport os\nos._exit(0)",
}  # fmt: skip
_MOUNTS = {
    "mounts": (
        f"{_CALL}\nos.mkdir('m')\nprint(c.mount(b'none', b'm', b'tmpfs', 0, None), c.mount(b'/', b'm', None, 4096, None))\n"
        "c.mount(None, b'/', None, 32 | 4096, None)\nc.umount2(b'/', 2)\ntried(lambda: open('m/@place@/victim', 'w').write('x'))"
    ),
    "makes namespaces": (
        f"{_CALL}\nfor flag in (0x10000000, 0x20000, 0x40000000, 0x20000000, 0x10020000):\n"
        "    if c.unshare(flag) == 0: print('@leak@ unshare', hex(flag))\nc.setns(3, 0)"
    ),
    "becomes root": (
        f"{_CALL}\nfor f in (c.setuid, c.setgid, c.seteuid): f(0)\nif os.getuid() == 0: tried(os.setgroups, [])\n"
        "c.prctl(23, 21)\nc.capset(b'\\0' * 8, b'\\xff' * 24)\n"
        "if tried(os.chown, '.', 1, 1) is None and tried(os.nice, -5) is not None: print('@leak@ priority')"
    ),
    "loads into the kernel": (
        f"{_CALL}\nfor n in (321, 425, 426, 427, 175, 313, 246, 169, 250, 248, 249, 298, 323, 304, 303, 310, 311, 435):\n"
        "    r = call(n, 0, b'\\0' * 128, 128, 0, 0)\n"
        "    if r > 0 and n in (321, 425, 298, 323): print('@leak@ call', n)"
    ),
    "sets the clock and the name": (
        f"{_CALL}\nimport time\nc.sethostname(b'leti-was-here', 13)\nc.settimeofday(b'\\0' * 16, None)\n"
        "c.adjtimex(b'\\xff' * 208)\nc.reboot(0)\nc.syslog(5, None, 0)\nc.swapon(b'f', 0)\nc.acct(b'f')"
    ),
    "starts programs": (
        f"{_TRY}\nimport subprocess\nfor w in (['/bin/sh', '-c', 'echo @leak@; echo x > @place@/new'], ['/usr/bin/id']):\n"
        "    r = tried(subprocess.run, w, capture_output=True, text=True)\n    if r: print('@leak@', r.stdout)\n"
        "r = tried(os.system, 'echo x > @place@/new')\nr = tried(os.popen, 'echo @leak@')\nprint(r and r.read())"
    ),
    "starts a file of its own": (
        f"{_TRY}\nimport sys\nopen('s', 'w').write('#!/bin/sh\\necho @leak@')\ntried(os.chmod, 's', 0o755)\n"
        "tried(os.posix_spawn, './s', ['s'], {})\ntried(os.execv, './s', ['s'])"
    ),
}  # fmt: skip
_NETWORK = {
    "connects": f"{_TRY}\nimport socket\ntried(socket.create_connection, ('127.0.0.1', @port@), 1)",
    "connects by every family": (
        f"{_TRY}\nimport socket\nfor family in range(1, 46):\n    for kind in (1, 2, 3, 5):\n"
        "        s = tried(socket.socket, family, kind)\n        if s:\n            s.settimeout(.05)\n"
        "            for a in (('127.0.0.1', @port@), ('::1', @port@), '@place@/socket', '\\0leti-@name@'):\n"
        "                tried(s.connect, a)\n                tried(s.sendto, b'x', a)"
    ),
    "connects to a socket in the file system": (
        f"{_TRY}\nimport socket\ns = socket.socket(socket.AF_UNIX)\ns.connect('@place@/socket')"
    ),
    "connects to a socket without a path": (
        f"{_TRY}\nimport socket\ns = socket.socket(socket.AF_UNIX)\ns.connect('\\0leti-@name@')"
    ),
    "sends datagrams": (
        f"{_TRY}\nimport socket\na, b = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)\n"
        "for p in ('@place@/socket', '\\0leti-@name@', '/dev/log'): tried(a.sendto, b'x', p)"
    ),
    "connects by number": (
        f"{_CALL}\nimport struct\nfor n in (41, 198):\n    fd = call(n, 2, 1, 0)\n    if fd >= 0:\n"
        "        call(42, fd, struct.pack('=HHI', 2, socket.htons(@port@), socket.htonl(0x7f000001)) + b'\\0' * 8, 16)\n"
    ).replace("import struct", "import struct, socket"),
    "connects by io_uring": (
        f"{_CALL}\nfd = call(425, 8, b'\\0' * 120)\nif fd >= 0: print('@leak@ io_uring')"
    ),
    "asks for names": f"{_TRY}\nimport socket\ntried(socket.getaddrinfo, 'localhost', @port@)\nimport urllib.request\ntried(urllib.request.urlopen, 'http://127.0.0.1:@port@/', None, 1)",
    "listens": f"{_TRY}\nimport socket\ns = tried(socket.create_server, ('127.0.0.1', 0))\nif s: print('@leak@ listens')",
}  # fmt: skip
_SIGNALS = {
    "kills": (
        f"{_TRY}\nimport signal\nfor pid in (@victim@, os.getppid(), 1):\n"
        "    for s in (signal.SIGTERM, signal.SIGSTOP, signal.SIGUSR1, signal.SIGUSR2, signal.SIGHUP, signal.SIGKILL):\n"
        "        tried(os.kill, pid, s)"
    ),
    "interrupts": f"{_TRY}\nimport signal\nfor pid in (@victim@, os.getppid(), 1): tried(os.kill, pid, signal.SIGINT)",
    "kills a group": f"{_TRY}\nfor group in (@victim@, os.getppid(), 1): tried(os.killpg, group, 15)",
    "kills by number": (
        f"{_CALL}\nfor pid in (@victim@, os.getppid()):\n    for n in (62, 200, 129, 424):\n        call(n, pid, 9, 0, 0)\n"
        "    call(234, pid, pid, 9)\n    fd = call(434, pid, 0)\n    call(424, fd, 9, 0, 0)"
    ),
    "kills by descriptors": (
        f"{_TRY}\nimport fcntl, signal\nr, w = os.pipe()\nfor fd in (r, w, *range(8)):\n"
        "    for f in (lambda: fcntl.fcntl(fd, fcntl.F_SETOWN, @victim@), lambda: fcntl.fcntl(fd, 10, signal.SIGKILL),\n"
        "              lambda: fcntl.fcntl(fd, fcntl.F_SETFL, fcntl.fcntl(fd, fcntl.F_GETFL) | os.O_ASYNC)): tried(f)\n"
        "tried(os.write, w, b'x')"
    ),
    "kills by timers": (
        f"{_CALL}\nimport struct\nevent = struct.pack('=qiii', 0, 9, 4, @victim@) + b'\\0' * 44\n"
        "timer = ctypes.create_string_buffer(8)\ncall(222, 0, event, timer)\n"
        "call(223, 0, 0, struct.pack('=qqqq', 0, 0, 0, 1000), None)\nimport time\ntime.sleep(.05)"
    ),
    "limits": (
        f"{_TRY}\nimport resource\nfor pid in (@victim@, os.getppid(), 1):\n"
        "    for what in (resource.RLIMIT_NOFILE, resource.RLIMIT_AS, resource.RLIMIT_CPU):\n"
        "        tried(resource.prlimit, pid, what, (1, 1))"
    ),
    "slows down": (
        f"{_CALL}\nfor pid in (@victim@, os.getppid(), 1):\n    tried(os.setpriority, os.PRIO_PROCESS, pid, 19)\n"
        "    tried(os.sched_setaffinity, pid, [0])\n    tried(os.sched_setscheduler, pid, os.SCHED_IDLE, os.sched_param(0))\n"
        "    call(251, 1, pid, 3 << 13)\n    call(256, pid, 8, b'\\1' * 8, b'\\0' * 8)"
    ),
    "traces": (
        f"{_CALL}\nfor pid in (@victim@, os.getppid(), 1):\n    c.ptrace(16, pid, 0, 0)\n    c.ptrace(0x4206, pid, 0, 0)\n"
        "    tried(os.waitpid, pid, os.WNOHANG)\n    tried(lambda: open(f'/proc/{pid}/mem', 'r+b', 0).write(b'x'))"
    ),
    "takes descriptors": (
        f"{_CALL}\nfor pid in (@victim@, os.getppid(), 1):\n    fd = call(434, pid, 0)\n"
        "    for n in range(70):\n        got = call(438, fd, n, 0)\n        if got >= 0: tried(os.write, got, b'x')\n"
        "    if call(312, os.getpid(), pid, 0, 1, 1) >= 0: print('@leak@ kcmp')"
    ),
    "looks at processes": (
        f"{_TRY}\nseen = [p for p in tried(os.listdir, '/proc') or [] if p.isdigit()]\n"
        "if '@victim@' in seen or tried(lambda: os.kill(@victim@, 0) or 1): print('@leak@ sees')\n"
        "print(tried(lambda: open('/proc/@victim@/cmdline').read()))"
    ),
    "changes who is killed first": (
        f"{_TRY}\nfor pid in (@victim@, os.getppid(), 1, 'self'):\n"
        "    tried(lambda: open(f'/proc/{{pid}}/oom_score_adj', 'w').write('1000'))"
    ).replace("{{pid}}", "{pid}"),
}  # fmt: skip
_IPC = {
    "System V memory": f"{_CALL}\ns = c.shmget(@key@, 4096, 0o1666)\nif s >= 0: c.shmat(s, None, 0)",
    "System V queue": f"{_CALL}\nq = c.msgget(@key@, 0o1666)\nc.msgsnd(q, b'\\1' * 16, 8, 2048)",
    "System V semaphore": f"{_CALL}\nc.semget(@key@, 1, 0o1666)",
    "POSIX queue": f"{_CALL}\ncall(240, b'leti-@key@', 0o102, 0o666, None)",
    "shared memory": (
        f"{_TRY}\nfrom multiprocessing import shared_memory\n"
        "tried(lambda: shared_memory.SharedMemory('leti-@key@', create=True, size=4096))"
    ),
    "a key of the kernel": f"{_CALL}\nif call(248, b'user', b'leti', b'x', 1, -3) > 0: print('@leak@ key')",
    "a memfd": f"{_TRY}\nfd = tried(os.memfd_create, 'x')\nif fd: print('@leak@ memfd')",
    "devices": (
        f"{_TRY}\nfor d in ('/dev/mem', '/dev/kmsg', '/dev/tty', '/dev/ptmx', '/dev/fuse', '/dev/kvm', '/dev/sda', '/dev/shm/x'):\n"
        "    fd = tried(os.open, d, os.O_RDWR | os.O_CREAT)\n    if fd is not None: print('@leak@', d)"
    ),
    "a terminal": (
        f"{_TRY}\nimport fcntl, termios\nfor fd in range(8):\n    for ch in 'x\\n': tried(fcntl.ioctl, fd, termios.TIOCSTI, ch)\n"
        "if tried(os.openpty): print('@leak@ terminal')"
    ),
}  # fmt: skip
_NEEDS: tuple[tuple[str, dict[str, str], tuple[Cover, ...]], ...] = (
    ("clearing", _CLEARED, ()),
    ("files", _FILES, (Cover.FILES,)),
    ("powers", _MOUNTS, (Cover.PRIVILEGES, Cover.KERNEL, Cover.PROCESSES, Cover.FILES)),
    ("network", _NETWORK, (Cover.NETWORK, Cover.IPC, Cover.KERNEL)),
    ("others", _SIGNALS, (Cover.SIGNALS, Cover.PROCESSES, Cover.KERNEL)),
    ("shared", _IPC, (Cover.IPC, Cover.DEVICES, Cover.KERNEL)),
)

ESCAPES: tuple[Attack, ...] = tuple(
    itertools.chain.from_iterable(
        attacks(kind, {name: f"{text}\ndef solve(x): return 0" for name, text in table.items()}, needs=needs)
        for kind, table, needs in _NEEDS
    )
)
