"""One program at a time, whatever becomes of the processes it runs in."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence

from leti.errors import SandboxError
from leti.verify.cells import LaneLostError
from leti.verify.evidence import Ended, Evidence, How, Job
from leti.verify.exchange import Exchange


class Lane:
    """An exchange that is replaced when it is lost.

    Args:
        start: starts one.
    """

    def __init__(self, start: Callable[[], Exchange]) -> None:
        self._start = start
        self._exchange: Exchange | None = None
        self._stopped = False

    def begin(self) -> None:
        """Take jobs, after a stop too."""
        self._stopped = False

    def stop(self) -> None:
        """End what runs, now, and take no job: whoever asked for verdicts has left."""
        self._stopped = True
        if self._exchange is not None:
            self._exchange.stop()

    def run(self, job: Job) -> Evidence:
        """Return the evidence of a job; a job whose lane is lost is run once more on a fresh one.

        Raises:
            SandboxError: if lanes are lost although the program did not have its turn.
            LaneLostError: if it was stopped.
        """
        for last in (False, True):
            try:
                return self._once(job)
            except LaneLostError as error:
                self.close()
                if self._stopped:
                    raise
                if last and not error.started:
                    raise SandboxError(
                        f"The sandbox broke twice before a program started ({error}). "
                        "Look for a full disk or a limit on processes or open files, then type the same command again."
                    ) from error
        return Evidence(ended=Ended(how=How.LOST))

    def apart(self, jobs: Sequence[Job]) -> list[Evidence]:
        """Return the evidence of the first of some jobs, each in its own process; no others wait behind a late one.

        Raises:
            SandboxError: if lanes are lost although a program did not have its turn.
            LaneLostError: if it was stopped.
        """
        done: list[Evidence] = []
        for job, one in zip(jobs, self._attempted(jobs, Exchange.apart) if len(jobs) > 1 else [None], strict=False):
            done.append(one if one is not None else self.run(job))
            if one is None and done[-1].ended.how is How.DEADLINE:
                break
        return done

    def together(self, jobs: Sequence[Job]) -> list[Evidence]:
        """Return the evidence of the first of some jobs, of which those that are benign may share a process.

        Raises:
            SandboxError: if lanes are lost although a program did not have its turn.
            LaneLostError: if it was stopped.
        """
        shared = self._attempted(jobs, Exchange.together)
        alone = [job for job, one in zip(jobs, shared, strict=True) if one is None]
        rest = iter(self.apart(alone)) if alone else iter(())
        merged = (next(rest, None) if one is None else one for one in shared)
        return list(itertools.takewhile(lambda one: one is not None, merged))  # type: ignore[arg-type]

    def _attempted(
        self, jobs: Sequence[Job], attempt: Callable[[Exchange, Sequence[Job]], list[Evidence | None]]
    ) -> list[Evidence | None]:
        """Return what came of an attempt at all jobs; nothing where the lane was lost: each is then run by itself."""
        found: list[Evidence | None] = [None] * len(jobs)
        if not jobs:
            return found
        try:
            found = attempt(self._ready(), jobs)
            self._replace_unclean()
        except LaneLostError:
            self.close()
            if self._stopped:
                raise
        return found

    def _once(self, job: Job) -> Evidence:
        evidence = self._ready().run(job)
        self._replace_unclean()
        return evidence

    def _ready(self) -> Exchange:
        if self._exchange is None:
            self._exchange = self._start()
        if self._stopped:
            raise LaneLostError("nobody waits for it any more")
        return self._exchange

    def _replace_unclean(self) -> None:
        if self._exchange is not None and not self._exchange.clean:
            self.close()

    def close(self) -> None:
        """End the exchange, if there is one."""
        if self._exchange is not None:
            self._exchange.close()
        self._exchange = None
