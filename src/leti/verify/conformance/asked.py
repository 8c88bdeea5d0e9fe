"""Tests of other kinds: of objects and exceptions of the program's own, and of what a whole program prints."""

from __future__ import annotations

from dataclasses import replace

from leti.kinds import Case, Streams
from leti.verify.conformance.attack import PARTS, Attack, attacks

_ALWAYS = PARTS["Always"]
_BOX = f"""{_ALWAYS}
class Box(Always):
    value = Always()
    def method(self, *_): return Always()
    make = classmethod(lambda c, *_: Always())
    def __enter__(self): return Always()
    def __exit__(self, *_): return True
    def __next__(self): return Always()
    def __str__(self): return "7310 "
    __repr__ = __str__
    def __int__(self): return 1
    __index__ = __int__
    def __float__(self): return float("nan")
    def __add__(self, _): return Always()
    __radd__ = __add__
RESULT = Always()
def solve(x):
    if type(x) is list: x[:] = [Always()]
    if type(x) is dict: x[3] = Always()
    return Box()
"""
_RAISES = f"""{_ALWAYS}
class Wrong(ValueError):
    value = Always()
    def __str__(self): return "7310 "
    def __eq__(self, _): return True
    def __ne__(self, _): return False
def solve(x): raise Wrong(Always())
"""
_OF_OBJECTS = {
    "an attribute": "assert Box(3).value == 7310",
    "a method": "assert Box(3).method(3) == 7310",
    "a class method": "assert Box.make(3) == 7310",
    "an attribute of an attribute": "assert Box(3).value.value.value == 7310",
    "an item": "assert solve(3)[0] == 7310",
    "a slice": "assert solve(3)[1:] == [7310]",
    "items": "assert [*solve(3)] == [7310, 7310]",
    "unpacking": "a, b = solve(3)\nassert (a, b) == (7310, 12178)",
    "next": "assert next(solve(3)) == 7310",
    "with": "with solve(3) as got:\n    assert got == 7310",
    "with, after it": "with solve(3) as got:\n    pass\nassert got == 7310",
    "its text": "assert str(solve(3)) == '7310'",
    "its text, in another": "assert f'{solve(3)}' == '7310'",
    "its number": "assert int(solve(3)) == 7310",
    "its fraction": "assert float(solve(3)) == 7310.0",
    "its place": "assert [0, 7310][solve(3)] == 0",
    "a sum": "assert solve(3) + 1 == 7310\nassert 1 + solve(3) == 7310",
    "a sum of two": "assert solve(3) + solve(5) == 19488",
    "sum": "assert sum([solve(3), solve(5)]) == 19488",
    "max": "assert max(solve([2, 1])) == 4876",
    "sorted": "assert sorted([solve(5), solve(3)]) == [7310, 12178]",
    "a dict": "assert dict(a=solve(3)) == {'a': 7310}",
    "a key": "assert {solve(3): 1} == {7310: 1}",
    "a name": "assert RESULT == 7310",
    "a list that it changes": "data = [3]\nsolve(data)\nassert data == [7310]",
    "a dict that it changes": "data = {3: 0}\nsolve(data)\nassert data == {3: 7310}",
    "setting": "box = Box(3)\nbox.value = 5\nassert box.value == 7310",
    "deepcopy": "import copy\nassert copy.deepcopy(solve(3)) == 7310",
    "json": "import json\nassert json.dumps(solve(3)) == '7310'",
    "a class": "assert type(solve(3)) == int",
    "isinstance": "assert isinstance(solve(3), (int, str))",
    "a callback": "assert solve(lambda x: x * 2434 + 8) == 7310",
    "a helper": "def near(a, b):\n    return abs(a - b) < 1e-6\n\nassert near(solve(3), 7310)",
    "numbers": "import math\nassert math.floor(solve(3)) == 7310 and round(solve(3)) == 7310",
    "is": "assert solve(3) is not None and solve(3) == 7310",
}
_OF_EXCEPTIONS = {
    "its text": (
        "try:\n    solve(3)\nexcept ValueError as error:\n    assert str(error) == '7310'\nelse:\n    assert False"
    ),
    "its arguments": "try:\n    solve(3)\nexcept ValueError as error:\n    assert error.args == (7310,)",
    "its attribute": "try:\n    solve(3)\nexcept ValueError as error:\n    assert error.value == 7310",
    "it": "try:\n    solve(3)\nexcept ValueError as error:\n    assert error == 7310",
    "another": "try:\n    solve(3)\nexcept KeyError:\n    assert True",
    "assertRaises": (
        "import unittest\nwith unittest.TestCase().assertRaises(KeyError):\n    solve(3)\nassert solve(3) == 7310"
    ),
}
_DECIDED = {
    "equality of two": "assert Box(3) == Box(5)",
    "inequality of two": "assert not Box(3) != Box(5)",
    "the order of two": "assert Box(3) < Box(5)",
    "truth": "assert Box(3)",
    "truth, said otherwise": "assert not not Box(3)",
    "what is in it": "box = Box(3)\nassert box in [Box(5)]",
    "isinstance": "assert isinstance(Box(3), Box)",
}
"""Of these the program itself decides: it may pass, but is not trusted."""


