"""Programs between two cells: their own, which never sees a test, and the judge's, which never runs a program."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import replace
from typing import Any

from leti.kinds import Case, Streams
from leti.verify.cases import Ran, run_cases
from leti.verify.cells import Cells, LaneLostError
from leti.verify.evidence import Ended, Evidence, How, Job, place, results, said, told
from leti.verify.harness.watch import NEXT
from leti.verify.judging import PATIENCE, Judge, Plan, lines_of
from leti.verify.sandbox import Role, Sandbox

SHARED_SECONDS = 0.1  # for each: a program that needs more has a process of its own, sharing would not make it faster
STARTED = b'{"started":1}'
NOTHING: dict[str, Any] = {"names": [], "calls": [], "arguments": "", "own": True}


class Exchange:
    """The cells of a lane: runs jobs, one after the other.

    Args:
        sandbox: starts the cells.

    Raises:
        SandboxError: if one does not start.
    """

    def __init__(self, sandbox: Sandbox) -> None:
        self.cells = Cells(sandbox)
        self._judge = Judge(self.cells)
        self._clean = True
        with ExitStack() as undo:
            undo.callback(self.close)
            self.cells.start(Role.PROGRAM)
            self.cells.start(Role.JUDGE)
            undo.pop_all()

    @property
    def clean(self) -> bool:
        """Whether nothing of the last program is left; if not, the lane has to be replaced."""
        return self._clean

    def stop(self) -> None:
        """End what runs, at once. The one call that another thread may make: `run` then raises LaneLostError."""
        self.cells.stop()

    def close(self) -> None:
        """End the cells."""
        self.cells.close()

    def run(self, job: Job) -> Evidence:
        """Run a job; when this returns, nothing of the program is left running.

        Raises:
            LaneLostError: if the lane has to be replaced.
        """
        ((wrong, code),) = self._judge.compiled([job])
        if wrong is not None:
            return Evidence(ended=Ended(how=How.EXIT), report=wrong)
        if isinstance(job.check, Streams):
            return self._cases(job, job.check, code)
        return self._asked(job, code)

    def apart(self, jobs: Sequence[Job]) -> list[Evidence | None]:
        """Run programs one after the other, each in its own process, with few messages for all of them.

        Returns:
            For the first of the jobs, up to the first late program, its evidence, or None where it has to be run by
            itself: because there is more to ask than is known in advance.

        Raises:
            LaneLostError: if the lane has to be replaced.
        """
        found: list[Evidence | None] = [None] * len(jobs)
        plans = self._certain(jobs)
        codes: dict[int, bytes] = {}
        for n, (wrong, code) in zip(plans, self._judge.compiled([jobs[n] for n in plans]), strict=True):
            if wrong is not None:
                found[n] = Evidence(ended=Ended(how=How.EXIT), report=wrong)
            elif code:
                codes[n] = code
        ran = self._ran([(jobs[n], plans[n], code) for n, code in codes.items()]) if codes else []
        ends = dict(zip(codes, ran, strict=False))
        loaded = [n for n, (_, blob) in ends.items() if "names" in _first(blob)]
        decided = dict(
            zip(loaded, self._judge.decided_all([(jobs[n], plans[n], ends[n][1]) for n in loaded]), strict=True)
        )
        for n, (header, blob) in ends.items():
            one = decided.get(n, {"results": [], "trusted": True, "asked": False})
            well = _ended(header, blob) == Ended(how=How.EXIT)
            if one is not None and not header["waits"] and not (well and one["asked"]):
                found[n] = _evidence(header, blob, one)
        return found[: next((n for n in codes if n not in ends), len(jobs))]

    def together(self, jobs: Sequence[Job]) -> list[Evidence | None]:
        """Run what is known to be benign in a shared process, one after the other.

        Returns:
            For each job its evidence, or None where it has to be run by itself: because it is not benign, or needs
            more time or memory than is shared.

        Raises:
            LaneLostError: if the lane has to be replaced.
        """
        found: list[Evidence | None] = [None] * len(jobs)
        plans = self._certain(jobs)
        said: dict[int, tuple[bytes, float]] = {}
        left = list(plans)
        self._clean = True
        while left and self._clean:
            done = self._shared([(jobs[n], plans[n]) for n in left])
            said.update(zip(left, done, strict=False))
            left = left[len(done) + 1 :]  # the next one needs more than is shared, or ended the process
        told = [n for n in said if _conclusive(said[n][0])]
        decided = self._judge.decided_all([(jobs[n], plans[n], said[n][0]) for n in told])
        for n, one in zip(told, decided, strict=True):
            part, seconds = said[n]
            if one is not None and (not _was_stopped(one) or b'"error"' in part):
                found[n] = _shared_evidence(part, one, seconds=seconds)
        return found

    def _shared(self, runs: list[tuple[Job, Plan]]) -> list[tuple[bytes, float]]:
        """Run programs in one process; return what those that came to their end said, and how long each took."""
        self.cells.start(Role.SHARED)
        requests = [_request(job, plan.asked, b"") for job, plan in runs]
        limits = requests[0]["limits"] | {"timeout": SHARED_SECONDS}
        self.cells.tell(
            Role.SHARED, {"programs": len(runs), "limits": limits}, blob=json.dumps(requests).encode() + b"\n"
        )
        header, blob = self.cells.hear(Role.SHARED, 5 * SHARED_SECONDS * len(runs) + PATIENCE, started=True)
        (header,) = header["ended"]
        self._clean = header["alone"] and header["cleared"]
        parts = [part.removeprefix(STARTED + b"\n") for part in blob.split(NEXT)[:-1]]
        return [(part, header["cpu"] / len(parts)) for part in parts]

    def _certain(self, jobs: Sequence[Job]) -> dict[int, Plan]:
        """Return the plans of those jobs that need not be asked for more, by their place."""
        tested = {
            n: self._judge.plan(job) for n, job in enumerate(jobs) if not (isinstance(job.check, Streams) or job.raw)
        }
        return {n: plan for n, plan in tested.items() if plan.is_certain}

    def _ran(self, runs: list[tuple[Job, Plan, bytes]]) -> list[tuple[dict[str, Any], bytes]]:
        """Run programs, each in its own process; return how the first of them ended, and what they said."""
        requests = [_request(job, plan.asked, code) for job, plan, code in runs]
        self.cells.tell(Role.PROGRAM, {"programs": requests}, blob=b"".join(code for *_, code in runs))
        seconds = PATIENCE + sum(5 * job.timeout for job, *_ in runs)
        header, blob = self.cells.hear(Role.PROGRAM, seconds, started=True)
        found = []
        for one in header["ended"]:
            found.append((one, _begun(one, blob[: one["said"]])))
            blob = blob[one["said"] :]
        self._clean = all(one["alone"] and one["cleared"] for one, _ in found)
        return found

    def _cases(self, job: Job, check: Streams, code: bytes) -> Evidence:
        """Run a whole program, once per case."""
        self._clean = True
        return run_cases(job, check, run=lambda job, case: self._case(job, case, code=code))

    def _case(self, job: Job, case: Case, *, code: bytes) -> Ran:
        header, blob = self._one(_request(job, NOTHING, code) | {"main": True, "stdin": case.stdin}, job, code)
        self._clean = self._clean and header["alone"] and header["cleared"]
        return _ended(header, blob), header, blob

    def _one(self, request: dict[str, Any], job: Job, code: bytes) -> tuple[dict[str, Any], bytes]:
        """Have a program run; return the template's header, and what the program said, once it ended or waits."""
        self.cells.tell(Role.PROGRAM, {"programs": [request]}, blob=code)
        header, blob = self._heard(job)
        return header, _begun(header, blob)

    def _heard(self, job: Job) -> tuple[dict[str, Any], bytes]:
        header, blob = self.cells.hear(Role.PROGRAM, 5 * job.timeout + PATIENCE, started=True)
        return header["ended"][0] if "ended" in header else header, blob

    def _asked(self, job: Job, code: bytes) -> Evidence:
        """Run a program in its own process, and have the judge decide, who may ask it for more.

        Args:
            job: what to run.
            code: the program, compiled; empty where its own process has to compile it.
        """
        plan = self._judge.plan(job)
        header, blob = self._one(_request(job, plan.asked, code) | {"asked": not job.raw}, job, code)
        found: dict[str, Any] = {"results": [], "trusted": True}

        def ask(line: bytes) -> bytes | None:
            nonlocal header
            if "waiting" not in header:
                return None
            self.cells.tell(Role.PROGRAM, {}, blob=line)
            header, heard = self._heard(job)
            return heard

        if "names" in _first(blob) and plan.asked["wrong"]:
            found["results"] = [_moved(plan.asked["wrong"], lines_of(job.program)) | {"status": "raised"}]
        elif "names" in _first(blob) and not job.raw:
            found = self._judge.decided(job, plan, said=blob, ask=ask)
        if "waiting" in header:
            self.cells.tell(Role.PROGRAM, {"over": True}, blob=b"\n")
            header, _ = self._heard(job)
        self._clean = header["alone"] and header["cleared"]
        evidence = _evidence(header, blob, found)
        if "late" in found:
            evidence = replace(evidence, ended=Ended(how=How.DEADLINE))
        return replace(evidence, returned=blob) if job.raw else evidence


