"""Many programs, in order, a bounded number at a time."""

from __future__ import annotations

import hashlib
import math
import queue
from collections import OrderedDict, deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Self

from leti.progress import say
from leti.types import Check, Problem, Solution, Verdict
from leti.verify.evidence import Job
from leti.verify.exchange import Exchange
from leti.verify.isolation import choose
from leti.verify.lane import Lane
from leti.verify.outcome import judge
from leti.verify.sandbox import Sandbox

AHEAD = 256
"""Programs taken from the input before their verdicts are asked for, per worker: a slow one holds up no others."""
REMEMBERED = 4096
"""Verdicts kept within one call, for programs that come again."""
LEAST = 0.25
"""Seconds that every program may take."""
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
        self._workers, self._limits, self._every, self._fast = workers, limits, every, fast
        self._lanes = [Lane(lambda: Exchange(self.sandbox)) for _ in range(workers)]
        self._times: OrderedDict[tuple[str, Check], float] = OrderedDict()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the lanes. A later `verify` starts new ones."""
        for lane in self._lanes:
            lane.close()

    def verify(self, pairs: Iterable[tuple[Problem, Solution]], *, scored: bool = False) -> Iterator[Verdict]:
        """Yield one verdict per pair, in order; takes from `pairs` only a bounded number ahead.

        The same program with the same tests runs once.

        Args:
            pairs: problems, and the programs written for them.
            scored: each program has a process of its own, whatever `fast` says.

        Raises:
            SandboxError: if a lane cannot be started.
        """
        idle: queue.SimpleQueue[Lane] = queue.SimpleQueue()
        for lane in self._lanes:
            lane.begin()
            idle.put(lane)
        owed: deque[Future[Verdict]] = deque()
        known: OrderedDict[bytes, Future[Verdict]] = OrderedDict()
        with ThreadPoolExecutor(self._workers, thread_name_prefix="leti-verify") as pool:
            try:
                for problem, solution in pairs:
                    key = _digest(problem.check, solution.program)
                    if key not in known:
                        known[key] = pool.submit(
                            self._verdict, idle, problem, solution.program, shared=self._fast and not scored
                        )
                        if len(known) > REMEMBERED:
                            known.popitem(last=False)
                    owed.append(known[key])
                    while owed and (len(owed) >= AHEAD * self._workers or owed[0].done()):
                        yield owed.popleft().result()
                while owed:
                    yield owed.popleft().result()
            finally:
                if owed or not all(future.done() for future in known.values()):
                    self._abandon(known.values())

    def _abandon(self, futures: Iterable[Future[Verdict]]) -> None:
        """End at once: an interrupted caller must not wait for programs that run to their deadline."""
        for future in futures:
            future.cancel()
        for lane in self._lanes:
            lane.stop()

    def _verdict(self, idle: queue.SimpleQueue[Lane], problem: Problem, program: str, *, shared: bool) -> Verdict:
        lane = idle.get()
        try:
            job = Job(
                program=program,
                check=problem.check,
                timeout=self._timeout(lane, problem),
                memory=self._limits.memory,
                every=self._every,
                shared=shared and self._fast,
            )
            verdict = judge(job, lane.run(job))
            return self._audited(lane, job, verdict) if job.shared and _is_audited(program) else verdict
        finally:
            idle.put(lane)

    def _audited(self, lane: Lane, job: Job, fast: Verdict) -> Verdict:
        """Return the verdict of a process of its own; if the shared one's was another, there is no more sharing."""
        strict = judge(job, lane.run(replace(job, shared=False)))
        if strict != fast:
            self._fast = False
            say(
                f"ALARM: a program was judged {fast.outcome} in a shared process and {strict.outcome} in its own. "
                "The second counts, and from here on every program has its own. Verdicts given before may be wrong: "
                "type the same command with --set verify.fast=false and a new --run, and please report the program."
            )
        return strict

    def _timeout(self, lane: Lane, problem: Problem) -> float:
        """Return the seconds that a program for this problem may take."""
        most = self._limits.timeout
        if not self._limits.slack or problem.reference is None:
            return most
        key = problem.reference, problem.check
        if key not in self._times:
            job = Job(program=problem.reference, check=problem.check, timeout=most, memory=self._limits.memory)
            used = lane.run(job).cpu
            self._times[key] = _rounded(self._limits.slack * used)
            if len(self._times) > REMEMBERED:
                self._times.popitem(last=False)
        return min(self._times[key], most)


def _rounded(seconds: float) -> float:
    """Return LEAST, or the next of its doubles: a limit must not differ with every measurement."""
    return LEAST * float(2 ** max(0, math.ceil(math.log2(max(seconds, LEAST) / LEAST))))


def _is_audited(program: str) -> bool:
    """Choose one program in AUDITED, by its text alone: the same one whenever a run is gone on with."""
    digest = hashlib.sha256(program.encode("utf-8", "surrogatepass")).digest()
    return int.from_bytes(digest[:4], "big") % AUDITED == 0


def _digest(check: Check, program: str) -> bytes:
    return hashlib.sha256(repr((program, check)).encode("ascii", "backslashreplace")).digest()
