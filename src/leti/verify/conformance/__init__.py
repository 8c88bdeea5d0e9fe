"""The suite that every sandbox passes: hostile and odd programs, with what a right verdict on each is and what is harm.

Whoever writes a `Sandbox` runs it:

    from leti.verify.conformance import examine, failures
    assert not failures(examine(MySandbox()))

Programs that would do real harm are run only where the sandbox says that it keeps programs from it (`Sandbox.covers`).
It takes a few minutes; `slow=False` leaves out those that need seconds or much memory.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from leti.errors import SandboxError
from leti.kinds import Check
from leti.types import Ending, Problem, Solution, Verdict
from leti.verify.checks import tests_from_text
from leti.verify.conformance.attack import HONEST, TESTS, WRONG, Attack
from leti.verify.conformance.surroundings import Meter, Surroundings, crowd, settled
from leti.verify.conformance.tables import ATTACKS, PAIRS
from leti.verify.sandbox import Sandbox
from leti.verify.verifier import Limits, PythonVerifier

__all__ = ["ATTACKS", "Attack", "Finding", "contaminations", "differences", "examine", "failures"]

TIMEOUT = 0.5
MEMORY = 128 << 20
LATE = 5.0  # seconds beyond its time in which a verdict has to be there; more where others wait for a processor, too
LOST = "took down the sandbox"
MAY_BREAK = frozenset({"others"})  # at some levels a program may end its own cell


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What became of one attack."""

    name: str
    kind: str
    outcome: str
    wrong: str = ""
    """Why the verdict is not right."""
    harm: tuple[str, ...] = ()
    seconds: float = 0.0

    def __str__(self) -> str:
        said = "; ".join(filter(None, [self.wrong, *self.harm])) or "as it should be"
        return f"{self.name}: {self.outcome} after {self.seconds:.1f} s: {said}"


def failures(findings: Iterable[Finding]) -> list[Finding]:
    """Return those that are not as they should be."""
    return [finding for finding in findings if finding.wrong or finding.harm]


def examine(
    sandbox: Sandbox, rows: Iterable[Attack] = ATTACKS, *, slow: bool = True, fast: bool = False
) -> list[Finding]:
    """Run attacks, one after the other; return what became of each.

    Args:
        sandbox: what is examined.
        rows: the attacks; those that need what it does not cover are left out.
        slow: with those that take long.
        fast: let benign programs share a process.
    """
    with Surroundings() as around, _Examined(sandbox, fast=fast) as examined:
        return [examined.finding(row, around) for row in rows if row.needs <= sandbox.covers and (slow or not row.slow)]


class _Examined:
    """A verifier that judges one program after the other, and what there is when nothing is wrong."""

    def __init__(self, sandbox: Sandbox, *, fast: bool) -> None:
        limits = Limits(timeout=TIMEOUT, memory=MEMORY)
        self._verifier = PythonVerifier(workers=1, limits=limits, fast=fast, sandbox=sandbox)
        self._check = tests_from_text(TESTS)
        self._fast, self._covers = fast, sandbox.covers

    def __enter__(self) -> Self:
        self._judged()
        self._descriptors, self._processes = _descriptors(), settled() + self._fast
        return self

    def __exit__(self, *_: object) -> None:
        self._verifier.close()

    def _judged(self, *pairs: tuple[Problem, Solution]) -> list[Verdict]:
        """Return the verdicts on programs, and on two more that come next: one that is right, one that is wrong."""
        return list(self._verifier.verify([*pairs, _pair(HONEST, self._check), _pair(WRONG, self._check)]))

    def finding(self, row: Attack, around: Surroundings) -> Finding:
        """Run one attack; see what became of it, of what is around, and of the next programs."""
        began = time.monotonic()
        with Meter() as meter:
            try:
                verdict, right, wrong = self._judged(_pair(around.filled(row.program), row.check))
            except SandboxError as error:
                self._verifier.close()
                return Finding(name=row.name, kind=row.kind, outcome="none", wrong=f"no verdict: {error}")
        seconds = time.monotonic() - began
        harm = around.harm(repr(verdict)) + meter.harm(self._covers) + self._left()
        if seconds > TIMEOUT + LATE * crowd():
            harm.append(f"it took {seconds:.1f} s")
        if LOST in repr(verdict.error) and row.kind not in MAY_BREAK:
            harm.append("it took down the sandbox")
        if not right.passed or wrong.passed:
            harm.append("the next programs were judged wrongly")
        return Finding(
            name=row.name,
            kind=row.kind,
            outcome=str(verdict.outcome),
            wrong=_wrong(row, verdict),
            harm=tuple(harm),
            seconds=seconds,
        )

    def _left(self) -> list[str]:
        harm = []
        if (left := settled(self._processes)) > self._processes:
            harm.append(f"{left - self._processes} processes were left")
            self._processes = left
        if (found := _descriptors()) > self._descriptors:
            harm.append(f"{found - self._descriptors} descriptors were left open")
            self._descriptors = found
        return harm


