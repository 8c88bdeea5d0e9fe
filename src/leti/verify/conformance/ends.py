"""Programs that end in odd ways, or do not end; and odd programs that are right."""

from __future__ import annotations

from leti.verify.conformance.attack import HONEST, Attack, attacks

_EXITS = {
    "sys.exit": "import sys\nsys.exit(0)",
    "sys.exit when asked": "import sys\ndef solve(x): sys.exit(0)",
    "SystemExit of nothing": "raise SystemExit",
    "os._exit": "import os\nos._exit(0)",
    "os._exit when asked": "import os\ndef solve(x): os._exit(0)",
    "os._exit after an answer": (
        "import os\nn = []\ndef solve(x):\n    n.append(x)\n    return 7310 if len(n) == 1 else os._exit(0)"
    ),
    "a thread that leaves": (
        "import threading, os, time\ndef go():\n    time.sleep(.02)\n    os._exit(0)\n"
        "threading.Thread(target=go, daemon=True).start()\ndef solve(x): time.sleep(.2)"
    ),
    "a signal handler that leaves": (
        "import os, signal\nsignal.signal(signal.SIGALRM, lambda *a: os._exit(0))\n"
        "signal.setitimer(signal.ITIMER_REAL, .01)\ndef solve(x):\n    while True: pass"
    ),
    "exec of true": "import os\nos.execv('/bin/true', ['true'])",
    "exec of python": (
        "import os, sys\nos.execv(sys.executable, ['python', '-c', 'print(1)'])\ndef solve(x): return 0"
    ),
    "a copy that leaves": "import os\nif os.fork(): os._exit(0)\ndef solve(x): return 0",
    "a copy that answers": "import os\ndef solve(x):\n    os.fork()\n    return 0",
    "exit by the exception hook": "import sys, os\nsys.excepthook = lambda *a: os._exit(0)\n1 / 0",
    "a stream that leaves": (
        "import sys, os\nclass S:\n    def flush(s): os._exit(0)\n    write = lambda s, t: 0\nsys.stdout = sys.stderr = S()\n"
        "def solve(x): return 0"
    ),
    "KeyboardInterrupt": "def solve(x): raise KeyboardInterrupt",
    "GeneratorExit": "def solve(x): raise GeneratorExit",
    "StopIteration": "def solve(x): raise StopIteration(7310)",
    "AssertionError": "def solve(x): raise AssertionError",
    "a group": "def solve(x): raise ExceptionGroup('g', [ValueError(1), ExceptionGroup('h', [KeyError(2)])])",
    "a group of all": "def solve(x): raise BaseExceptionGroup('g', [SystemExit(0), KeyboardInterrupt()])",
    "text that leaves": (
        "import os\nclass E(Exception):\n    def __str__(s): os._exit(0)\n    __repr__ = __str__\ndef solve(x): raise E"
    ),
    "text that hangs": (
        "class E(Exception):\n    def __str__(s):\n        while True: pass\ndef solve(x): raise E"
    ),
    "text that is none": "class E(Exception):\n    def __str__(s): return 5\ndef solve(x): raise E",
    "text of another class": (
        "class T(str):\n    def __len__(s): return 1\n    def replace(s, *a): return s\n    def __add__(s, o): return s\n"
        "class E(Exception):\n    def __str__(s): return T('x' * 1000)\ndef solve(x): raise E"
    ),
    "text that is long": "def solve(x): raise ValueError('x' * 5000000)",
    "text of surrogates": "def solve(x): raise ValueError('\\ud800\\udfff' * 100 + '\\0')",
    "an exception of a strange class": (
        "class M(type):\n    __name__ = __qualname__ = __module__ = property(lambda c: 1 / 0)\n"
        "    def __subclasscheck__(c, o): return True\n    def mro(c): return [c, *Exception.__mro__]\n"
        "class E(Exception, metaclass=M): pass\ndef solve(x): raise E"
    ),
    "an exception that gives itself out as another": (
        "class E(BaseException):\n    __class__ = property(lambda s: SystemExit)\n    args = None\n"
        "    __traceback__ = property(lambda s: 1 / 0)\n    __cause__ = __context__ = __traceback__\n"
        "    def with_traceback(s, *a): return s\ndef solve(x): raise E"
    ),
    "an exception with strange parts": (
        "def solve(x):\n    e = SyntaxError('m', ('f', 10 ** 30, -5, 'text' * 100000))\n    e.text = 5\n    e.lineno = []\n"
        "    e.msg = object()\n    e.end_lineno = 'x'\n    raise e"
    ),
    "an exception with a ring of causes": (
        "def solve(x):\n    a, b = ValueError(1), ValueError(2)\n    a.__cause__, b.__cause__ = b, a\n    raise a"
    ),
    "a long chain of causes": (
        "def solve(x):\n    e = None\n    for i in range(20000):\n        n = ValueError(i)\n        n.__context__ = e\n"
        "        e = n\n    raise e"
    ),
    "a trace without end": (
        "def solve(x):\n    e = ValueError(1)\n    for _ in range(3000):\n        try: raise e\n        except ValueError: pass\n"
        "    raise e"
    ),
    "an exception of a long name": "E = type('E' * 100000, (Exception,), {})\ndef solve(x): raise E",
    "an exception of an odd name": "E = type('\\ud800 \\n\"<b>', (Exception,), {})\ndef solve(x): raise E",
    "MemoryError": "def solve(x): raise MemoryError",
    "RecursionError": "def solve(x): return solve(x)",
    "no function": "x = 1",
    "a function of other parameters": "def solve(): return 7310",
    "a name that was taken back": "def solve(x): return 0\ndel solve",
    "a function that takes itself back": "def solve(x):\n    globals().clear()\n    return 0",
    "a SyntaxError": "def solve(x:\n    return 0",
    "an IndentationError": "  def solve(x): return 0\n x",
    "NUL in the source": "def solve(x): return 0\n\0",
    "a surrogate in the source": "s = '\ud800'\ndef solve(x): return s",
    "an encoding that is none": "# -*- coding: nothing -*-\ndef solve(x): return 0",
    "a byte order mark": "\ufeffdef solve(x): return 0",
    "source of nothing": "",
    "source of spaces": " \t\f\n\r\r\n",
}  # fmt: skip
_CRASHES = {
    "abort": "import os\nos.abort()",
    "abort when asked": "import os\ndef solve(x): os.abort()",
    "a null pointer": "import ctypes\ndef solve(x): ctypes.string_at(0)",
    "a bad pointer": "import ctypes\ndef solve(x): ctypes.c_int.from_address(8).value = 1",
    "a bad code object": (
        "def f(): return 0\ndef solve(x):\n    f.__code__ = f.__code__.replace(co_code=b'd\\xff' * 40, co_stacksize=1)\n"
        "    return f()"
    ),
    "each deadly signal": "import os, signal\ndef solve(x): os.kill(os.getpid(), signal.SIGSEGV)",
    "a stop": "import os, signal\ndef solve(x):\n    os.kill(os.getpid(), signal.SIGSTOP)\n    return 0",
    "SIGPIPE": "import os, signal\nsignal.signal(signal.SIGPIPE, signal.SIG_DFL)\nos.kill(os.getpid(), signal.SIGPIPE)",
    "no stack left": "import sys\nsys.setrecursionlimit(10**9)\ndef solve(x): return solve(x) + 1",
    "no stack left, in C": (
        "import itertools\nit = iter([])\nfor _ in range(300000): it = itertools.chain(it)\ndef solve(x): return next(it, 0)"
    ),
    "no stack left, in a repr": (
        "a = []\nfor _ in range(300000): a = [a]\nimport sys\nsys.setrecursionlimit(10**6)\ndef solve(x): return repr(a)"
    ),
    "no stack left, at the end": (
        "class N:\n    def __init__(s, n): s.n = n\nn = None\nfor _ in range(300000): n = N(n)\ndef solve(x): return 0"
    ),
    "deep source": "x = " + "(" * 5000 + "1" + ")" * 5000,
    "deep source of signs": "x = " + "-" * 60000 + "1",
    "deep source of blocks": "".join(" " * n + "if 1:\n" for n in range(110)) + " " * 110 + "x = 1",
    "deep source of attributes": "x = 1" + ".a" * 60000,
    "deep source of operators": "x = " + "1+" * 60000 + "1",
    "deep source of tuples": "x = " + "(1," * 3000 + ")" * 3000,
    "a long line": "x = '" + "a" * 3000000 + "'",
    "many lines": "x = 1\n" * 200000,
    "deep text that is evaluated": "def solve(x): return eval('-' * 300000 + '1')",
    "a tree that is compiled": (
        "import ast\nn = ast.Constant(1)\nfor _ in range(100000): n = ast.UnaryOp(ast.USub(), n)\n"
        "def solve(x): return compile(ast.fix_missing_locations(ast.Expression(n)), 'f', 'eval')"
    ),
}  # fmt: skip
_HANGS = {
    "a loop": "while True: pass",
    "a loop when asked": "def solve(x):\n    while True: pass",
    "sleep": "import time\ntime.sleep(60)",
    "what swallows everything": "while True:\n    try:\n        while True: pass\n    except BaseException: pass",
    "no signals": (
        "import signal\nsignal.pthread_sigmask(signal.SIG_BLOCK, range(1, 65))\nfor s in range(1, 65):\n"
        "    try: signal.signal(s, signal.SIG_IGN)\n    except (OSError, ValueError): pass\nwhile True: pass"
    ),
    "one long call": "x = 3 ** (10 ** 9)",
    "one long pattern": "import re\nre.match('(a+)+b', 'a' * 60)",
    "one long compilation": "x = " + "+".join(["(1,2,3)*9**9999"] * 4000),
    "a compilation of constants": "x = " + " + ".join(["2 ** 30000"] * 3000),
    "waiting for itself": "import threading\nl = threading.Lock()\nl.acquire()\nl.acquire()",
    "waiting for input": "import os\nos.read(4, 1)\nos.read(0, 1)\nimport signal\nsignal.pause()",
    "waiting for a pipe": "import os\nr, w = os.pipe()\nos.read(r, 1)",
    "a copy that hangs": "import os\nif os.fork() == 0:\n    while True: pass\ndef solve(x): return 0",
    "hash that hangs": "class H:\n    def __hash__(s):\n        while True: pass\ndef solve(x): return {H()}",
    "iteration that hangs": "def g():\n    while True: pass\n    yield\ndef solve(x): return g()",
    "attributes that hang": (
        "class H:\n    def __getattribute__(s, n):\n        while True: pass\ndef solve(x): return H()"
    ),
    "an end that hangs": (
        "import atexit\nclass D:\n    def __del__(s):\n        while True: pass\nd = D()\natexit.register(d.__del__)\n"
        "def solve(x):\n    global d\n    d = None"
    ),
    "a stream that hangs": (
        "import sys\nclass S:\n    def flush(s):\n        while True: pass\n    write = lambda s, t: 0\nsys.stdout = S()\n"
        "def solve(x): return 0"
    ),
    "a busy printer": "while True: print('x' * 1000)",
    "a patient printer": "import time\nwhile True:\n    print('x', flush=True)\n    time.sleep(.001)",
    "a loop of answers": "import os\ndef solve(x):\n    while True: os.write(3, b'{\"value\":0}\\n')",
    "a loop of waiting": "import os\ndef solve(x):\n    while True: os.write(3, b'{\"waiting\":1}\\n')",
    "a slow loop of waiting": (
        "import os, time\ndef solve(x):\n    while True:\n        os.write(3, b'{\"waiting\":1}\\n')\n        time.sleep(.01)"
    ),
}  # fmt: skip
_ODD = {
    "plain": HONEST,
    "with a guard": f"{HONEST}\nif __name__ == '__main__':\n    1 / 0",
    "CRLF": HONEST.replace("\n", "\r\n"),
    "CR": HONEST.replace("\n", "\r"),
    "a lot printed": f"{HONEST}\nprint('x' * 300000)",
    "surrogates printed": f"{HONEST}\nprint('\\ud800\\0\\x1b[2J')",
    "errors printed": f"{HONEST}\nimport sys\nsys.stderr.write('Traceback: failed')",
    "stdout closed": f"{HONEST}\nimport sys\nsys.stdout.close()\nsys.stderr.close()",
    "stdout taken away": f"{HONEST}\nimport sys\nsys.stdout = sys.stderr = None",
    "standard input tried": f"{HONEST}\ntry: input()\nexcept (EOFError, OSError): pass",
    "dataclass": f"from dataclasses import dataclass\n@dataclass\nclass P:\n    a: int\n{HONEST}",
    "annotations postponed": f"from __future__ import annotations\n{HONEST}",
    "an int subclass": f"{HONEST}\nold = solve\nclass I(int): pass\ndef solve(x):\n    r = old(x)\n    return I(r) if type(r) is int else r",
    "a list subclass": f"{HONEST}\nold = solve\nclass L(list): pass\ndef solve(x):\n    r = old(x)\n    return L(r) if type(r) is list else r",
    "a numpy-like str": f"{HONEST}\nold = solve\nclass S(str): pass\ndef solve(x):\n    r = old(x)\n    return S(r) if type(r) is str else r",
    "files of its own": f"{HONEST}\nopen('a', 'w').write('x')\nassert open('a').read() == 'x'\nimport os\nos.makedirs('b/c')",
    "a lambda": "solve = lambda x: x + '-7310' if type(x) is str else [solve(v) for v in x] if type(x) is list else x * 2434 + 8",
    "a class that is called": f"{HONEST}\nold = solve\nclass C:\n    def __call__(s, x): return old(x)\nsolve = C()",
    "a cache": f"import functools\n{HONEST}\nold = solve\nsolve = functools.partial(old)",
    "its own exceptions": f"{HONEST}\ntry: raise ExceptionGroup('a', [ValueError()])\nexcept* ValueError: pass",
    "its argument changed": f"{HONEST}\nold = solve\ndef solve(x):\n    r = old(x)\n    if type(x) is list: x.append(1)\n    return r",
    "many names": f"{HONEST}\n" + "".join(f"v{n} = {n}\n" for n in range(5000)),
    "a long text": f"{HONEST}\n# " + "x" * 1000000,
    "unicode names": f"{HONEST}\nλ = 'ü\U0001f600'\nassert len(λ) == 2",
    "threads that were refused": (
        f"{HONEST}\nimport threading\ntry:\n    t = threading.Thread(target=print)\n    t.start()\n    t.join()\n"
        "except RuntimeError: pass"
    ),
    "random": f"{HONEST}\nimport random\nrandom.seed(5)\nrandom.random()",
    "recursion": f"{HONEST}\ndef f(n): return n and f(n - 1)\nf(900)",
    "an assert of its own": f"{HONEST}\nassert solve(3) == 7310",
    "its own tests, failing, caught": f"{HONEST}\ntry: assert solve(3) == 0\nexcept AssertionError: pass",
    "half the memory": f"{HONEST}\nx = bytearray(60 << 20)\ndel x",
    "half the time": f"{HONEST}\nimport time\ntime.sleep(.2)",
}  # fmt: skip

ENDS: tuple[Attack, ...] = attacks("ends by", _EXITS) + attacks("crashes by", _CRASHES)
HANGS: tuple[Attack, ...] = attacks("hangs by", _HANGS)
ODD: tuple[Attack, ...] = attacks("odd", _ODD, passes=True)
