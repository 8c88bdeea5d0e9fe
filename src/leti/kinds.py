"""The kinds of checks: what decides a program.

Each has `count` tests; `part(number)` and `text` show one of them, or all; `content` is what a digest is made of.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Tests:
    """A check made of Python statements that run after the program, in its namespace."""

    __test__ = False  # the name starts with "Test": not for pytest to collect

    tests: tuple[str, ...]
    """Each is one test: one `assert`, or a block such as HumanEval's `check` function and its call."""
    setup: str = ""
    """Code the tests need; runs after the program and before the tests (MBPP 367 and 927 use the program's classes)."""

    @property
    def text(self) -> str:
        """The statements as they stand after the program, joined by newlines."""
        return "\n".join(([self.setup] if self.setup else []) + list(self.tests))

    @property
    def count(self) -> int:
        """How many tests there are."""
        return len(self.tests)

    def part(self, number: int) -> str:
        """One test, as it is shown."""
        return self.tests[number].strip()

    @property
    def content(self) -> tuple[str, ...]:
        """All that decides, for digests."""
        return (self.setup, *self.tests)


@dataclass(frozen=True, slots=True, kw_only=True)
class Calls:
    """A check made of calls of one function of the program; what they return is compared outside, as plain data."""

    function: str
    arguments: tuple[str, ...]
    """Of each call: Python source of what stands between the parentheses, such as `1, [2]`."""
    expected: tuple[str, ...] | None
    """Of each call: Python source of a literal. None: what the problem's reference returns for the same arguments."""
    tolerance: float = 0.0
    """How far a number may be off; where either is a fraction, a ten-millionth of the expected one may be added."""
    unordered: bool = False
    """What is returned is compared as a set: neither order nor repetition counts."""
    accept: str | None = None
    """Python source of a function of (returned, expected, *arguments): whether what is not equal is right all the
    same. It runs beside the tests, never beside the program, and is given plain data."""

    @property
    def text(self) -> str:
        """The calls, one per line, and what they have to return where it is known."""
        if self.expected is None:
            return "\n".join(map(self.part, range(self.count)))
        return "\n".join(f"{self.part(number)} == {value}" for number, value in enumerate(self.expected))

    @property
    def count(self) -> int:
        """How many calls there are."""
        return len(self.arguments)

    def part(self, number: int) -> str:
        """One call, as it is shown."""
        return f"{self.function}({self.arguments[number]})"

    @property
    def content(self) -> tuple[str, ...]:
        """All that decides, for digests."""
        rule = f"{self.tolerance!r} {self.unordered} {self.expected is None} {self.accept}"
        return ("calls", self.function, rule, *self.arguments, *(self.expected or ()))


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One run of a program that reads standard input and prints."""

    stdin: str
    stdout: str
    """What it has to print; white space at the ends of lines and empty lines at the end do not count."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Streams:
    """A check made of runs of the whole program, as `__main__`: what it prints is compared outside."""

    cases: tuple[Case, ...]

    @property
    def text(self) -> str:
        """The runs, one after the other."""
        return "\n".join(f"standard input:\n{case.stdin}\nstandard output:\n{case.stdout}" for case in self.cases)

    @property
    def count(self) -> int:
        """How many runs there are."""
        return len(self.cases)

    def part(self, number: int) -> str:
        """What one run reads, as it is shown."""
        return f"standard input {self.cases[number].stdin!r}"

    @property
    def content(self) -> tuple[str, ...]:
        """All that decides, for digests."""
        return ("streams", *(text for case in self.cases for text in (case.stdin, case.stdout)))


Check = Tests | Calls | Streams
"""What decides a program."""
