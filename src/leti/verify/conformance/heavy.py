"""Values that are as they should be, but are too much for whoever compares them; and tests that forgive too much."""

from __future__ import annotations

import itertools

from leti.verify.conformance.attack import Attack, attacks

_SAY = """
import os
def solve(x):
    data = b'{"value":' + (%s) + b'}\\n'
    while data: data = data[os.write(3, data):]
"""
_HASHED = "b','.join(b'%d' % (k * (2**61 - 1)) for k in range(250000))"

_RETURNED: dict[str, tuple[str, str]] = {
    "a range that never ends, summed": ("range(10**13)", "assert sum(solve(3)) == 3"),
    "a range that never ends, searched": ("range(0, 10**13, 3)", "assert any(v == 1 for v in solve(3))"),
    "a range that never ends, sorted": ("range(10**13)", "assert sorted(solve(3)) == [0, 1]"),
    "a long range, sorted": ("range(10**8)", "assert sorted(solve(3)) == [0, 1]"),
    "a long range, as a set": ("range(10**8)", "assert set(solve(3)) == {0, 1}"),
    "an exponent": ("10**12", "assert 2 ** solve(3) == 8"),
    "an exponent on both sides": ("10**9", "assert solve(3) ** solve(3) == 27"),
    "a number that is repeated": ("10**11", "assert 'a' * solve(3) == 'aaa'"),
    "a number of items": ("3 * 10**8", "assert [0] * solve(3) == [0, 0, 0]"),
    "a number of turns": ("10**13", "n = 0\nfor _ in range(solve(3)):\n    n += 1\nassert n == 3"),
    "a factorial": ("10**9", "import math\nassert math.factorial(solve(3)) == 6"),
    "a number that is printed": ("10**4000 * 10**4000", "assert str(solve(3)) == '7310'"),
    "numbers that are multiplied": ("[1 << 20000000] * 20", "import math\nassert math.prod(solve(3)) == 7310"),
    "a long number, by digits": ("1 << 30000000", "assert sum(map(int, str(solve(3)))) == 3"),
    "a width": ("10**10", "assert f'{1:>{solve(3)}}' == '  1'"),
    "a text for a slow pattern": (
        "'a' * 40", "import re\nassert re.fullmatch('(a+)+b', solve(3)) is None and solve(3) == 'b'",
    ),
    "an iterator without end": ("__import__('itertools').count()", "assert list(solve(3)) == [1]"),
    "an iterator without end, joined": ("__import__('itertools').repeat('a')", "assert ''.join(solve(3)) == 'a'"),
    "an iterator without end, searched": ("__import__('itertools').count(1)", "assert 0 in solve(3)"),
    "an iterator without end, zipped": (
        "__import__('itertools').count()",
        "assert all(a == b for a, b in zip(solve(3), solve(3)))\nassert 7 in solve(0)",
    ),
    "a generator that sleeps": ("(__import__('time').sleep(60) for _ in 'a')", "assert list(solve(3)) == [1]"),
    "many items": ("list(range(10**6))", "assert solve(3) == [1]"),
    "many items, too many": ("[0.1] * (3 * 10**6)", "assert solve(3) == [1]"),
    "many bytes": ("b'a' * 3000000", "assert solve(3) == b'a'"),
    "many nested lists": ("eval('[' * 90 + ']' * 90) * 1", "assert solve(3) == [1]"),
    "wide and deep": ("[[[[[[0] * 9] * 9] * 9] * 9] * 9] * 9", "assert solve(3) == [1]"),
    "a list in itself": ("(lambda a: a.append(a) or a)([])", "assert solve(3) == [1]"),
    "a dict in itself": ("(lambda a: a.update({1: a}) or a)({})", "assert solve(3) == {1: 1}"),
    "one list a thousand times": (
        "(lambda f: f(f, 40))(lambda f, n: [] if not n else [f(f, n - 1)] * 1)", "assert solve(3) == [1]",
    ),
    "a doubled list forty times": (
        "__import__('functools').reduce(lambda a, _: [a, a], range(40), [])", "assert solve(3) == [1]",
    ),
}  # fmt: skip
_SAID: dict[str, tuple[str, str]] = {
    "a set of numbers of one hash": (f"b'{{\"set\":[' + {_HASHED} + b']}}'", "assert solve(3) == {1}"),
    "a dict of numbers of one hash": (
        "b'{\"dict\":[' + b','.join(b'[%d,1]' % (k * (2**61 - 1)) for k in range(250000)) + b']}'",
        "assert solve(3) == {1: 1}",
    ),
    "a Counter of numbers of one hash": (
        "b'{\"Counter\":[' + b','.join(b'[%d,1]' % (k * (2**61 - 1)) for k in range(250000)) + b']}'",
        "assert solve(3) == {1: 1}",
    ),
    "a list of numbers of one hash, made a set": (f"b'[' + {_HASHED} + b']'", "assert set(solve(3)) == {1}"),
    "a fraction of long numbers": (
        "b'{\"fraction\":[\"0x' + b'f' * 3500000 + b'\",\"0x' + b'd' * 3500000 + b'\"]}'", "assert solve(3) == 1",
    ),
    "a Decimal of many digits": ("b'{\"Decimal\":\"' + b'9' * 7000000 + b'\"}'", "assert solve(3) * 2 == 1"),
    "a Decimal far away": ("b'{\"Decimal\":\"1e999999999999\"}'", "assert int(solve(3)) == 1"),
    "an int of many digits": ("b'{\"int\":\"0x' + b'f' * 7000000 + b'\"}'", "assert solve(3) == 1"),
    "an int of many digits, divided": (
        "b'{\"int\":\"0x' + b'f' * 7000000 + b'\"}'", "assert solve(3) % 7310 == 1 and str(solve(3)) == ''",
    ),
    "a long range": ("b'{\"range\":[\"0x0\",\"0x' + b'f' * 1000 + b'\",\"0x1\"]}'", "assert len(solve(3)) == 1"),
    "a deque of a great size": ("b'{\"deque\":[[1],9223372036854775807]}'", "assert list(solve(3)) == [7310]"),
    "many small objects": ("b'[' + b','.join([b'{\"list\":[]}'] * 500000) + b']'", "assert solve(3) == [1]"),
    "many tuples": ("b'[' + b','.join([b'{\"tuple\":[]}'] * 500000) + b']'", "assert solve(3) == [1]"),
    "many dates": (
        "b'[' + b','.join([b'{\"date\":[\"2000-01-01\",0]}'] * 250000) + b']'", "assert solve(3) == [1]",
    ),
    "many handles": (
        "b'[' + b','.join([b'{\"handle\":[0,\"a\",\"object\"]}'] * 200000) + b']'", "assert solve(3) == [1]",
    ),
    "many empty lists": ("b'[' + b'[],' * 2000000 + b'1]'", "assert solve(3) == [1]"),
    "a long text of escapes": ("b'\"' + b'\\\\u0001' * 1000000 + b'\"'", "assert solve(3) == 'a'"),
}  # fmt: skip