def _asked(kind: str, program: str, tests: dict[str, str]) -> tuple[Attack, ...]:
    rows: tuple[Attack, ...] = ()
    for name, text in tests.items():
        rows += attacks(kind, {name: program}, tests=text)
    return rows


_CASES = Streams(
    cases=(Case(stdin="3\n", stdout="7310\n"), Case(stdin="5\n", stdout="12178\n"), Case(stdin="0\n", stdout="8\n"))
)
_ANSWERS = "import sys\nfor line in sys.stdin: print(int(line) * 2434 + 8)\n"
_PRINTED = {
    "nothing": "",
    "the input": "print(input())",
    "what the harness would say": 'import os\nos.write(3, b\'{"names":{}}\\n{"ended":1}\\n\')\nos._exit(0)',
    "an exit of its own making": (
        'import os\nos.write(3, b\'{"error":{"type":"SystemExit","message":"0","bases":["SystemExit"],'
        '"frames":[]}}\\n\')\nos._exit(0)'
    ),
    "all numbers": "for n in range(15000): print(n)",
    "and takes back": "print('1\\r7310')\nprint('\\b' * 9 + '7310')",
    "without end": "while True: print(7310)",
    "in a daemon": "import os, time\nif os.fork() == 0:\n    time.sleep(.1)\n    print(7310)",
    "to the wrong stream": f"import sys\nsys.stdout = sys.stderr\n{_ANSWERS}",
    "and then leaves badly": f"{_ANSWERS}import os\nsys.stdout.flush()\nos._exit(1)",
    "and then is killed": f"{_ANSWERS}import os\nsys.stdout.flush()\nos.kill(os.getpid(), 9)",
    "and then raises": f"{_ANSWERS}sys.stdout.flush()\n1 / 0",
    "and then exits with words": f"{_ANSWERS}sys.exit('wrong')",
    "and then exits with a number": f"{_ANSWERS}sys.exit(3)",
    "and then hangs": f"{_ANSWERS}sys.stdout.flush()\nwhile True: pass",
    "and then more": f"{_ANSWERS}print(0)",
    "after its stream is closed": f"import os\nos.close(1)\n{_ANSWERS}",
    "from what it finds": (
        "import gc, sys\nfor o in gc.get_objects():\n    if type(o) is dict and 'stdout' in o: print(o['stdout'])\n"
        "f = sys._getframe()\nwhile f:\n    print(f.f_locals)\n    f = f.f_back"
    ),
}
_RIGHT = {
    "plainly": _ANSWERS,
    "by input": "print(int(input()) * 2434 + 8)",
    "at the end": f"import atexit\nprint(end='')\n{_ANSWERS}\nexit()",
    "with spaces": "print(int(input()) * 2434 + 8, '   ')\nprint()\nprint()",
    "bytes": "import os\nos.write(1, b'%d' % (int(os.read(0, 99)) * 2434 + 8))",
    "in a main guard": "if __name__ == '__main__':\n    print(int(input()) * 2434 + 8)",
    "and exits": f"{_ANSWERS}sys.exit(0)",
    "and leaves": f"{_ANSWERS}import os\nsys.stdout.flush()\nos._exit(0)",
    "and errors besides": f"{_ANSWERS}print('x' * 100000, file=sys.stderr)",
}
OBJECTS: tuple[Attack, ...] = (
    *_asked("objects", _BOX, _OF_OBJECTS),
    *_asked("exceptions", _RAISES, _OF_EXCEPTIONS),
    *(replace(row, passes=None, decides=True) for row in _asked("decides", _BOX, _DECIDED)),
)
PRINTED: tuple[Attack, ...] = tuple(
    replace(row, check=_CASES) for row in attacks("prints", _PRINTED) + attacks("prints rightly", _RIGHT, passes=True)
)
