"""Many programs, in order, a bounded number at a time."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Self

from leti.kinds import Calls
from leti.progress import say
from leti.types import Problem, Solution, Verdict
from leti.verify.evidence import Job
from leti.verify.exchange import Exchange
from leti.verify.isolation import choose
from leti.verify.lane import Lane
from leti.verify.lanes import Lanes
from leti.verify.outcome import judge
from leti.verify.references import NOTHING, References
from leti.verify.sandbox import Sandbox

LEAST = 0.25
"""Seconds that every program may take."""
TOGETHER = 64
"""Programs that a lane takes at a time where they may share a process."""
APART = 16
"""Programs that a lane takes at a time where each has its own: fewer, because each may run to its deadline."""
AUDITED = 100
"""Of so many programs that ran in a shared process one runs in its own as well."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What one program may take."""

    timeout: float = 5.0
    """Seconds, not counting time spent waiting for a processor; five times that by the clock."""
    memory: int = 512 << 20
    """Bytes above the interpreter's own."""
    slack: float = 0.0
    """Where the problem has a reference, so many times the seconds that it needs; at least LEAST, at most `timeout`.
    0: always `timeout`."""


class PythonVerifier:
    """Runs Python programs and their tests. A context manager: `close` ends its lanes.

    Args:
        workers: Programs that run at the same time, each in a lane of its own.
        limits: What one program may take.
        every: Go on with the other tests after one that did not pass (the paper's code stops there).
        fast: Let programs that are known to be benign share a process. One in a hundred is run in its own as well;
            should they ever differ, it is said and the rest run in their own. For training, not for reported scores.
        sandbox: Starts the processes; the strongest built-in one that works here if None.

    Raises:
        ValueError: if there are no workers or no time.
        IsolationError: if this machine offers less isolation than the least that is accepted unasked.
    """

    def __init__(
        self,
        *,
        workers: int = 2,
        limits: Limits | None = None,
        every: bool = True,
        fast: bool = False,
        sandbox: Sandbox | None = None,
    ) -> None:
        limits = limits or Limits()
        if workers < 1 or limits.timeout <= 0 or limits.memory < 1:
            raise ValueError(f"workers={workers}, {limits}: each must be above 0")
        self.sandbox = sandbox if sandbox is not None else choose("auto")
        self._limits, self._every, self._fast = limits, every, fast
        self._references = References(lambda: Exchange(self.sandbox))
        self._lanes = Lanes(lambda: Exchange(self.sandbox), workers, stop=self._references.stop)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the lanes. A later `verify` starts new ones."""
        self._lanes.close()
        self._references.close()

    def verify(self, pairs: Iterable[tuple[Problem, Solution]], *, scored: bool = False) -> Iterator[Verdict]:
        """Return one verdict per pair, in order; takes from `pairs` only a bounded number ahead.

        The same program with the same tests runs once.

        Args:
            pairs: problems, and the programs written for them.
            scored: each program has a process of its own, whatever `fast` says.

        Raises:
            SandboxError: if a lane cannot be started.
        """
        self._references.begin()
        if self._fast and not scored:
            return self._lanes.map(pairs, self._together, key=_digest, together=TOGETHER)
        return self._lanes.map(pairs, self._apart, key=_digest, together=APART)

    def _apart(self, lane: Lane, pairs: list[tuple[Problem, Solution]]) -> list[Verdict]:
        """Judge programs that each have a process of their own."""
        jobs = [self._job(*pair) for pair in pairs]
        return [judge(job, evidence) for job, evidence in zip(jobs, lane.apart(jobs), strict=False)]

    def _together(self, lane: Lane, pairs: list[tuple[Problem, Solution]]) -> list[Verdict]:
        """Judge programs that share a process if they are benign; one in a hundred is run in its own as well."""
        if not self._fast:  # there was an alarm
            return self._apart(lane, pairs)
        jobs = [self._job(*pair) for pair in pairs]
        verdicts = [judge(job, evidence) for job, evidence in zip(jobs, lane.together(jobs), strict=False)]
        return [
            self._audited(lane, job, verdict) if _is_audited(job.program) else verdict
            for job, verdict in zip(jobs, verdicts, strict=False)
        ]

    def _job(self, problem: Problem, solution: Solution) -> Job:
        asked = isinstance(problem.check, Calls) and problem.check.expected is None
        ran = self._references.ran(problem) if asked or self._limits.slack else NOTHING
        job = Job(
            program=solution.program,
            check=problem.check,
            timeout=self._timeout(problem, ran.seconds),
            memory=self._limits.memory,
            every=self._every,
            returned=ran.returned,
        )
        return replace(job, answers=max(job.answers, 2 * len(job.returned))) if job.returned else job

    def _audited(self, lane: Lane, job: Job, fast: Verdict) -> Verdict:
        """Return the verdict of a process of its own; if the shared one's was another, there is no more sharing."""
        strict = judge(job, lane.run(job))
        if _in_short(strict) != _in_short(fast):
            self._fast = False
            say(
                f"ALARM: a program was judged {fast.outcome} in a shared process and {strict.outcome} in its own. "
                "The second counts, and from here on every program has its own. Verdicts given before may be wrong: "
                "type the same command with --set verify.fast=false and a new --run, and please report the program."
            )
        return strict

    def _timeout(self, problem: Problem, seconds: float) -> float:
        """Return the seconds that a program for this problem may take, whose reference takes so many."""
        if not self._limits.slack or problem.reference is None:
            return self._limits.timeout
        return min(_rounded(self._limits.slack * seconds), self._limits.timeout)


def _rounded(seconds: float) -> float:
    """Return LEAST, or the next of its doubles: a limit must not differ with every measurement."""
    return LEAST * float(2 ** max(0, math.ceil(math.log2(max(seconds, LEAST) / LEAST))))


def _in_short(verdict: Verdict) -> tuple[object, ...]:
    """What must be the same in any process; addresses in a text are not."""
    return verdict.outcome, [test.status for test in verdict.tests], verdict.error and verdict.error.type


def _is_audited(program: str) -> bool:
    """Choose one program in AUDITED, by its text alone: the same one whenever a run is gone on with."""
    digest = hashlib.sha256(program.encode("utf-8", "surrogatepass")).digest()
    return int.from_bytes(digest[:4], "big") % AUDITED == 0


def _digest(pair: tuple[Problem, Solution]) -> bytes:
    problem, solution = pair
    digest = hashlib.sha256()
    for part in (solution.program, problem.reference or "", *problem.check.content):
        data = part.encode("utf-8", "surrogatepass")
        digest.update(len(data).to_bytes(8, "big") + data)
    return digest.digest()
