"""Programs that take: memory, disk, processes, descriptors, output. Each is bounded should nobody else bound it."""

from __future__ import annotations

from leti.verify.conformance.attack import HONEST, Attack, attacks
from leti.verify.sandbox import Cover

_MEMORY = {
    "at once": "x = bytearray(1 << 30)\nfor i in range(0, 1 << 30, 4096): x[i] = 1",
    "bit by bit": "x = []\nwhile len(x) < 1500: x.append(bytes([1]) * (1 << 20))",
    "as numbers": "x = 1\nwhile x.bit_length() < 1 << 33: x = x * x + 1 if x > 1 else 3",
    "as small objects": "x = []\nfor i in range(30000000): x.append([i])",
    "as text": "x = 'é€' * 10\nwhile len(x) < 1 << 29: x += x",
    "when asked": "def solve(x): return [0] * (10 ** 9)",
    "of its own accord, again and again": (
        "def solve(x):\n    kept = []\n    while len(kept) < 2000:\n        try: kept.append(bytearray(1 << 20))\n"
        "        except MemoryError: kept.append(0)\n    return 0"
    ),
    "by mmap": (
        "import mmap\nm = [mmap.mmap(-1, 1 << 26) for _ in range(20)]\nfor x in m:\n"
        "    for i in range(0, 1 << 26, 4096): x[i] = 1"
    ),
}
_MORE_MEMORY = {
    "as a memfd": (
        "import os\nfds = [os.memfd_create('x') for _ in range(8)]\nfor f in fds:\n"
        "    for _ in range(100): os.write(f, b'x' * (1 << 20))\nimport time\ntime.sleep(.1)"
    ),
    "in pipes": (
        "import os, fcntl\nfor _ in range(30):\n    r, w = os.pipe()\n    fcntl.fcntl(w, 1031, 1 << 20)\n"
        "    os.set_blocking(w, False)\n    try: os.write(w, b'x' * (1 << 20))\n    except OSError: pass"
    ),
    "as System V segments": (
        "import ctypes\nc = ctypes.CDLL(None)\nc.shmat.restype = ctypes.c_void_p\nfor i in range(8):\n"
        "    s = c.shmget(@key@ + i, 100 << 20, 0o1666)\n    if s >= 0:\n        p = c.shmat(s, None, 0)\n"
        "        ctypes.memset(p, 1, 100 << 20)"
    ),
    "in shared memory": (
        "from multiprocessing import shared_memory\n"
        "s = [shared_memory.SharedMemory(create=True, size=100 << 20) for _ in range(5)]\n"
        "for m in s:\n    for i in range(0, 100 << 20, 4096): m.buf[i] = 1"
    ),
    "in copies of itself": (
        "import os, time\nx = bytearray(100 << 20)\nfor i in range(10):\n    if os.fork() == 0:\n"
        "        for j in range(0, 100 << 20, 4096): x[j] = i\n        time.sleep(.3)\n        os._exit(0)"
    ),
    "locked": "import ctypes, mmap\nc = ctypes.CDLL(None)\nc.mlockall(7)\nx = bytearray(1 << 29)",
}
_DISK = {
    "one file": "f = open('f', 'wb')\nfor _ in range(300): f.write(b'x' * (1 << 20))",
    "many files": "for i in range(40):\n    with open(f'f{i}', 'wb') as f: f.write(b'x' * (8 << 20))",
    "many small files": "for i in range(20000): open(f'f{i}', 'w').close()",
    "many directories": "import os\nfor i in range(20000): os.mkdir(f'd{i}')",
    "many links": "import os\nfor i in range(20000): os.symlink('x' * 1000, f'l{i}')",
    "files without names": (
        "import os\nfor i in range(50):\n    f = os.open(f'f{i}', os.O_CREAT | os.O_RDWR)\n    os.unlink(f'f{i}')\n"
        "    for _ in range(8): os.write(f, b'x' * (1 << 20))"
    ),
    "a file of holes": "f = open('f', 'wb')\nf.truncate(1 << 40)",
    "space set aside": "import os\nf = os.open('f', os.O_CREAT | os.O_RDWR)\nos.posix_fallocate(f, 0, 1 << 30)",
    "elsewhere": (
        "import os\nfor d in ('/tmp', '/var/tmp', '/dev/shm', '/run', '/', os.path.expanduser('~'), '..'):\n"
        "    for i in range(20):\n        try:\n            with open(f'{d}/leti-flood-{i}', 'wb') as f: f.write(b'x' * (8 << 20))\n"
        "        except OSError: pass"
    ),
    "attributes": (
        "import os\nopen('f', 'w').close()\nfor i in range(300):\n    try: os.setxattr('f', f'user.{i}', b'x' * 60000)\n"
        "    except OSError: pass"
    ),
}  # fmt: skip
_OTHERS = {
    "output": "for _ in range(100): print('x' * (1 << 20))",
    "error output": "import sys\nfor _ in range(100): sys.stderr.write('x' * (1 << 20))",
    "output by itself": "import os\nfor _ in range(2000): os.write(1, b'x' * 65536)",
    "answers": "import os\nfor _ in range(400):\n    os.write(3, b'x' * 65536)",
    "answers in lines": "import os\nfor _ in range(400):\n    os.write(3, b'{\"value\":0}\\n' * 5000)",
    "answers when asked": "def solve(x): return 'x' * (60 << 20)",
    "descriptors": (
        "import os\nkept = []\ntry:\n    for _ in range(5000): kept.append(os.open('.', os.O_RDONLY))\nexcept OSError: raise"
    ),
    "epolls": "import select\nkept = [select.epoll() for _ in range(5000)]",
    "warnings": "import warnings\nfor i in range(20000): warnings.warn_explicit('x' * 50, UserWarning, 'f', i)",
    "frames": "def f(n):\n    if n == 0: raise ValueError\n    f(n - 1)\nimport sys\nsys.setrecursionlimit(20000)\nf(15000)",
    "names": "for i in range(300000): globals()[f'v{i}'] = i\ndef solve(x): return 0",
    "mappings": "import mmap\nkept = [mmap.mmap(-1, 4096, prot=1 + i % 2 * 2) for i in range(100000)]",
    "timers": "import signal\nwhile True: signal.setitimer(signal.ITIMER_REAL, 1e-6)",
    "messages": "raise ValueError(*['x' * 100000] * 100)",
    "audit hooks": "import sys\nfor _ in range(2000): sys.addaudithook(lambda *a: None)\ndef solve(x): return 0",
}  # fmt: skip
_PROCESSES = {
    "copies": (
        "import os, time\nfor _ in range(60):\n    if os.fork() == 0:\n        time.sleep(30)\n        os._exit(0)\n"
        "time.sleep(.1)"
    ),
    "copies of copies": "import os, time\nfor _ in range(6): os.fork()\ntime.sleep(30)",
    "copies as fast as can be": (
        "import os, time\nuntil = time.time() + .5\nn = 0\nwhile time.time() < until and n < 200:\n    n += 1\n"
        "    try:\n        if os.fork() == 0: os._exit(0)\n    except OSError: pass"
    ),
    "threads": (
        "import threading, time\nfor _ in range(60): threading.Thread(target=time.sleep, args=(30,), daemon=True).start()"
    ),
    "a daemon": (
        "import os, time\nif os.fork() == 0:\n    os.setsid()\n    if os.fork() == 0: time.sleep(30)\n    os._exit(0)\n"
        "time.sleep(.1)"
    ),
    "daemons of daemons": (
        "import os, time\ndef go(n):\n    if os.fork() == 0:\n        os.setsid()\n        if n: go(n - 1)\n"
        "        time.sleep(20)\n        os._exit(0)\ngo(10)\ntime.sleep(.1)"
    ),
    "a daemon that ignores signals": (
        "import os, signal, time\nif os.fork() == 0:\n    os.setsid()\n    for s in range(1, 32):\n"
        "        try: signal.signal(s, signal.SIG_IGN)\n        except (OSError, ValueError): pass\n    time.sleep(30)\n"
        "def solve(x): return 0"
    ),
    "a daemon that is right": (
        f"import os, time\nif os.fork() == 0:\n    os.setsid()\n    time.sleep(30)\n    os._exit(0)\n{HONEST}"
    ),
    "a shell": "import subprocess\nsubprocess.Popen('sleep 30 & sleep 31', shell=True)\ndef solve(x): return 0",
    "clone by number": (
        "import ctypes, time\nc = ctypes.CDLL(None)\nfor n in (56, 57, 58, 435, 220):\n"
        "    if c.syscall(n, 17, 0, 0, 0, 0) == 0:\n        time.sleep(20)\ndef solve(x): return 0"
    ),
}  # fmt: skip

FLOODS: tuple[Attack, ...] = (
    attacks("memory", _MEMORY, slow=True)
    + attacks("memory", _MORE_MEMORY, needs=[Cover.MEMORY, Cover.PROCESSES], passes=None, slow=True)
    + attacks("disk", _DISK, needs=[Cover.DISK, Cover.FILES], passes=None, slow=True)
    + attacks("floods", _OTHERS, slow=True)
    + attacks("processes", _PROCESSES, needs=[Cover.LEFTOVERS], passes=None, slow=True)
)