def _begun(header: dict[str, Any], blob: bytes) -> bytes:
    """Return what a program said once it had its turn.

    Raises:
        LaneLostError: if it never had.
    """
    started, _, rest = blob.partition(b"\n")
    if started != STARTED:
        raise LaneLostError(f"the harness did not start: {str(header.get('output'))[-500:]}")
    return rest


def _moved(wrong: dict[str, Any], lines: int) -> dict[str, Any]:
    """Count the lines of a SyntaxError of the tests from the program's beginning."""
    syntax = wrong["error"].get("syntax")
    if not syntax:
        return wrong
    return wrong | {"error": wrong["error"] | {"syntax": [syntax[0] + lines, *syntax[1:]]}}


def _first(blob: bytes) -> dict[str, Any]:
    """Return the first thing that a program said: what it defined, or the exception that ended it."""
    return said(blob.partition(b"\n")[0].decode("ascii", "replace"))


def _request(job: Job, plan: dict[str, Any], code: bytes) -> dict[str, Any]:
    return {
        "program": "" if code else job.program,
        "code": len(code),
        **{name: plan[name] for name in ("names", "calls", "arguments", "own")},
        "asked": False,
        "limits": {name: getattr(job, name) for name in ("timeout", "memory", "output", "answers")},
        "main": False,
        "stdin": None,
    }