def _wrong(row: Attack, verdict: Verdict) -> str:
    if row.decides:
        return "it decided itself, and was trusted" if verdict.passed and verdict.trusted else ""
    if row.passes is None or row.passes == verdict.passed:
        return ""
    return "it did not pass" if row.passes else "it passed" if verdict.trusted else "it passed, though not trusted"


def _pair(program: str, check: Check) -> tuple[Problem, Solution]:
    problem = Problem(id="conformance", prompt="", check=check, source="conformance")
    solution = Solution(problem=problem.id, sample=0, completion="", tokens=(), program=program, ending=Ending.TOKEN)
    return problem, solution


def _descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def contaminations(
    sandbox: Sandbox, pairs: Mapping[str, tuple[str, str]] = PAIRS, *, fast: bool = False
) -> list[Finding]:
    """Run a program after each that tries to change it; return what differs from its verdict when it is alone.

    Args:
        sandbox: what is examined.
        pairs: of programs, by name.
        fast: let benign programs share a process.
    """
    check = tests_from_text(TESTS)
    limits = Limits(timeout=4 * TIMEOUT, memory=MEMORY)  # more than any of them needs but those that never end
    with PythonVerifier(workers=1, limits=limits, fast=fast, sandbox=sandbox) as verifier:
        findings = []
        for name, (first, second) in pairs.items():
            ((alone),) = verifier.verify([_pair(second, check)], scored=True)
            _, after = verifier.verify([_pair(first, check), _pair(second, check)])
            findings.append(_compared(name, alone, after))
        return findings


def differences(sandbox: Sandbox, rows: Iterable[Attack] = ATTACKS, *, slow: bool = False) -> list[Finding]:
    """Judge programs in a process of their own and in a shared one; return what differs.

    Where a program is judged another way each time, nothing can be said.

    Args:
        sandbox: what is examined.
        rows: the programs; those that need what it does not cover are left out.
        slow: with those that take long.
    """
    findings = []
    limits = Limits(timeout=TIMEOUT, memory=MEMORY)
    with Surroundings() as around, PythonVerifier(workers=1, limits=limits, fast=True, sandbox=sandbox) as verifier:
        for row in rows:
            if row.needs <= sandbox.covers and (slow or not row.slow):
                pair = _pair(around.filled(row.program), row.check)
                (alone,), (shared,) = verifier.verify([pair], scored=True), verifier.verify([pair])
                (again,) = [alone] if alone == shared else verifier.verify([pair], scored=True)
                findings.append(_compared(row.name, shared if again != alone else alone, shared))
    return findings


def _compared(name: str, alone: Verdict, other: Verdict) -> Finding:
    wrong = "" if alone == other else f"alone it is {_told(alone)}, here it is {_told(other)}"
    return Finding(name=name, kind="together", outcome=str(other.outcome), wrong=wrong)


def _told(verdict: Verdict) -> str:
    error = verdict.error
    said = f"{error.type}: {error.message[:200]}" if error else ""
    return f"{verdict.outcome} {[str(test.status) for test in verdict.tests]} {said!r} {verdict.output[:200]!r}"
