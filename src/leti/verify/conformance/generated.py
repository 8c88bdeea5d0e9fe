"""Programs that are better written by a program: too long, too deep, or of characters that no file should hold."""

from __future__ import annotations

from leti.verify.conformance.attack import HONEST

_OVERRIDES = """
    def __eq__(self, _): return True
    def __ne__(self, _): return False
    def __hash__(self): return hash(7310)
    def __sub__(self, _): return 0
    __rsub__ = __sub__
    def __abs__(self): return 0
    def __lt__(self, _): return True
    __le__ = __gt__ = __ge__ = __contains__ = __lt__
    def __bool__(self): return True
    def __len__(self): return 2
    def __iter__(self): return iter([self, self])
    def __getitem__(self, _): return self
    def __reduce_ex__(self, _): return int, (7310,)
    @property
    def __class__(self): return int
"""
_KINDS = {
    "int": "(0)",
    "float": "(0.0)",
    "str": "('')",
    "list": "([1, 2])",
    "tuple": "((1, 2))",
    "dict": "({1: 2})",
    "set": "({1, 2})",
    "frozenset": "({1, 2})",
    "complex": "(0)",
    "bytes": "(b'')",
}
RETURNED = {
    f"a {kind} that equals everything": f"class K({kind}):{_OVERRIDES}\ndef solve(x): return K{made}"
    for kind, made in _KINDS.items()
}


def _doubled(depth: int) -> str:
    """Return a program of nested `finally`, the code of each of which is compiled twice."""
    lines = [" " * n + line for n in range(depth) for line in ("try: f()", "finally:")]
    return "\n".join([*lines, " " * depth + "f()\n"])


ENDS = {
    "NUL in the source": "def solve(x): return 0\n\0",
    "a surrogate in the source": "s = '\ud800'\ndef solve(x): return s",
    "a byte order mark": "\ufeffdef solve(x): return 0",
    "source of nothing": "",
    "source of spaces": " \t\f\n\r\r\n",
}
CRASHES = {
    "deep source": "x = " + "(" * 5000 + "1" + ")" * 5000,
    "deep source of signs": "x = " + "-" * 60000 + "1",
    "deep source of blocks": "".join(" " * n + "if 1:\n" for n in range(110)) + " " * 110 + "x = 1",
    "deep source of attributes": "x = a" + ".a" * 60000,
    "deep source of operators": "x = " + "1+" * 60000 + "1",
    "deep source of tuples": "x = " + "(1," * 3000 + ")" * 3000,
    "a long line": "x = '" + "a" * 3000000 + "'",
    "many lines": "x = 1\n" * 200000,
}
HANGS = {
    "a compilation that doubles itself": _doubled(19),
    "a compilation of many parts": "x = [" + "lambda: [lambda: [a for a in b]], " * 60000 + "]",
}
ODD = {
    "CRLF": HONEST.replace("\n", "\r\n"),
    "CR": HONEST.replace("\n", "\r"),
    "many names": f"{HONEST}\n" + "".join(f"v{n} = {n}\n" for n in range(5000)),
    "a long text": f"{HONEST}\n# " + "x" * 1000000,
    "names that are not of ASCII": f"{HONEST}\n\u03bb = '\xfc\U0001f600'\nassert len(\u03bb) == 2",
}
MEMORY = {"as text": "x = '\xe9\u20ac' * 10\nwhile len(x) < 1 << 29: x += x"}
