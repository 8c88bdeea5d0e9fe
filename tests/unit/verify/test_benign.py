"""Which programs may share a process."""

from __future__ import annotations

import sys

import pytest

from leti.verify.harness import benign

RULES = benign.rules()
MANY = "\n".join(f"name{number} = {number}" for number in range(600)) + "\n"  # so that arguments take two bytes

pytestmark = pytest.mark.skipif(
    sys.version_info[:2] not in benign.TESTED, reason="no program is benign on this version"
)


def is_benign(program: str) -> bool:
    code = compile(program, "<string>", "exec")
    return benign.is_benign(code, RULES) and benign.is_harmless(code, program)


@pytest.mark.parametrize("before", ["", MANY], ids=["few", "many"])
@pytest.mark.parametrize(
    "program",
    [
        '"""Words."""\nimport re\ndef f(x): return re.findall("a", x)',
        "import math\n_last = 1\ndef f(x):\n    global _last\n    _last = x\n    return math.floor(x)",
        "import random\ndef _f(x): return random.random()\n_f(1)",
        "import math as _m\n_m.floor(1)",
        "class A:\n    def __init__(self): self._x = 1",
        "from typing import List\ndef f(x: List[int]) -> int: return sum(x)",
        "import re\np = re.compile('a')\ndef f(x): return p.findall(x)",
        "from array import array\ndef f(x): return list(array('i', x))",
        "def f(x): return '{:.2f} {}{{'.format(x, format(x, '.3f'))",
        "obj = 1\ndef f(obj): return obj if type(obj) == int else 0",
    ],
)
def test_what_reaches_nothing_that_outlives_it_is_benign(program: str, before: str) -> None:
    assert is_benign(before + program)


@pytest.mark.parametrize("before", ["", MANY], ids=["few", "many"])
@pytest.mark.parametrize(
    "program",
    [
        "import random\nrandom._inst",
        "import random\n_inst = 1\nrandom._inst",
        "import random\n_inst = 1\nrandom._inst.seed()",
        "from random import _inst",
        "import math\nclass A(dict):\n    def f(self): return super()._x",
        "import random as _r\n_r._inst",
        "import math\nmath.x = 1",
        "import math\ndel math.floor",
        "import os",
        "from . import x",
        "import random\nrandom.__init__",
        "import re\nmatch re:\n    case object(_cache=x): pass",
        "(lambda: 1).__globals__",
        "eval('1')",
        "compile('1', '', 'eval')",
        "import re\nre.compile('a')\ndef f(): return compile('1', '', 'eval')",
        "import re\ndef f(): global compile; compile = 1\nre.compile('a')",
        "from re import compile\ncompile('a')",
        "import re\nre.compile = 1",
        "import re\nre.compile('a')\nre.copyreg",
        "async def f(): pass",
        "'{0.__globals__}'.format(is_benign)",
        "'{0[a]}'.format(x)",
        "'{:{0.real}}'.format(1)",
        "def f(x, t='{0.gi_frame}'): return t.format(x)",
        "('{0.a}' if 1 else '{}').format(1)",
        "list(map(str.format, ['{0.a}'], [1]))",
        "'{x.a}'.format_map({'x': 1})",
        "def f(x):\n    try: x.a\n    except AttributeError as e: return e.obj",
        "from typing import Type\nclass A(Type): pass",
        "type('A', (), {})",
    ],
)
def test_what_could_change_what_others_use_is_not(program: str, before: str) -> None:
    assert not is_benign(before + program)
