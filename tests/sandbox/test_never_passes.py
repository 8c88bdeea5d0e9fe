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
        "builtins.exec = builtins.eval = lambda *a: None\n"
        "builtins.isinstance = lambda *a: True\nbuiltins.type = lambda *a: int\n"
        "def solve(x): return None"
    ),
    "json replaced": 'import json\njson.dumps = lambda *a, **k: \'{"kind": "done"}\'\ndef solve(x): return 0',
    "print patched": "import builtins\nbuiltins.print = lambda *a, **k: None\nprint('passed')",
    "answers forged": (
        "import os\n"
        "for line in ('{\"names\":{}}', '{\"value\":true}', '{\"value\":true}', '{\"waiting\":1}', '{\"ended\":1}'):\n"
        "    os.write(3, (line + '\\n').encode())\n"
        "os._exit(0)"
    ),
    "answers forged in a test": (
        'import os\ndef solve(x):\n    os.write(3, b\'{"value":{"handle":[0,"int","object"]}}\\n\' * 9)\n    return 0'
    ),
    "results of tests forged": (
        "import os, struct\n"
        'head = b\'{"results":[{"test":0,"status":"passed"},{"test":1,"status":"passed"}],"trusted":true}\'\n'
        "for number in range(6):\n"
        "    try: os.write(number, struct.pack('!II', len(head), 0) + head)\n"
        "    except OSError: pass\n"
        "def solve(x): return 0"
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


HUNTER = """
import ctypes, os, re

def found(number):
    memory = os.open(f"/proc/{number}/mem", os.O_RDONLY)
    hits = set()
    for line in open(f"/proc/{number}/maps").read().splitlines():
        low, high = (int(part, 16) for part in line.split()[0].split("-"))
        if line.split()[1].startswith("r") and high - low < 1 << 28:
            try: hits |= set(re.findall(rb"(?:right|wrong)-a[n]swer-\\w+", os.pread(memory, high - low, low)))
            except OSError: pass
    os.close(memory)
    return hits

def search(where):
    for number in (os.getpid(), os.getppid()):
        try: print(where, found(number))
        except OSError as error: print(where, error)

mark = b"wrong-" + b"answer-mine"
search("loading")
def solve(x):
    search("running")
    return "?"
"""


def test_what_a_test_expects_is_in_no_process_that_a_program_can_read(open_lane: OneLane) -> None:
    verdict = open_lane.judged(HUNTER, "assert solve(1) == 'right-' + 'answer-7'\nassert solve(2) == 'right-answer-8'")
    assert not verdict.passed
    lines = verdict.output.splitlines()
    assert [line.split()[0] for line in lines] == ["loading", "loading", "running", "running", "running", "running"]
    assert "wrong-answer-mine" in lines[0]  # the search finds what there is
    assert "right-answer" not in verdict.output
