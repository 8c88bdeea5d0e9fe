"""What detailed feedback says on each version of Python, against a file to read.

`LETI_REGOLD=1 pytest -n 0 tests/golden/test_versions.py` writes it anew; then read the diff.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from leti.feedback import render
from programs import OneLane

GOLDEN = Path(__file__).parent / "versions.md"
VERSIONS = ("3.11", "3.12", "3.13")
INSTALLED = Path("~/.pyenv/versions").expanduser()
TESTS = "assert solve(2) == 3\nassert solve(0) == 1"
HEAD = """# Feedback on several versions of Python

What the style `detailed` says of the same programs. Made by `tests/golden/test_versions.py`, which tells how to make it
anew. A run is only comparable with runs on the same version: {differ} of {all} programs below read differently.
Every program is followed by the tests `{tests}`.
"""
PROGRAMS = {
    "the same": "def solve(x):\n    return x",
    "comprehension": "def solve(x):\n    return [1 // (i - 1) for i in range(x)]",
    "comprehension in a call": "def solve(x):\n    return sum([each.size for each in [x]])",
    "generator": "def solve(x):\n    return sum(1 // (i - 1) for i in range(x))",
    "recursion": "def solve(x):\n    return solve(x)",
    "recursion of two": "def one(x):\n    return two(x)\ndef two(x):\n    return one(x)\nsolve = one",
    "recursion through a builtin": "def solve(x):\n    return max([x], key=solve)",
    "unbound": "def solve(x):\n    if x > 5:\n        y = 1\n    return y",
    "no such name": "def solve(x):\n    return math.sqrt(x)",
    "no such attribute": "def solve(x):\n    return 'a'.add(x)",
    "no such attribute of a module": "import math\ndef solve(x):\n    return math.squareroot(x)",
    "missing argument": "def solve(x, y, z):\n    return x",
    "too many values": "def solve(x):\n    a, b = 1, 2, 3",
    "unhashable": "def solve(x):\n    return {[x]: 1}",
    "mixed": "def solve(x):\n    return x + '1'",
    "method of a class": "class Box:\n    def get(self):\n        return self.x\ndef solve(x):\n    return Box().get()",
    "abstract": (
        "from abc import ABC, abstractmethod\nclass A(ABC):\n    @abstractmethod\n    def f(self): pass\n"
        "    @abstractmethod\n    def g(self): pass\ndef solve(x):\n    return A()"
    ),
    "module that is gone": "import imp\ndef solve(x): return x",
    "module that is gone later": "import cgi\ndef solve(x): return x",
    "large number to text": "def solve(x):\n    return str(10 ** 5000)",
    "number of text": "def solve(x):\n    return int('1.5')",
    "sample of a set": "import random\ndef solve(x):\n    return random.sample({1, 2}, 1)",
    "pattern": "import re\ndef solve(x):\n    return re.sub('(?P<a', '', 'a')",
    "several at once": "def solve(x):\n    raise ExceptionGroup('some', [ValueError(1), KeyError(2)])",
    "enumeration": "from enum import Enum\nclass C(Enum):\n    A = 1\ndef solve(x):\n    return f'{C(x)}'",
    "print of old": "def solve(x):\n    print x\n    return x",
    "open bracket": "def solve(x):\n    return (x + 1\n",
    "open text": "def solve(x):\n    return 'x\n",
    "missing comma": "def solve(x):\n    return [1 2]",
    "assignment for comparison": "def solve(x):\n    if x = 1:\n        return 2",
    "missing colon": "def solve(x)\n    return x",
    "nothing imported": "from math import\ndef solve(x): return x",
    "quotes inside a format": "def solve(x):\n    return f'{'a'}'",
    "nothing inside a format": "def solve(x):\n    return f'{}'",
    "open format": "def solve(x):\n    return f'{x'",
    "misspelt keyword": "fro i in range(3):\n    pass",
    "two exceptions without brackets": "try:\n    pass\nexcept ValueError, KeyError:\n    pass",
    "indentation": "def solve(x):\n    y = 1\n      z = 2\n    return x",
    "number with a leading nought": "def solve(x):\n    return 012",
    "keyword as a name": "def solve(x):\n    class = 1\n    return x",
    "repeated argument": "def solve(x, x):\n    return x",
}


def interpreters() -> dict[str, str]:
    """Return the interpreters that are here, by version."""
    found = {f"{sys.version_info[0]}.{sys.version_info[1]}": sys.executable}
    for version in VERSIONS:
        candidates = [str(path) for path in sorted(INSTALLED.glob(f"{version}.*/bin/python3"))]
        for path in [*candidates, shutil.which(f"python{version}")]:
            asked = [path, "-c", "import sys; print(*sys.version_info[:2], sep='.')"]
            if path and subprocess.run(asked, capture_output=True, text=True, check=False).stdout.strip() == version:
                found.setdefault(version, path)
    return found


def texts(python: str, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    monkeypatch.setattr(sys, "executable", python)
    lane = OneLane()
    try:
        judged = {name: lane.judged(program, TESTS) for name, program in PROGRAMS.items()}
    finally:
        lane.close()
    return {name: str(render(verdict, style="detailed", max_chars=2000).text) for name, verdict in judged.items()}


def page(found: dict[str, dict[str, str]]) -> str:
    differ = [name for name in PROGRAMS if len({texts[name] for texts in found.values()}) > 1]
    parts = [HEAD.format(differ=len(differ), all=len(PROGRAMS), tests=TESTS.replace("\n", "; "))]
    for name in differ:
        parts.append(f"## {name}\n\n```python\n{PROGRAMS[name].rstrip()}\n```\n")
        same: dict[str, list[str]] = {}
        for version, texts in found.items():
            same.setdefault(texts[name], []).append(version)
        parts += [f"{', '.join(versions)}:\n\n```text\n{text.rstrip()}\n```\n" for text, versions in same.items()]
    alike = ", ".join(name for name in PROGRAMS if name not in differ)
    return "\n".join([*parts, f"## The same on all\n\n{alike}.\n"])


def test_what_each_version_says(monkeypatch: pytest.MonkeyPatch) -> None:
    here = interpreters()
    missing = [version for version in VERSIONS if version not in here]
    if missing:
        pytest.skip(f"no Python {' and '.join(missing)} here")
    found = {version: texts(here[version], monkeypatch) for version in VERSIONS}
    if os.environ.get("LETI_REGOLD"):
        GOLDEN.write_text(page(found))
    assert GOLDEN.read_text() == page(found)
