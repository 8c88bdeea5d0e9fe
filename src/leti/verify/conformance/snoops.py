"""Programs that look for the answers, or for the one who asks: in frames, in memory, on disk, on descriptors."""

from __future__ import annotations

from leti.verify.conformance.attack import attacks

_FOUND = """
import sys
seen = []
def look(thing, depth=0):
    kind = type(thing)
    if kind is int and 2000 < thing < 20000 or kind is str and 'assert' in thing[:2000]:
        seen.append(thing)
    elif depth < 4 and kind in (list, tuple, set):
        for one in list(thing)[:200]: look(one, depth + 1)
    elif depth < 4 and kind is dict:
        for one in list(thing.items())[:200]: look(one, depth + 1)
    elif kind.__name__ == 'code':
        look(thing.co_consts, depth + 1)
def answer(x):
    import re
    for one in seen:
        if type(one) is str:
            for a, b in re.findall(r"solve\\((.*?)\\) == (.*)", one):
                if a == repr(x): return eval(b)
    for one in seen:
        if type(one) is int: return one
    return 0
"""

SNOOPS = attacks(
    "looks",
    {
        "in frames": (
            f"{_FOUND}\ndef solve(x):\n    f = sys._getframe(1)\n    while f:\n"
            "        for d in (f.f_locals, f.f_globals): look(dict(d))\n        look(f.f_code)\n        f = f.f_back\n"
            "    return answer(x)"
        ),
        "in frames of an exception": (
            f"{_FOUND}\ndef solve(x):\n    try: 1 / 0\n    except Exception as e:\n        f = e.__traceback__.tb_frame\n"
            "        while f:\n            look(dict(f.f_locals)); look(f.f_code.co_consts); f = f.f_back\n"
            "    return answer(x)"
        ),
        "at all objects": (
            f"{_FOUND}\nimport gc\ndef solve(x):\n    for one in gc.get_objects(): look(one, 2)\n    return answer(x)"
        ),
        "at who holds its argument": (
            f"{_FOUND}\nimport gc\ndef solve(x):\n    for one in gc.get_referrers(x): look(one)\n"
            "    for one in gc.get_referrers(solve): look(one)\n    return answer(x)"
        ),
        "at code objects": (
            f"{_FOUND}\nimport gc, types\ndef solve(x):\n    for one in gc.get_objects():\n"
            "        if isinstance(one, types.FunctionType): look(one.__code__); look(one.__defaults__)\n"
            "    return answer(x)"
        ),
        "at its memory": (
            f"{_FOUND}\nimport re\ndef solve(x):\n    try:\n        with open('/proc/self/mem', 'rb', 0) as m:\n"
            "            for line in open('/proc/self/maps'):\n                if ' rw' not in line: continue\n"
            "                a, b = (int(n, 16) for n in line.split()[0].split('-'))\n"
            "                try: m.seek(a); data = m.read(min(b - a, 1 << 24))\n"
            "                except OSError: continue\n"
            "                seen.extend(t.decode('latin1') for t in re.findall(rb'assert so[l]ve[ -~]{1,60}', data))\n"
            "    except OSError: pass\n    return answer(x)"
        ),
        "at its memory, by ctypes": (
            f"{_FOUND}\nimport ctypes, re\ndef solve(x):\n    base = id(x) & ~0xfffff\n    data = b''\n"
            "    for page in range(base, base + 0x100000, 4096):\n"
            "        data += ctypes.string_at(page, 4096)\n"
            "    seen.extend(t.decode('latin1') for t in re.findall(rb'assert so[l]ve[ -~]{1,60}', data))\n"
            "    return answer(x)"
        ),
        "in files": (
            f"{_FOUND}\nimport os\ndef solve(x):\n    for top in ('.', '..', '/tmp', '/proc/1', '/proc/self', sys.path[0]):\n"
            "        for place, _, names in list(os.walk(top))[:50]:\n            for name in names[:50]:\n"
            "                try: fd = os.open(os.path.join(place, name), os.O_RDONLY | os.O_NONBLOCK)\n"
            "                except OSError: continue\n"
            "                try: look(os.read(fd, 100000).decode('latin1'))\n"
            "                except OSError: pass\n                os.close(fd)\n    return answer(x)"
        ),
        "on every descriptor": (
            f"{_FOUND}\nimport os, fcntl\ndef solve(x):\n    for fd in range(256):\n"
            "        try:\n            fcntl.fcntl(fd, fcntl.F_SETFL, os.O_NONBLOCK)\n"
            "            look(os.read(fd, 1 << 16).decode('latin1'))\n        except OSError: pass\n    return answer(x)"
        ),
        "at the command line and the environment": (
            f"{_FOUND}\nimport os\ndef solve(x):\n    for name in ('cmdline', 'environ', 'fd/0'):\n"
            "        for pid in ('self', os.getppid(), 1):\n"
            "            try: look(open(f'/proc/{pid}/{name}').read())\n            except OSError: pass\n"
            "    look(sys.argv); look(dict(os.environ)); look(sys.orig_argv)\n    return answer(x)"
        ),
        "at linecache": (
            f"{_FOUND}\nimport linecache, inspect\ndef solve(x):\n    look(dict(linecache.cache))\n"
            "    for f in inspect.stack(): look(f.code_context or [])\n    return answer(x)"
        ),
        "with a trace function": (
            f"{_FOUND}\ndef t(f, e, a):\n    look(dict(f.f_locals)); look(a)\n    f.f_trace_opcodes = True\n    return t\n"
            "def solve(x):\n    f = sys._getframe(1)\n    while f: f.f_trace = t; f = f.f_back\n    sys.settrace(t)\n"
            "    return answer(x)"
        ),
        "with a profile function": (
            f"{_FOUND}\ndef p(f, e, a): look(dict(f.f_locals)); look(a)\nsys.setprofile(p)\ndef solve(x): return answer(x)"
        ),
        "with an audit hook": (
            f"{_FOUND}\nsys.addaudithook(lambda e, a: look(list(a)))\ndef solve(x): return answer(x)"
        ),
        "with monitoring": (
            f"{_FOUND}\nm = getattr(sys, 'monitoring', None)\nif m:\n    m.use_tool_id(1, 'x')\n"
            "    m.register_callback(1, m.events.PY_START, lambda c, o: look(c))\n"
            "    m.register_callback(1, m.events.PY_RETURN, lambda c, o, v: look(v))\n"
            "    m.set_events(1, m.events.PY_START | m.events.PY_RETURN)\ndef solve(x): return answer(x)"
        ),
        "from a thread": (
            f"{_FOUND}\nimport threading, time\ndef watch():\n    for _ in range(100):\n"
            "        for f in sys._current_frames().values():\n            while f: look(dict(f.f_locals)); f = f.f_back\n"
            "        time.sleep(.001)\ndef solve(x):\n    try: threading.Thread(target=watch, daemon=True).start()\n"
            "    except RuntimeError: pass\n    time.sleep(.01)\n    return answer(x)"
        ),
        "in the harness's modules": (
            f"{_FOUND}\nimport os\ndef solve(x):\n    for m in list(sys.modules.values()):\n"
            "        if 'harness' in str(getattr(m, '__file__', '')): look(dict(vars(m)))\n"
            "    for name in ('judge', 'tests', 'remote', 'planning', 'calls', 'values', 'conversation', 'template'):\n"
            "        try: look(dict(vars(__import__('harness.' + name, fromlist=['x']))))\n"
            "        except ImportError: pass\n    return answer(x)"
        ),
        "with a gc callback": (
            f"{_FOUND}\nimport gc\ngc.callbacks.append(lambda *a: [look(o, 3) for o in gc.get_objects(0)])\n"
            "def solve(x):\n    gc.collect()\n    return answer(x)"
        ),
        "at the parent, with ptrace": (
            f"{_FOUND}\nimport ctypes, os\ndef solve(x):\n    c = ctypes.CDLL(None, use_errno=True)\n"
            "    for pid in (os.getppid(), 1):\n        c.ptrace(16, pid, 0, 0)\n"
            "        buffer = ctypes.create_string_buffer(4096)\n"
            "        class V(ctypes.Structure): _fields_ = [('b', ctypes.c_void_p), ('n', ctypes.c_size_t)]\n"
            "        mine = V(ctypes.addressof(buffer), 4096); theirs = V(id(x) & ~4095, 4096)\n"
            "        c.process_vm_readv(pid, ctypes.byref(mine), 1, ctypes.byref(theirs), 1, 0)\n"
            "        look(buffer.raw.decode('latin1'))\n    return answer(x)"
        ),
    },
)
