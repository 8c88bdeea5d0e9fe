"""What the problems' references return, and how long they take.

They run in a lane of their own: nothing that a reference is or returns has ever been in a process that a program's is
forked from.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

from leti.kinds import Calls, Check
from leti.types import Problem
from leti.verify.evidence import Job
from leti.verify.exchange import Exchange
from leti.verify.lane import Lane

SECONDS = 120.0
"""That a reference may take: some take half a minute for all of their inputs."""
MEMORY = 2 << 30
ANSWERS = 192 << 20
REMEMBERED = 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Ran:
    """What came of a reference."""

    returned: bytes = b""
    """What its calls returned, as its process said it. Empty where the check says itself what is expected."""
    seconds: float = 0.0
    """Of processor time."""


NOTHING = Ran()


class References:
    """Runs references, each once.

    Args:
        start: starts what they run in.
    """

    def __init__(self, start: Callable[[], Exchange]) -> None:
        self._lane = Lane(start)
        self._lock = threading.Lock()
        self._ran: OrderedDict[tuple[str, Check], Ran] = OrderedDict()

    def begin(self) -> None:
        """Take jobs, after a stop too."""
        self._lane.begin()

    def stop(self) -> None:
        """End what runs, now: whoever waits for it gets a LaneLostError."""
        self._lane.stop()

    def close(self) -> None:
        """End the lane, if there is one."""
        self._lane.close()

    def ran(self, problem: Problem) -> Ran:
        """Return what came of a problem's reference; nothing where it has none.

        Raises:
            SandboxError: if a lane cannot be started.
        """
        if problem.reference is None:
            return NOTHING
        key = problem.reference, problem.check
        with self._lock:
            if key not in self._ran:
                self._ran[key] = self._run(problem.reference, problem.check)
                if len(self._ran) > REMEMBERED:
                    self._ran.popitem(last=False)
            return self._ran[key]

    def _run(self, reference: str, check: Check) -> Ran:
        asked = isinstance(check, Calls) and check.expected is None
        job = Job(program=reference, check=check, timeout=SECONDS, memory=MEMORY, answers=ANSWERS, raw=asked)
        evidence = self._lane.run(job)
        return Ran(returned=evidence.returned, seconds=evidence.cpu)