_TAKE_LONG = {"hangs", "floods"}
_FORGIVING = {
    "except": "try:\n    solve(3)\n    assert False\nexcept:\n    pass",
    "except that checks": "try:\n    solve(3)\nexcept:\n    assert True\nelse:\n    assert False",
    "except, then nothing": "try:\n    got = solve(3)\nexcept BaseException:\n    got = 7310\nassert got == 7310",
    "finally": "def check():\n    try:\n        assert solve(3) == 7310\n    finally:\n        return\ncheck()",
    "suppress": (
        "import contextlib\ndone = False\nwith contextlib.suppress(BaseException):\n"
        "    done = solve(3) != 0\nassert not done"
    ),
}
_ENDS = {
    "leaves": "import os\ndef solve(x): os._exit(0)",
    "is killed": "import os, signal\ndef solve(x): os.kill(os.getpid(), signal.SIGKILL)",
    "hangs": "def solve(x):\n    while True: pass",
    "floods": "import os\ndef solve(x):\n    while True: os.write(3, b'a' * 65536)",
}


def _rows(kind: str, table: dict[str, tuple[str, str]], program: str, *, slow: bool) -> tuple[Attack, ...]:
    return tuple(
        itertools.chain.from_iterable(
            attacks(kind, {name: program % value}, tests=tests, slow=slow) for name, (value, tests) in table.items()
        )
    )


HEAVY: tuple[Attack, ...] = _rows("gives", _RETURNED, "def solve(x): return %s", slow=True) + _rows(
    "says", _SAID, _SAY, slow=True
)
FORGIVEN: tuple[Attack, ...] = tuple(
    itertools.chain.from_iterable(
        attacks("forgiven", {f"{end}, by {name}": text}, tests=tests, slow=end in _TAKE_LONG)
        for end, text in _ENDS.items()
        for name, tests in _FORGIVING.items()
    )
)
"""What ends a program has ended it, whatever a test thinks of exceptions."""
