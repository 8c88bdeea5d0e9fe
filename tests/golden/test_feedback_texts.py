"""Feedback of real programs, style by style, against files to read.

`LETI_REGOLD=1 pytest tests/golden` writes the files anew; then read the diff.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from leti.feedback import STYLES, render
from leti.verify import Limits
from programs import verdicts

GOLDEN = Path(__file__).parent / "feedback"
PROMPT = '"""\nWrite a function to add one.\nassert solve(1) == 2\n"""\n'
PROGRAMS = {
    "wrong": "def solve(x):\n    return [x]",
    "raised": "def helper(x):\n    return x.y\ndef solve(x):\n    return helper(x)",
    "message": "def solve(x):\n    raise ValueError('one\\ntwo')",
    "syntax": "def solve(x):\n    return (x + 1",
    "indentation": "def solve(x):\nreturn x",
    "evaluated": "def solve(x):\n    return eval('1/0')",
    "recursion": "def solve(x):\n    return solve(x)",
    "library": "import json\ndef solve(x):\n    return json.loads('{')",
    "object": "class Box: pass\ndef solve(x):\n    return Box()",
    "address": "def solve(x):\n    raise ValueError(solve)",
    "exit": "import sys\ndef solve(x):\n    sys.exit(3)",
    "left": "import os\ndef solve(x):\n    os._exit(3)",
    "killed": "import os\ndef solve(x):\n    os.abort()",
    "slow": "import time\ndef solve(x):\n    time.sleep(60)",
    "memory": "def solve(x):\n    return bytearray(1 << 40)",
    "long": "def solve(x):\n    raise ValueError('x' * 5000)",
}
STYLES_WITH_TEXT = [style for style in STYLES if style != "none"]


@pytest.mark.skipif(
    sys.version_info[:2] != (3, 11), reason="written on Python 3.11; others word some messages differently"
)
def test_texts() -> None:
    judged = verdicts([PROMPT + program for program in PROGRAMS.values()], "assert solve(1) == 2", limits=Limits(timeout=1.0))
    for style in STYLES_WITH_TEXT:
        parts = [
            f"=== {name}\n{render(verdict, style=style, max_chars=600).text}\n"
            for name, verdict in zip(PROGRAMS, judged, strict=True)
        ]
        path = GOLDEN / f"{style}.txt"
        if os.environ.get("LETI_REGOLD"):
            path.write_text("\n".join(parts))
        assert path.read_text() == "\n".join(parts), style
