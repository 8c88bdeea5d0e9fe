"""Pairs of programs: whatever the first one leaves behind, the second is judged as if it had been alone.

Where programs share a process this has to be so because the first is not let in, or because what it changed is mended.
"""

from __future__ import annotations

from leti.verify.conformance.attack import HONEST

_BUSY = f"{HONEST}\nkept = [[n] for n in range(5000)]\nkept = [[n] for n in range(5000)]"
_RANDOM = "import random\nshown = random.random(), random.randint(0, 10**9)\nprint(shown)\n" + HONEST
_MAKE = "def made(name, bases, content): return type(name, bases, content)\n"
_REDUCE = 'import copy\nX = type("X", (), {"__reduce_ex__": lambda s, p: (lambda: %s, (), (None, {"%s": %s}))})\ncopy.copy(X())\n'
_LEFT = "ring = []\ndef g():\n    yield\n    try: yield\n    finally: %s\none = g()\nnext(one)\nnext(one)\nring.append(one)\n"
_RING = (
    "def go():\n    def g():\n        me = yield\n        try: yield\n        finally: %s\n"
    "    one = g()\n    next(one)\n    one.send([one])\ngo()\n"
)

PAIRS: dict[str, tuple[str, str]] = {
    "random numbers drawn": ("import random\nrandom.seed(7)\nrandom.random()", _RANDOM),
    "random numbers drawn inside": ("def f():\n    import random\n    random.seed(7)\nf()", _RANDOM),
    "random numbers drawn by a name": ("from random import seed as s\ns(7)", _RANDOM),
    "random numbers drawn by shuffling": ("from random import shuffle as s\ns([1, 2, 3])", _RANDOM),
    "random numbers drawn inside by a name": ("def f():\n    from random import shuffle as s\n    s([1, 2])\nf()", _RANDOM),
    "random numbers drawn when asked": ("def solve(x):\n    import random\n    random.seed(x)", _RANDOM),
    "random numbers drawn through another module": (
        "import statistics\ndef solve(x): return statistics.random.seed(5)", _RANDOM,
    ),
    "a builtin replaced": ("import builtins\nbuiltins.len = lambda x: 5", f"{HONEST}\nassert len('ab') == 2"),
    "a builtin replaced by item": ("__builtins__['len'] = None", f"{HONEST}\nassert len('ab') == 2"),
    "a module changed": ("import math\nmath.floor = lambda x: 0", f"import math\n{HONEST}\nassert math.floor(2.5) == 2"),
    "a module changed by setattr": (
        "import math\nsetattr(math, 'floor', None)", f"import math\n{HONEST}\nassert math.floor(2.5) == 2",
    ),
    "a module changed by for": (
        "import math\nfor math.floor in [None]: pass", f"import math\n{HONEST}\nassert math.floor(2.5) == 2",
    ),
    "a module changed by with": (
        "import math, contextlib\nwith contextlib.nullcontext() as math.floor: pass",
        f"import math\n{HONEST}\nassert math.floor(2.5) == 2",
    ),
    "a module changed by copying": (
        "import math\n" + _REDUCE % ("math", "floor", "lambda v: 0"), f"import math\n{HONEST}\nassert math.floor(2.5) == 2",
    ),
    "a class changed by copying": (
        "from fractions import Fraction\n" + _REDUCE % ("Fraction", "numerator", "5"),
        f"from fractions import Fraction\n{HONEST}\nassert Fraction(3, 4).numerator == 3",
    ),
    "a class registered": (
        "from typing import Sequence\nSequence.register(int)",
        f"from typing import Sequence\n{HONEST}\nassert not isinstance(1, Sequence)",
    ),
    "a class registered as hashable": (
        "import typing\ntyping.Hashable.register(list)",
        f"from typing import Hashable\n{HONEST}\nassert not isinstance([], Hashable)",
    ),
    "a class registered through its family": (
        "from fractions import Fraction\nFraction.mro()[1].register(str)\nFraction.mro()[-2].register(str)",
        f"from fractions import Fraction\n{HONEST}\nassert Fraction(1) != 'a'",
    ),
    "a mapping registered": (
        "import typing\ntyping.Mapping.register(list)",
        f"from collections import Counter\n{HONEST}\nassert Counter([1, 1]) == {{1: 2}}",
    ),
    "a generator that ends later": (_RING % "print('poison')", _BUSY),
    "a generator that raises later": (_RING % "1 / 0", _BUSY),
    "a generator that draws later": (
        "import random\n" + _RING % "random.seed(9)", f"import random\nkept = [[n] for n in range(9000)]\n{_RANDOM}",
    ),
    "a generator that is left": (_LEFT % "print('poison')", _BUSY),
    "a coroutine that is left": (
        "async def f(): pass\ndef go():\n    ring = [f()]\n    ring.append(ring)\ngo()", _BUSY,
    ),
    "an end that is made by type": (
        'def go():\n    one = type("D", (), {"__del__": lambda s, p=print: p("poison")})()\n    one.me = one\ngo()', _BUSY,
    ),
    "a class that is made by type": (
        _MAKE + 'X = made("X", (int,), {"__eq__": lambda s, o: True, "__hash__": lambda s: 0})\nhash(X(1))', _BUSY,
    ),
    "a class of classes": ("class M(type):\n    def __call__(c, *a): return 5\nclass X(metaclass=M): pass", _BUSY),
    "a class by its class": ('X = int.__class__("X", (), {"__del__": lambda s, p=print: p("poison")})\nx = [X()]\nx.append(x)', _BUSY),
    "a pattern that warns": (
        "import re\nre.compile('[[a]')", f"import re\nre.compile('[[a]')\n{HONEST}",
    ),
    "a text that warns": ("x = '\\d'", f"x = '\\d'\n{HONEST}"),
    "a comparison that warns": ("x = 5\nif x is 5: pass", f"x = 5\nif x is 5: pass\n{HONEST}"),
    "patterns by the thousand": (
        "import re\nfor n in range(1500): re.compile(f'a{n}')", f"import re\n{HONEST}\nassert re.match('a1', 'a1')",
    ),
    "a cache filled": (
        "import functools\n@functools.cache\ndef f(x): return x\nfor n in range(1000): f(n)", _BUSY,
    ),
    "memory kept": ("kept = bytearray(100 << 20)", f"{HONEST}\nx = bytearray(100 << 20)"),
    "memory kept in a ring": ("kept = [bytearray(100 << 20)]\nkept.append(kept)", f"{HONEST}\nx = bytearray(100 << 20)"),
    "names left": ("left = 5\nclass Left: pass", f"{HONEST}\nassert 'left' not in globals()"),
    "a name of the module left": ("left = 5", f"{HONEST}\ntry: left\nexcept NameError: pass\nelse: raise ValueError"),
    "words half printed": ("print('poison', end='')", f"{HONEST}\nprint('mine')"),
    "words printed as bytes": ("import sys\nsys.stdout.buffer.write(b'poison')", f"{HONEST}\nprint('mine')"),
    "an error that is raised": ("def solve(x): raise ValueError('poison')", "def solve(x): raise ValueError('mine')"),
    "an exception kept": (
        "kept = []\ntry: 1 / 0\nexcept ZeroDivisionError as e: kept.append(e)", "def solve(x):\n    raise",
    ),
    "a recursion": ("def f(n): return f(n + 1)\nf(0)", f"{HONEST}\ndef f(n): return n and f(n - 1)\nf(900)"),
    "a recursion when asked": ("def solve(x): return solve(x)", f"{HONEST}\ndef f(n): return n and f(n - 1)\nf(900)"),
    "a recursion that is counted": (
        "def f(n): return f(n + 1)\ntry: f(0)\nexcept RecursionError: pass",
        "n = 0\ndef f():\n    global n\n    n += 1\n    f()\ntry: f()\nexcept RecursionError: print(n)",
    ),
    "a syntax error": ("def solve(x:", "def solve(x: return"),
    "a loop": ("while True: pass", HONEST),
    "a loop when asked": ("def solve(x):\n    while True: pass", HONEST),
    "a stack that is gone": (
        "import itertools\nit = iter([])\nfor n in range(200000): it = itertools.chain(it)\nnext(it, 0)", HONEST,
    ),
    "an exit": ("raise SystemExit", HONEST),
    "an exit when asked": ("def solve(x): raise SystemExit(0)", HONEST),
    "a heap of results": ("def solve(x): return [[]] * 100000", "def solve(x): return [[]]"),
    "an object that is kept": ("class P: pass\ndef solve(x): return P()", "class Q: pass\ndef solve(x): return Q()"),
    "text of an object": (
        "class P: pass\nkept = [P() for n in range(1000)]\ndel kept[::2]", "class Q: pass\ndef solve(x): raise ValueError(Q())",
    ),
    "order of a set of objects": (
        "kept = [[n] for n in range(999)]", "class Q:\n    def __init__(s, n): s.n = n\nprint([q.n for q in {Q(n) for n in range(9)}])",
    ),
    "text of a format": ("print('{0.__globals__}'.format(lambda: 0))", HONEST),
    "digits": ("import sys\nsys.set_int_max_str_digits(0)", f"{HONEST}\nx = str(10 ** 9999)"),
    "the recursion limit": ("import sys\nsys.setrecursionlimit(99)", f"{HONEST}\ndef f(n): return n and f(n - 1)\nf(900)"),
    "the directory": ("import os\nos.mkdir('d')\nos.chdir('d')\nopen('f', 'w').close()", f"import os\n{HONEST}\nassert not os.listdir()"),
    "the directory's mode": ("import os\nos.chmod('.', 0)", f"{HONEST}\nopen('f', 'w').close()"),
    "the environment": ("import os\nos.environ['X'] = 'poison'\nos.putenv('Y', 'p')", f"import os\n{HONEST}\nassert 'X' not in os.environ"),
    "the mask of signals": (
        "import signal\nsignal.pthread_sigmask(0, [10])\nsignal.signal(10, signal.SIG_IGN)",
        f"import signal\n{HONEST}\nassert not signal.pthread_sigmask(0, [])",
    ),
    "a lock on a file": (
        "import fcntl, os\nfcntl.flock(os.open('.', 0), 2)",
        f"import fcntl, os\n{HONEST}\nfcntl.flock(os.open('.', 0), 2 | 4)",
    ),
    "the zone of time": ("import os, time\nos.environ['TZ'] = 'Asia/Tokyo'\ntime.tzset()", f"import time\n{HONEST}\nassert time.localtime(0).tm_hour == 0"),
    "the locale": ("import locale\nlocale.setlocale(locale.LC_ALL, 'C')", HONEST),
    "a module of its own": ("import sys\nsys.modules['math'] = None", f"import math\n{HONEST}"),
    "a file that is a module": ("open('math.py', 'w').write('1 / 0')\nopen('heapq.py', 'w').write('1/0')", f"import heapq\n{HONEST}"),
}  # fmt: skip
