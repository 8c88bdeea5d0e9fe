"""Many programs, in order, a bounded number at a time."""

from __future__ import annotations

import hashlib
import queue
from collections import OrderedDict, deque
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING, Self

from leti.errors import SandboxError
from leti.verify.outcome import judge
from leti.verify.sandbox import Ended, Evidence, How, Job, LaneLostError
from leti.verify.sandbox.process import ProcessSandbox

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from leti.types import Problem, Solution, Verdict
    from leti.verify.sandbox import Sandbox

AHEAD = 256
"""Programs taken from the input before their verdicts are asked for, per worker: a slow one holds up no others."""
REMEMBERED = 4096
"""Verdicts kept within one call, for programs that come again."""


class _Lane:
    """A sandbox that is replaced when it is lost."""

    def __init__(self, start: Callable[[], Sandbox]) -> None:
        self._start = start
        self._sandbox: Sandbox | None = None
        self._stopped = False

    def begin(self) -> None:
        """Take jobs, after a stop too."""
        self._stopped = False

    def stop(self) -> None:
        """End what runs, now, and take no job: whoever asked for verdicts has left."""
        self._stopped = True
        if self._sandbox is not None:
            self._sandbox.stop()

    def run(self, job: Job) -> Evidence:
        """Return the evidence of a job; a job whose lane is lost is run once more on a fresh one.

        Raises:
            SandboxError: if lanes are lost although the program did not have its turn.
        """
        for last in (False, True):
            if self._sandbox is None:
                self._sandbox = self._start()
            if self._stopped:
                raise LaneLostError("nobody waits for it any more")
            try:
                return self._sandbox.run(job)
            except LaneLostError as error:
                self.close()
                if self._stopped:
                    raise
                if last and not error.started:
                    raise SandboxError(
                        f"The sandbox broke twice before a program started ({error}). "
                        "Look for a full disk or a limit on processes or open files, then type the same command again."
                    ) from error
        return Evidence(events=(), ended=Ended(how=How.LOST))

    def close(self) -> None:
        """End the sandbox, if there is one."""
        if self._sandbox is not None:
            self._sandbox.close()
        self._sandbox = None


class PythonVerifier:
    """Runs Python programs and their tests. A context manager: `close` ends its lanes.

    Args:
        workers: Programs that run at the same time, each in a lane of its own.
        timeout: Seconds a program and its tests may take; see `Job.timeout`.
        memory: Bytes a program may take; see `Job.memory`.
        sandbox: Starts one lane.

    Raises:
        ValueError: if there are no workers or no time.
    """

    def __init__(
        self,
        *,
        workers: int = 2,
        timeout: float = 5.0,
        memory: int = 512 << 20,
        sandbox: Callable[[], Sandbox] = ProcessSandbox,
    ) -> None:
        if workers < 1 or timeout <= 0 or memory < 1:
            raise ValueError(f"workers={workers}, timeout={timeout}, memory={memory}: each must be above 0")
        self._workers = workers
        self._timeout = timeout
        self._memory = memory
        self._lanes = [_Lane(sandbox) for _ in range(workers)]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the lanes. A later `verify` starts new ones."""
        for lane in self._lanes:
            lane.close()

    def verify(self, pairs: Iterable[tuple[Problem, Solution]]) -> Iterator[Verdict]:
        """Yield one verdict per pair, in order; takes from `pairs` only a bounded number ahead.

        The same program with the same tests runs once.

        Raises:
            SandboxError: if a lane cannot be started.
        """
        idle: queue.SimpleQueue[_Lane] = queue.SimpleQueue()
        for lane in self._lanes:
            lane.begin()
            idle.put(lane)
        owed: deque[Future[Verdict]] = deque()
        known: OrderedDict[bytes, Future[Verdict]] = OrderedDict()
        with ThreadPoolExecutor(self._workers, thread_name_prefix="leti-verify") as pool:
            try:
                for problem, solution in pairs:
                    job = self._job(problem, solution)
                    key = _digest(job)
                    if key not in known:
                        known[key] = pool.submit(_verdict, idle, job)
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

    def _job(self, problem: Problem, solution: Solution) -> Job:
        return Job(
            program=solution.program,
            tests=problem.check.tests,
            setup=problem.check.setup,
            timeout=self._timeout,
            memory=self._memory,
        )


def _verdict(idle: queue.SimpleQueue[_Lane], job: Job) -> Verdict:
    lane = idle.get()
    try:
        return judge(job, lane.run(job))
    finally:
        idle.put(lane)


def _digest(job: Job) -> bytes:
    parts = [job.program, job.setup, *job.tests]
    digest = hashlib.sha256()
    for part in parts:
        data = part.encode("utf-8", "surrogatepass")
        digest.update(len(data).to_bytes(8, "big") + data)
    return digest.digest()
