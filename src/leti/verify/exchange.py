"""One program between two cells: its own, which never sees a test, and the judge's, which never runs a program."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections import OrderedDict
from collections.abc import Sequence
from contextlib import ExitStack
from typing import Any

from leti.errors import SandboxError
from leti.kinds import Calls, Case, Check, Streams, Tests
from leti.verify.cases import Ran, run_cases
from leti.verify.evidence import Ended, Evidence, How, Job, Report, place, report, results, said
from leti.verify.harness.frames import ClosedError, Frames, SilentError
from leti.verify.harness.watch import NEXT
from leti.verify.outcome import following
from leti.verify.sandbox import Cell, Role, Sandbox

START_SECONDS = 60.0
PATIENCE = 15.0  # seconds a cell may be silent beyond what it was given
COMPILING = 2.0  # seconds that compiling a program may take the judge
SHARED_SECONDS = 0.1  # a program that needs more has a process of its own: sharing would not make it faster
JUDGING = 2.0  # seconds beyond a program's own that its tests may take to decide on what it returned
STARTED = b'{"started":1}'
CHECKS = 512  # that the judge keeps prepared


class LaneLostError(Exception):
    """A cell died or fell silent: the lane is of no more use, and its job is owed.

    Args:
        reason: What happened.
        started: Whether the program had its turn. If not, the fault is ours.
    """

    def __init__(self, reason: str, *, started: bool = False) -> None:
        super().__init__(reason)
        self.started = started


class Exchange:
    """The two cells of a lane: runs one job at a time.

    Args:
        sandbox: starts the cells.

    Raises:
        SandboxError: if one does not start.
    """

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox
        self._cells: list[Cell] = []
        self._plans: OrderedDict[tuple[Check, bytes], tuple[int, dict[str, Any]]] = OrderedDict()
        self._forgotten: list[int] = []
        self._number = 0
        self._clean = True
        with ExitStack() as undo:
            undo.callback(self.close)
            self._program = self._started(sandbox, Role.PROGRAM)
            self._judge = self._started(sandbox, Role.JUDGE)
            undo.pop_all()

    def _started(self, sandbox: Sandbox, role: Role) -> Frames:
        cell = sandbox.start(role)
        self._cells.append(cell)
        frames = Frames(cell.reader, cell.writer)
        try:
            frames.read(time.monotonic() + START_SECONDS)
        except (ClosedError, SilentError) as error:
            words = cell.last_words() or str(error) or "it said nothing"
            raise SandboxError(
                f"The sandbox `{sandbox.level}` did not start: {words}. "
                f"Type: {sys.executable} -c 'print(1)'  to see whether this Python runs alone, and `leti check` "
                "to see which isolation works here."
            ) from error
        return frames

    @property
    def clean(self) -> bool:
        """Whether nothing of the last program is left; if not, the lane has to be replaced."""
        return self._clean

    def stop(self) -> None:
        """End what runs, at once. The one call that another thread may make: `run` then raises LaneLostError."""
        for cell in self._cells:
            cell.stop()

    def close(self) -> None:
        """End both cells."""
        for cell in self._cells:
            cell.close()

    def run(self, job: Job) -> Evidence:
        """Run a job; when this returns, nothing of the program is left running.

        Raises:
            LaneLostError: if the lane has to be replaced.
        """
        if isinstance(job.check, Streams):
            return self._cases(job, job.check)
        wrong, code = self._compiled(job)
        if wrong is not None:
            return Evidence(ended=Ended(how=How.EXIT), report=wrong)
        return self._run(job, code)

    def together(self, jobs: Sequence[Job]) -> list[Evidence | None]:
        """Run what is known to be benign in a shared process, one after the other.

        Returns:
            For each job its evidence, or None where it has to be run by itself: because it is not benign, needs more
            time or memory than is shared, or because it came after one that does.

        Raises:
            LaneLostError: if the lane has to be replaced.
        """
        found: list[Evidence | None] = [None] * len(jobs)
        known = {n: self._plan(job) for n, job in enumerate(jobs) if not isinstance(job.check, Streams)}
        sent = [n for n, (_, plan) in known.items() if not plan["names"] and not plan["wrong"]]
        if not sent:
            return found
        requests = [_request(jobs[n], known[n][1], b"", shared=True) for n in sent]
        whole = {"shared": True, "stay": False, "programs": requests, "limits": requests[0]["limits"]}
        whole["limits"] = whole["limits"] | {"timeout": SHARED_SECONDS}
        self._send(self._program, whole)
        header, blob = self._heard(self._program, 5 * SHARED_SECONDS + PATIENCE, started=True)
        self._clean = header["alone"] and header["cleared"]
        parts = [part.removeprefix(STARTED + b"\n") for part in blob.split(NEXT)[:-1]]
        told = [(n, part) for n, part in zip(sent, parts, strict=False) if _conclusive(part)]
        if told:
            runs = [_decision(jobs[n], known[n][0]) for n, _ in told]
            self._send(self._judge, {"do": "all", "runs": runs}, NEXT.join(part for _, part in told))
            answer, _ = self._heard(self._judge, PATIENCE, started=True)
            for (n, part), decided in zip(told, answer["found"], strict=True):
                if any(result["status"] == "stopped" for result in decided["results"]) and b'"error"' not in part:
                    continue
                found[n] = _shared_evidence(part, decided, seconds=header["cpu"] / len(parts))
        return found

    def _compiled(self, job: Job) -> tuple[Report | None, bytes]:
        """Have the judge compile the program; nothing at all where only the program's own process can tell."""
        text = job.program.encode("utf-8", "surrogatepass")
        try:
            self._judge.write({"do": "compile", "tests": following(job.check)}, text)
            header, code = self._judge.read(time.monotonic() + COMPILING)
        except (ClosedError, SilentError):  # a program may be too much for the compiler
            self._replace_judge()
            return None, b""
        return report(header.get("error")), code

    def _replace_judge(self) -> None:
        self._cells.pop().close()
        self._plans.clear()
        self._judge = self._started(self._sandbox, Role.JUDGE)

    def _cases(self, job: Job, check: Streams) -> Evidence:
        """Run a whole program, once per case."""
        wrong, code = self._compiled(job)
        if wrong is not None:
            return Evidence(ended=Ended(how=How.EXIT), report=wrong)
        self._clean = True
        return run_cases(job, check, run=lambda job, case: self._case(job, case, code=code))

    def _case(self, job: Job, case: Case, *, code: bytes) -> Ran:
        nothing: dict[str, Any] = {"names": [], "calls": [], "arguments": "", "own": True}
        header, blob = self._begun(_request(job, nothing, code) | {"main": True, "stdin": case.stdin}, job, code)
        self._clean = self._clean and header["alone"] and header["cleared"]
        return _ended(header, blob), header, blob

    def _begun(self, request: dict[str, Any], job: Job, code: bytes) -> tuple[dict[str, Any], bytes]:
        """Have the program run; return the template's header, and what the program said, once it ended or waits."""
        self._send(self._program, request, code)
        header, blob = self._heard(self._program, 5 * job.timeout + PATIENCE, started=True)
        started, _, blob = blob.partition(b"\n")
        if started != STARTED:
            raise LaneLostError(f"the harness did not start: {str(header.get('output'))[-500:]}")
        return header, blob

    def _plan(self, job: Job) -> tuple[int, dict[str, Any]]:
        """Have the judge prepare a check, once."""
        key = job.check, job.returned
        if key in self._plans:
            self._plans.move_to_end(key)
            return self._plans[key]
        self._number += 1
        if len(self._plans) >= CHECKS:
            self._forgotten.append(self._plans.popitem(last=False)[1][0])
        self._send(self._judge, _loading(job.check) | {"check": self._number, "forget": self._forgotten})
        plan, _ = self._heard(self._judge, PATIENCE, started=False)
        if isinstance(job.check, Calls) and job.check.expected is None and not job.raw:
            self._send(self._judge, {"do": "expect", "check": self._number}, job.returned)
            self._heard(self._judge, PATIENCE, started=False)
        self._forgotten = []
        self._plans[key] = self._number, plan
        return self._plans[key]

    def _run(self, job: Job, code: bytes) -> Evidence:
        """Run a program in its own process, and have the judge decide.

        Args:
            job: what to run.
            code: the program, compiled; empty where its own process has to compile it.
        """
        check, plan = self._plan(job)
        header, blob = self._begun(_request(job, plan, code), job, code)
        first = _first(blob)
        found: dict[str, Any] = {"results": [], "trusted": True}
        if "names" in first and plan["wrong"]:
            found["results"] = [_moved(plan["wrong"], _lines(job.program)) | {"status": "raised"}]
        elif "names" in first and not job.raw:
            found, header = self._decided(job, check, blob, header)
        if "waiting" in header:
            self._send(self._program, {"over": True}, b"\n")
            header, _ = self._heard(self._program, 5 * job.timeout + PATIENCE, started=True)
        self._clean = header["alone"] and header["cleared"]
        return Evidence(
            ended=Ended(how=How.DEADLINE) if "late" in found else _ended(header, blob),
            loaded="names" in first,
            report=report(first.get("error")),
            results=results(found["results"]),
            trusted=found["trusted"],
            output=str(header["output"]),
            seconds=float(header["seconds"]),
            cpu=float(header["cpu"]),
            returned=blob if job.raw else b"",
        )

    def _decided(
        self, job: Job, check: int, blob: bytes, header: dict[str, Any]
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        """Have the judge decide, and carry its questions to the program; return what it found, and the last header."""
        self._send(self._judge, _decision(job, check), blob)
        while True:
            try:
                answer, line = self._judge.read(time.monotonic() + JUDGING + job.timeout)
            except SilentError:  # what the program returned is too much for the tests: `sum(range(10 ** 12))`
                self._replace_judge()
                return {"results": [{"test": None, "status": "stopped"}], "trusted": True, "late": True}, header
            except ClosedError as error:
                raise LaneLostError(f"the judge: {error}", started=True) from None
            if "ask" not in answer:
                return answer, header
            if "waiting" not in header:
                self._send(self._judge, {"gone": True})
                continue
            self._send(self._program, {}, line)
            header, heard = self._heard(self._program, 5 * job.timeout + PATIENCE, started=True)
            self._send(self._judge, {}, heard)

    def _send(self, frames: Frames, header: dict[str, Any], blob: bytes = b"") -> None:
        try:
            frames.write(header, blob)
        except ClosedError as error:
            raise LaneLostError(str(error)) from error

    def _heard(self, frames: Frames, seconds: float, *, started: bool) -> tuple[dict[str, Any], bytes]:
        try:
            return frames.read(time.monotonic() + seconds)
        except SilentError:
            raise LaneLostError("a cell is silent", started=started) from None
        except ClosedError as error:
            raise LaneLostError(str(error), started=started) from None


def _loading(check: Check) -> dict[str, Any]:
    """Return what the judge has to prepare."""
    if isinstance(check, Tests):
        return {"do": "load", "setup": check.setup, "tests": check.tests}
    assert isinstance(check, Calls)  # runs of a whole program are compared without the judge
    names = ("function", "arguments", "expected", "tolerance", "unordered", "accept")
    return {"do": "load"} | {name: getattr(check, name) for name in names}


def _decision(job: Job, check: int) -> dict[str, Any]:
    return {"do": "run", "check": check, "offset": _lines(job.program), "every": job.every}


def _moved(wrong: dict[str, Any], lines: int) -> dict[str, Any]:
    """Count the lines of a SyntaxError of the tests from the program's beginning."""
    syntax = wrong["error"].get("syntax")
    if not syntax:
        return wrong
    return wrong | {"error": wrong["error"] | {"syntax": [syntax[0] + lines, *syntax[1:]]}}


def _first(blob: bytes) -> dict[str, Any]:
    """Return the first thing that a program said: what it defined, or the exception that ended it."""
    return said(blob.partition(b"\n")[0].decode("ascii", "replace"))


def _request(job: Job, plan: dict[str, Any], code: bytes, *, shared: bool = False) -> dict[str, Any]:
    names = ("timeout", "memory", "file_size", "output", "answers")
    return {
        "program": "" if code else job.program,
        **{name: plan[name] for name in ("names", "calls", "arguments", "own")},
        "stay": bool(plan["names"]),
        "limits": {name: getattr(job, name) for name in names},
        "shared": shared,
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


def _shared_evidence(part: bytes, decided: dict[str, Any], *, seconds: float) -> Evidence:
    first = _first(part)
    printed = said(part.strip().rpartition(b"\n")[2].decode("ascii", "replace")).get("printed", "")
    return Evidence(
        ended=Ended(how=How.EXIT),
        loaded="names" in first,
        report=report(first.get("error")),
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


def _lines(text: str) -> int:
    """Return how many lines stand before what follows the text and a newline."""
    return f"{text}\n".replace("\r\n", "\n").replace("\r", "\n").count("\n")
