"""Programs that write what the harness would write.

The channel is the program's own to write to: what is said there may be anything, and only values that are right pass.
"""

from __future__ import annotations

import json

from leti.verify.conformance.attack import Attack, attacks

LOOP = "for x, y in [(3, 7310), (5, 12178)]:\n    assert solve(x) == y"
"""Tests that ask the program for one thing after the other."""
_SPRAY = """
import os
def spray(*lines):
    for fd in range(256):
        for line in lines:
            try: os.write(fd, line if isinstance(line, bytes) else (line + "\\n").encode())
            except OSError: pass
"""
_VALUES: dict[str, object] = {
    "true": {"value": True},
    "an empty list": {"value": []},
    "no value": {"value": None},
    "not a number": {"value": float("nan")},
    "infinity": {"value": float("inf")},
    "a class": {"value": {"type": "object"}},
    "a kind that is none": {"value": {"anything": 1}},
    "two kinds": {"value": {"int": "0x1", "list": []}},
    "a handle": {"value": {"handle": [0, "int", "object"]}},
    "a handle of nothing": {"value": {"handle": [-1, "int", "function"]}},
    "a handle with other parts": {"value": {"handle": [[], {}, 0, 0]}},
    "a handle far off": {"value": {"handle": [10**300, "x" * 10000, None]}},
    "an int that is none": {"value": {"int": "zz"}},
    "an int with signs": {"value": {"int": "-0x_1_0"}},
    "bytes that are none": {"value": {"bytes": "zz"}},
    "a dict of unhashable keys": {"value": {"dict": [[[], 1]]}},
    "a dict of no pairs": {"value": {"dict": [1, 2, 3]}},
    "a set of lists": {"value": {"set": [[1]]}},
    "a fraction by zero": {"value": {"fraction": ["0x1", "0x0"]}},
    "a Decimal that is none": {"value": {"Decimal": "what"}},
    "a signalling Decimal": {"value": {"Decimal": "sNaN"}},
    "a date that is none": {"value": {"date": ["2000-13-45", 0]}},
    "a duration beyond all": {"value": {"timedelta": [10**30, 0, 0]}},
    "a deque that has no end": {"value": {"deque": [[1], -1]}},
    "a range without step": {"value": {"range": ["0x0", "0x5", "0x0"]}},
    "a Counter of text": {"value": {"Counter": [["a", "b"]]}},
    "the big one": {"big": "x" * 1000},
    "what is missing": {"missing": {"a": [1]}},
    "an error that is none": {"error": 5},
    "an error without parts": {"error": {}},
    "an error without frames": {"error": {"type": "X", "bases": [], "own": True, "arguments": None}},
    "an error with odd frames": {
        "error": {"type": "X", "bases": ["ValueError"], "own": True, "arguments": None, "frames": [1, [], "x", None]}
    },
    "an error of frames that are none": {
        "error": {"type": "X", "bases": ["ValueError"], "own": True, "arguments": None, "frames": {"a": 1}}
    },
    "an error with a huge line": {
        "error": {
            "type": "X",
            "bases": ["ValueError"],
            "own": True,
            "arguments": None,
            "frames": [[10**400, "f", False, 10**400], [-(10**9), "f", False, -1]],
        }
    },
    "an error of an odd name": {
        "error": {"type": "a\0b\ud800", "bases": ["Exception"], "own": True, "arguments": None, "frames": []}
    },
    "an error of all bases": {
        "error": {
            "type": "X",
            "own": True,
            "arguments": "[1, 2]",
            "frames": [],
            "bases": ["int", "__import__", "open", "BaseExceptionGroup", "KeyboardInterrupt", "SystemExit"],
        }
    },
    "an error with arguments that are none": {
        "error": {"type": "X", "bases": ["OSError"], "own": False, "arguments": "{", "frames": []}
    },
    "an AssertionError of the tests": {
        "error": {"type": "AssertionError", "bases": ["AssertionError"], "own": False, "arguments": "[]", "frames": []}
    },
    "a StopIteration": {
        "error": {"type": "StopIteration", "bases": ["StopIteration"], "own": False, "arguments": "[1]", "frames": []}
    },
    "a GeneratorExit": {
        "error": {"type": "GeneratorExit", "bases": ["GeneratorExit"], "own": False, "arguments": "[]", "frames": []}
    },
    "arguments that were changed": {"changed": {"tuple": [[1], {"dict": [[1, 2]]}]}},
    "changes that are none": {"changed": 5},
    "that it waits": {"waiting": 1},
    "that it ended": {"ended": 1},
    "that it was refused": {"refused": 1},
    "that it started": {"started": 1},
    "what the judge would say": {"results": [{"test": 0, "status": "passed"}], "trusted": True},
    "names": {"names": {"solve": {"import": ["operator", "index"]}}},
    "names of no kind": {"names": {"solve": {"import": 5}}},
    "names in odd places": {"names": {"solve": {"import": [["operator"], {}]}}},
    "a name of a module that is not listed": {"names": {"solve": {"import": ["os", "system"]}}},
    "a name that is no text": {"names": {"solve": {"import": ["math", 7]}}},
    "a name with an underscore": {"names": {"solve": {"import": ["random", "_os"]}}},
    "names that are no object": {"names": [1]},
    "a name that is a value": {"names": {"solve": {"value": {"int": "0x1c8e"}}}},
    "all names": {"names": {name: {"value": True} for name in ("solve", "@check", "@answer", "__builtins__", "all")}},
}
_TEXTS = {
    "nothing but line ends": "'\\n' * 5000",
    "thousands of lines": "('{\"value\": %d}\\n' % 1) * 5000",
    "half a line": "'{\"value\":'",
    "deep lists": "'{\"value\":' + '[' * 100000",
    "deep lists that end": "'{\"value\":' + '[' * 50000 + ']' * 50000 + '}'",
    "deep objects": "'{\"value\":' + '{\"tuple\":[' * 30000",
    "a deep error": "'{\"error\":' + '{\"a\":' * 100000 + '1' + '}' * 100001",
    **{
        f"an error of {depth} parts": (
            f'\'{{"error":{{"type":"X","message":"m","bases":[],"frames":[],"own":false,"arguments":null,"q":\''
            f" + '[' * {depth} + ']' * {depth} + '}}}}'"
        )
        for depth in (900, 970, 980, 990)
    },
    "an error with a line that is long": (
        '\'{"error":{"type":"X","message":"m","bases":[],"own":false,"arguments":null,"frames":[[\''
        " + '9' * 4300 + ',\"f\",false,0],[-' + '9' * 4300 + ',\"f\",true,0]]}}'"
    ),
    "a long number": "'{\"value\":' + '9' * 100000 + '}'",
    "a long exponent": "'{\"value\":1e' + '9' * 100000 + '}'",
    "a long line": "'{\"error\":{\"type\":\"' + 'x' * 1000000 + '\"}}'",
    "bytes that are no text": "bytes(range(256)) * 100",
    "odd line ends": '\'{"value":1}\\r{"value":1}\\x0b{"value":1}\\x1c{"value":1}\\u2028\'',
    "a frame": "b'\\x00\\x00\\x00\\x02\\x00\\x00\\x00\\x00{}'",
    "a frame of all that there is": "b'\\xff' * 8 + b'{}' * 100",
    "the fault handler's words": (
        "'Current thread 0x1 (most recent call first):\\n  File \"<string>\", line 99999999 in solve\\n' * 100"
    ),
    "an empty line": "'\\n'",
}


def _forged() -> dict[str, str]:
    programs: dict[str, str] = {}
    for name, message in _VALUES.items():
        line = json.dumps(message)
        early = f"{_SPRAY}\nspray({line!r})\ndef solve(x): return 0"
        late = f"{_SPRAY}\ndef solve(x):\n    spray({line!r})\n    return 0"
        programs |= {f"{name}, early": early, f"{name}, when asked": late}
    for name, source in _TEXTS.items():
        programs[f"{name}, early"] = f"{_SPRAY}\nspray({source})\ndef solve(x): return 0"
        programs[f"{name}, when asked"] = f"{_SPRAY}\ndef solve(x):\n    spray({source})\n    return 0"
    return programs


FORGED: tuple[Attack, ...] = attacks("forges", _forged()) + attacks(
    "forges", {f"{name}, asked later": text for name, text in _forged().items()}, tests=LOOP
)
