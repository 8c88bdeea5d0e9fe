"""A program that does not return the right values does not pass, whatever else it does."""

from __future__ import annotations

import pytest

from leti.types import Outcome
from programs import OneLane

FAKES = {
    "sys.exit": "import sys\nsys.exit(0)",
    "exit in a test": "import sys\ndef solve(x): sys.exit(0)",
    "os._exit": "import os\nos._exit(0)",
    "os._exit in a test": "import os\ndef solve(x): os._exit(0)",
    "atexit": "import atexit, os\natexit.register(os._exit, 0)\ndef solve(x): return 0",
    "thread that leaves": (
        "import threading, os, time\n"
        "threading.Thread(target=lambda: (time.sleep(.05), os._exit(0)), daemon=True).start()\n"
        "def solve(x): time.sleep(1)"
    ),
    "equals everything": "class Y:\n    def __eq__(s, o): return True\ndef solve(x): return Y()",
    "int that equals everything": "class I(int):\n    def __eq__(s, o): return True\ndef solve(x): return I(0)",
    "metaclass that equals": (
        "class M(type):\n    def __eq__(c, o): return True\n    __hash__ = None\n"
        "class Y(metaclass=M): pass\ndef solve(x): return Y"
    ),
    "proxy": (
        "import weakref\nclass Y:\n    def __eq__(s, o): return True\ny = Y()\ndef solve(x): return weakref.proxy(y)"
    ),
    "class forged": (
        "class Y:\n    __class__ = property(lambda s: int)\n    def __eq__(s, o): return True\ndef solve(x): return Y()"
    ),
    "AssertionError replaced": "import builtins\nbuiltins.AssertionError = None\ndef solve(x): return 0",
    "builtins replaced": (
        "import builtins\nbuiltins.compile = lambda *a, **k: (lambda: None).__code__\n"
        "builtins.exec = lambda *a: None\nbuiltins.isinstance = lambda *a: True\nbuiltins.type = lambda *a: int\n"
        "def solve(x): return None"
    ),
    "json replaced": 'import json\njson.dumps = lambda *a, **k: \'{"kind": "done"}\'\ndef solve(x): return 0',
    "print patched": "import builtins\nbuiltins.print = lambda *a, **k: None\nprint('passed')",
    "events without the secret": (
        "import os\n"
        'for line in (\'{"kind": "loaded"}\', \'{"kind": "passed", "test": 0}\', \'{"kind": "passed", "test": 1}\', '
        '\'{"kind": "done", "tests": 2}\'):\n'
        "    for begin in ('', ' ', '0' * 32 + ' '):\n"
        "        os.write(3, ('\\n' + begin + line + '\\n').encode())\n"
        "os._exit(0)"
    ),
    "trace jumps over the test": (
        "import sys\n"
        "def t(f, e, a):\n"
        "    if e == 'line':\n"
        "        try: f.f_lineno = f.f_lineno + 1\n"
        "        except ValueError: pass\n"
        "    return t\n"
        "def solve(x):\n"
        "    sys._getframe(1).f_trace = t\n    sys.settrace(t)\n    return 0"
    ),
}


@pytest.mark.parametrize("name", FAKES)
def test_fake(lane: OneLane, name: str) -> None:
    assert not lane.judged(FAKES[name]).passed
    assert lane.still_works()


def test_the_last_words_of_a_failed_program_are_not_its_own(lane: OneLane) -> None:
    verdict = lane.judged(
        "class E(Exception):\n    def __str__(self):\n        import os\n        os._exit(0)\ndef solve(x): raise E"
    )
    assert verdict.outcome is Outcome.EXITED


def test_the_right_values_do_pass(lane: OneLane) -> None:
    assert lane.still_works()


def test_the_tests_are_not_in_the_process_while_the_program_is_loaded(lane: OneLane) -> None:
    program = """
import re
found = 0
try:
    memory = open("/proc/self/mem", "rb", 0)
    for line in open("/proc/self/maps").read().splitlines():
        if "rw" in line.split()[1]:
            low, high = (int(part, 16) for part in line.split()[0].split("-"))
            try:
                memory.seek(low)
                found += len(re.findall(rb"assert s[o]lve", memory.read(min(high - low, 1 << 26))))
            except OSError:
                pass
except OSError:
    pass
print("found", found)
def solve(x): return 0
"""
    assert "found 0" in lane.judged(program).output
