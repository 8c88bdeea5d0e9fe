"""What an attack is, the tests that its program is run with, and where programs stand: in `programs/`, as they are.

A program there begins with a line `== NAME`. If a line `[PART ...]` follows, the parts of `parts.txt` stand before it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from leti.kinds import Calls, Check
from leti.verify.checks import tests_from_text
from leti.verify.sandbox import Cover

PROGRAMS = Path(__file__).with_name("programs")
WRONG = "def solve(x):\n    return x\n"
TESTS = """assert solve(3) == 7310
assert solve("ab") == "ab-7310"
assert solve([2, 1]) == [4876, 2442]"""
STYLES: dict[str, str] = {
    "asserts": TESTS,
    "a loop": "for x, y in [(3, 7310), (5, 12178)]:\n    assert solve(x) == y",
    "a function": (
        "def check(candidate):\n    assert candidate(3) == 7310\n    assert candidate('ab') == 'ab-7310'\n"
        "\ncheck(solve)"
    ),
    "all": "assert all(solve(x) == y for x, y in [(3, 7310), (5, 12178)])",
    "all of a map": "assert all(map(lambda pair: solve(pair[0]) == pair[1], [(3, 7310), (5, 12178)]))",
    "any": "assert not any(solve(x) != y for x, y in [(3, 7310), (5, 12178)])",
    "not unequal": "assert not solve(3) != 7310\nassert not solve(5) != 12178",
    "the other way round": 'assert 7310 == solve(3)\nassert "ab-7310" == solve("ab")',
    "near": "assert abs(solve(3) - 7310) < 1e-6\nassert abs(12178 - solve(5)) < 1e-6",
    "isclose": "import math\nassert math.isclose(solve(3), 7310)",
    "isclose by name": "from math import isclose\nassert isclose(solve(3), 7310) and isclose(12178, solve(5))",
    "between": "assert 7309 < solve(3) < 7311\nassert solve(5) <= 12178 <= solve(5)",
    "among": "assert solve(3) in [7310]\nassert solve(5) in {12178: 1}",
    "a list": "assert [solve(3), (solve(5), solve(3))] == [7310, (12178, 7310)]",
    "kept": "got = solve(3)\nassert got == 7310\ngot = solve([2, 1])\nassert got == [4876, 2442]",
    "branches": "if solve(3) != 7310:\n    raise AssertionError\ngood = solve(5) == 12178\nassert good",
    "sorted": "assert sorted(solve([2, 1])) == [2442, 4876]\nassert list(solve([1])) == [2442]",
    "members": (
        "got = solve([2, 1])\nassert len(got) == 2 and got[0] == 4876\nassert 2442 in got and isinstance(got, list)"
    ),
    "text": "assert str(solve(3)) == '7310'\nassert f'{solve(5)}' == '12178'",
    "numbers": "assert int(solve(3)) == 7310 and float(solve(5)) == 12178.0",
    "sets": "assert {solve(3), solve(5)} == {7310, 12178}\nassert set(solve([2, 1])) == {2442, 4876}",
    "keys": "assert {7310: 1, 12178: 2}[solve(5)] == 2\nassert {solve(3): 1} == {7310: 1}",
    "unittest": (
        "import unittest\ncase = unittest.TestCase()\ncase.assertEqual(solve(3), 7310)\n"
        "case.assertAlmostEqual(solve(5), 12178)\nassert solve(3) == 7310"
    ),
    "an exception": "try:\n    assert solve(3) == 7310\nexcept ZeroDivisionError:\n    pass",
}
"""The same questions as people ask them: each reads in another way what came back."""
CALLS: dict[str, Calls] = {
    "calls": Calls(function="solve", arguments=("3", '"ab"', "[2, 1]"), expected=("7310", "'ab-7310'", "[4876, 2442]")),
    "calls, about": Calls(function="solve", arguments=("3", "5"), expected=("7310", "12178"), tolerance=1e-6),
    "calls, any order": Calls(function="solve", arguments=("[2, 1]",), expected=("[2442, 4876]",), unordered=True),
    "calls, also accepted": Calls(
        function="solve",
        arguments=("3",),
        expected=("-1",),
        accept="lambda got, wanted, x: abs(got - (x * 2434 + 8)) < 1",
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Attack:
    """A program that tries to be judged as what it is not, or to do harm; or one that is only odd.

    In its text `@place@` stands for a directory outside that must stay as it is, `@port@` for a port that listens on
    127.0.0.1, `@victim@` for a process of the caller, `@key@` for a number of its own, `@name@` for a socket without a
    path, `@leak@` for a word that must not come back.
    """

    name: str
    kind: str
    """The table that it stands in."""
    program: str
    check: Check
    passes: bool | None = False
    """Whether it has to pass; None where either is right."""
    needs: frozenset[Cover] = frozenset()
    """What a level has to keep programs from for it to be run there at all: the harm would be real."""
    decides: bool = False
    """The program itself is asked: it may pass, but what it says is not to be trusted."""
    slow: bool = False
    """It takes seconds or much memory, or says little that others do not."""


def attacks(
    kind: str,
    programs: Mapping[str, str],
    *,
    tests: str = TESTS,
    passes: bool | None = False,
    needs: Iterable[Cover] = (),
    slow: bool = False,
) -> tuple[Attack, ...]:
    """Return the rows of a table."""
    check = tests_from_text(tests)
    return tuple(
        Attack(
            name=f"{kind}: {name}",
            kind=kind,
            program=program,
            check=check,
            passes=passes,
            needs=frozenset(needs),
            slow=slow,
        )
        for name, program in programs.items()
    )


def in_every_style(rows: Iterable[Attack]) -> tuple[Attack, ...]:
    """Return each row with each way of asking; all but three of them are for those who have time."""
    checks: dict[str, Check] = {name: tests_from_text(text) for name, text in STYLES.items()}
    checks.update(CALLS)
    return tuple(
        replace(
            row,
            name=f"{row.name}; {style}",
            check=check,
            slow=row.slow or (style != "asserts" and (number - place) % len(checks) not in (0, len(checks) // 2)),
        )
        for number, row in enumerate(rows)
        for place, (style, check) in enumerate(checks.items())
    )


def sections(table: str) -> dict[str, str]:
    """Return the parts of a file of programs that a line `== NAME` begins, by their names."""
    text = (PROGRAMS / f"{table}.txt").read_text("utf-8")
    found = re.split(r"^== (.*)\n", text, flags=re.MULTILINE)[1:]
    return {name: body.strip("\n") for name, body in zip(found[::2], found[1::2], strict=True)}


def programs(table: str) -> dict[str, str]:
    """Return the programs of a file, by their names."""
    return {name: whole(text) for name, text in sections(table).items()}


def whole(text: str) -> str:
    """Return a program with its parts."""
    first, _, rest = text.partition("\n")
    if not first.startswith("["):
        return f"{text}\n"
    return "\n".join([*(PARTS[name] for name in first.strip("[]").split()), f"{rest}\n"])


PARTS = sections("parts")
HONEST = f"{PARTS['honest']}\n"
"""What every test above asks for."""