def _conclusive(part: bytes) -> bool:
    """Whether what a program said in a shared process is what it would have said in its own.

    A SyntaxError is left to the judge, who looks at it together with the tests.
    """
    if any(word in part for word in (b'{"refused":1}', b"MemoryError", b'"SyntaxError"')):
        return False
    return b'{"printed":' in part


def _was_stopped(found: dict[str, Any]) -> bool:
    return any(result["status"] == "stopped" for result in found["results"])


def _evidence(header: dict[str, Any], blob: bytes, found: dict[str, Any]) -> Evidence:
    """Return the evidence of a program that had its own process.

    Args:
        header: how it ended.
        blob: what it said.
        found: what the judge found.
    """
    first = _first(blob)
    return Evidence(
        ended=_ended(header, blob),
        loaded="names" in first,
        report=told(first.get("error")),
        results=results(found["results"]),
        trusted=found["trusted"],
        output=str(header["output"]),
        seconds=float(header["seconds"]),
        cpu=float(header["cpu"]),
    )


def _shared_evidence(part: bytes, decided: dict[str, Any], *, seconds: float) -> Evidence:
    first = _first(part)
    printed = said(part.strip().rpartition(b"\n")[2].decode("ascii", "replace")).get("printed", "")
    return Evidence(
        ended=Ended(how=How.EXIT),
        loaded="names" in first,
        report=told(first.get("error")),
        results=results(decided["results"]) if "names" in first else (),
        trusted=decided["trusted"],
        output=str(printed).encode("utf-8", "backslashreplace").decode(),
        seconds=seconds,
        cpu=seconds,
    )


def _ended(header: dict[str, Any], blob: bytes) -> Ended:
    if header["late"]:
        return Ended(how=How.DEADLINE, place=place(blob))
    if header["flooded"]:
        return Ended(how=How.FLOOD)
    code = os.waitstatus_to_exitcode(header["status"] or 0)
    if code >= 0:
        return Ended(how=How.EXIT, code=code)
    limit = -code in (signal.SIGXCPU, signal.SIGXFSZ)
    return Ended(how=How.LIMIT if limit else How.SIGNAL, code=-code)
