"""The judge's side of an exchange: checks are prepared, programs compiled, and what programs said is decided on."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from leti.kinds import Calls, Check, Tests
from leti.verify.cells import Cells, LaneLostError
from leti.verify.evidence import Job, Report, report
from leti.verify.harness.frames import ClosedError, SilentError
from leti.verify.harness.watch import NEXT
from leti.verify.outcome import following
from leti.verify.sandbox import Role

PATIENCE = 15.0  # seconds a cell may be silent beyond what it was given
COMPILING = 2.0  # seconds that compiling programs may take the judge
JUDGING = 2.0  # seconds beyond a program's own that its tests may take to decide on what it returned
AT_LEAST, SHARE = 0.5, 0.02  # seconds, and of the programs' own: more than tests of several take, unless one is a trap
CHECKS = 512  # that the judge keeps prepared


class Plan(NamedTuple):
    """What is asked of the programs of a check."""

    number: int
    """The judge's, of the check."""
    asked: dict[str, Any]

    @property
    def is_certain(self) -> bool:
        """Whether a program need not be asked for more than what is sent along."""
        return not self.asked["names"] and not self.asked["wrong"]


class Judge:
    """What the judge's cell is asked to do.

    Args:
        cells: of the lane.
    """

    def __init__(self, cells: Cells) -> None:
        self._cells = cells
        self._plans: OrderedDict[tuple[Check, bytes], Plan] = OrderedDict()
        self._forgotten: list[int] = []
        self._number = 0

    def plan(self, job: Job) -> Plan:
        """Have a check prepared, once.

        Raises:
            LaneLostError: if the judge is lost.
        """
        key = job.check, job.returned
        if key in self._plans:
            self._plans.move_to_end(key)
            return self._plans[key]
        self._number += 1
        if len(self._plans) >= CHECKS:
            self._forgotten.append(self._plans.popitem(last=False)[1].number)
        self._cells.tell(Role.JUDGE, _loading(job.check) | {"check": self._number, "forget": self._forgotten})
        asked, _ = self._cells.hear(Role.JUDGE, PATIENCE)
        if isinstance(job.check, Calls) and job.check.expected is None and not job.raw:
            self._cells.tell(Role.JUDGE, {"do": "expect", "check": self._number}, blob=job.returned)
            self._cells.hear(Role.JUDGE, PATIENCE)
        self._forgotten = []
        self._plans[key] = Plan(self._number, asked)
        return self._plans[key]

    def compiled(self, jobs: Sequence[Job]) -> list[tuple[Report | None, bytes]]:
        """Have programs compiled: for each a SyntaxError, or its code; neither where only its own process can tell."""
        if not jobs:
            return []
        texts = [job.program.encode("utf-8", "surrogatepass") for job in jobs]
        header = {"do": "compile", "programs": list(map(len, texts)), "tests": [following(job.check) for job in jobs]}
        try:
            self._cells.tell(Role.JUDGE, header, blob=b"".join(texts))
            answer, codes = self._cells.heard(Role.JUDGE, COMPILING)
        except (LaneLostError, ClosedError, SilentError):  # a program may be too much for the compiler
            self._replace()
            return [(None, b"")] * len(jobs)
        found = []
        for one in answer["compiled"]:
            found.append((report(one.get("error")), codes[: one["code"]]))
            codes = codes[one["code"] :]
        return found

    def decided_all(self, runs: Sequence[tuple[Job, Plan, bytes]]) -> list[dict[str, Any] | None]:
        """Have the judge decide on programs that can be asked for nothing more.

        Args:
            runs: for each its job, its check's plan, and what it has said.

        Returns:
            For each `results`, `trusted`, and whether there was something to be `asked`; None for all where that takes
            the judge too long: then one of them is too much for its tests, and each has to be run by itself.

        Raises:
            LaneLostError: if the judge is lost.
        """
        if not runs:
            return []
        decisions = [_decision(job, plan) for job, plan, _ in runs]
        self._cells.tell(Role.JUDGE, {"do": "all", "runs": decisions}, blob=NEXT.join(said for _, _, said in runs))
        try:
            answer, _ = self._cells.heard(Role.JUDGE, AT_LEAST + SHARE * sum(job.timeout for job, _, _ in runs))
        except SilentError:
            self._replace()
            return [None] * len(runs)
        except ClosedError as error:
            raise LaneLostError(f"the judge: {error}", started=True) from None
        return list(answer["found"])

    def decided(self, job: Job, plan: Plan, *, said: bytes, ask: Callable[[bytes], bytes | None]) -> dict[str, Any]:
        """Have the judge decide on a program, and carry its questions.

        Args:
            job: what was run.
            plan: of its check.
            said: what the program has said.
            ask: asks the program; returns what it says then, None if it is gone.

        Returns:
            `results`, `trusted`; `late` where the tests took too long for what the program returned.

        Raises:
            LaneLostError: if the judge is lost.
        """
        self._cells.tell(Role.JUDGE, _decision(job, plan), blob=said)
        while True:
            try:
                answer, line = self._cells.heard(Role.JUDGE, JUDGING + job.timeout)
            except SilentError:  # what the program returned is too much for the tests: `sum(range(10 ** 12))`
                self._replace()
                return {"results": [{"test": None, "status": "stopped"}], "trusted": True, "late": True}
            except ClosedError as error:
                raise LaneLostError(f"the judge: {error}", started=True) from None
            if "ask" not in answer:
                return answer
            heard = ask(line)
            self._cells.tell(Role.JUDGE, {"gone": True} if heard is None else {}, blob=heard or b"")

    def _replace(self) -> None:
        self._plans.clear()
        self._forgotten = []
        self._cells.replace(Role.JUDGE)


def _loading(check: Check) -> dict[str, Any]:
    """Return what the judge has to prepare."""
    if isinstance(check, Tests):
        return {"do": "load", "setup": check.setup, "tests": check.tests}
    assert isinstance(check, Calls)  # runs of a whole program are compared without the judge
    names = ("function", "arguments", "expected", "tolerance", "unordered", "accept")
    return {"do": "load"} | {name: getattr(check, name) for name in names}


def _decision(job: Job, plan: Plan) -> dict[str, Any]:
    return {"do": "run", "check": plan.number, "offset": lines_of(job.program), "every": job.every}


def lines_of(text: str) -> int:
    """Return how many lines stand before what follows the text and a newline."""
    return f"{text}\n".replace("\r\n", "\n").replace("\r", "\n").count("\n")
