"""Your own function, run in the sandbox: for programs that it has to run, or to hand to a library.

The text of its module goes to a process of its own for each program, with the problem as plain data. The function is
then only as safe from the program as it keeps itself: a program that it runs could reach what it returns. Such verdicts
are marked as not trusted.

A function that runs the program by `exec(program, {})` need not catch what that raises: it is the program's, and
becomes the verdict. What the function itself raises stops the work.
"""

from __future__ import annotations

import ast
import hashlib
import importlib.util
import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Self

from leti.errors import ConfigError, WorkError
from leti.kinds import Calls
from leti.types import Problem, Solution, TestStatus, Verdict
from leti.verify.evidence import Evidence, How, Job, Report, Result, said, told
from leti.verify.exchange import Exchange
from leti.verify.isolation import choose
from leti.verify.lane import Lane
from leti.verify.lanes import Lanes
from leti.verify.outcome import judge
from leti.verify.own import nothing_there, parts, verdict_of
from leti.verify.sandbox import Sandbox
from leti.verify.verifier import Limits

ANSWER = 64 << 10
"""Bytes that the function may return."""
ENDS = frozenset({"MemoryError", "RecursionError", "SystemExit", "SyntaxError"})
"""What a program brings about that a function runs: no fault of the function."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A function as text."""

    name: str
    """As it was typed."""
    function: str
    text: str
    """Its module."""


def load_source(name: str) -> Source:
    """Return the text of the module that a function is in; nothing of it is run.

    Args:
        name: `package.module:function` or `path/to/file.py:function`.

    Raises:
        ConfigError: there is none, or it is not Python; the message says what to type.
    """
    home, function = parts(name)
    path = Path(home) if home.endswith(".py") else _origin(name, home)
    try:
        text = path.read_text("utf-8")
        tree = ast.parse(text)
    except (OSError, ValueError, SyntaxError) as error:
        raise ConfigError(f"verify.function = {name!r}: {path} is no Python text ({error}). Mend it.") from None
    defined = [node.name for node in tree.body if isinstance(node, ast.FunctionDef)]
    if function not in defined:
        raise ConfigError(nothing_there(name, defined))
    return Source(name=name, function=function, text=text)


def _origin(name: str, home: str) -> Path:
    try:
        spec = importlib.util.find_spec(home)
    except (ImportError, ValueError):
        spec = None
    if spec is None or spec.origin is None or not spec.origin.endswith(".py"):
        raise ConfigError(
            f"verify.function = {name!r}: there is no module {home!r} whose text could be read. "
            "Type the path of its file: path/to/file.py:function."
        )
    return Path(spec.origin)


class InsideVerifier:
    """Asks a function of yours in the sandbox. A context manager: `close` ends its lanes.

    Args:
        name: `package.module:function` or `path/to/file.py:function`.
        workers: programs at a time.
        limits: what the function may take for one program; `slack` is not used.
        sandbox: starts the processes; the strongest built-in one that works here if None.

    Raises:
        ConfigError: there is no such function.
        IsolationError: if this machine offers less isolation than the least that is accepted unasked.
    """

    def __init__(
        self, name: str, *, workers: int = 2, limits: Limits | None = None, sandbox: Sandbox | None = None
    ) -> None:
        self._source = load_source(name)
        self._limits = limits or Limits()
        self.sandbox = sandbox if sandbox is not None else choose("auto")
        self._lanes = Lanes(lambda: Exchange(self.sandbox), workers)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the lanes. A later `verify` starts new ones."""
        self._lanes.close()

    def verify(self, pairs: Iterable[tuple[Problem, Solution]], *, scored: bool = False) -> Iterator[Verdict]:
        """Return one verdict per pair, in order.

        Args:
            pairs: problems, and the programs written for them.
            scored: makes no difference: each program always has a process of its own.

        Raises:
            WorkError: the function's module does not load, the function raises without the program's having a part in
                it, or returns what is no verdict.
        """
        del scored
        return self._lanes.map(pairs, self._verdicts, key=_key)

    def _verdicts(self, lane: Lane, pairs: list[tuple[Problem, Solution]]) -> list[Verdict]:
        return [_verdict(self._source, self._limits, lane, pair) for pair in pairs]


def _key(pair: tuple[Problem, Solution]) -> bytes:
    problem, solution = pair
    digest = hashlib.sha256(problem.id.encode("utf-8", "surrogatepass") + b"\0")
    digest.update(solution.program.encode("utf-8", "surrogatepass"))
    return digest.digest()


def _verdict(source: Source, limits: Limits, lane: Lane, pair: tuple[Problem, Solution]) -> Verdict:
    problem, solution = pair
    data = json.dumps(_as_data(problem))
    arguments = f"__import__('json').loads({data!r}), {solution.program!r}"
    job = Job(
        program=source.text,
        check=Calls(function=source.function, arguments=(arguments,), expected=None),
        timeout=limits.timeout,
        memory=limits.memory,
        answers=ANSWER,
        raw=True,
    )
    asked = f"{source.name} for problem {problem.id}, sample {solution.sample}"
    return replace(_found(job, lane.run(job), asked, program=solution.program), trusted=False)


def _as_data(problem: Problem) -> dict[str, Any]:
    """Return a problem as a function in the sandbox is given it."""
    kind = type(problem.check).__name__.lower()
    return asdict(problem) | {"check": {"kind": kind} | asdict(problem.check)}


def _found(job: Job, evidence: Evidence, asked: str, *, program: str) -> Verdict:
    """Return the verdict that a run of the function comes to."""
    lines = evidence.returned.decode("ascii", "replace").splitlines()
    answer = said(lines[1]) if evidence.loaded and len(lines) > 1 else {}
    loading = evidence.report
    if loading is not None:
        raise WorkError(
            f"{asked}: its module does not load in the sandbox ({loading.error.type}: {loading.error.message}). "
            "It finds the standard library, and installed packages that are named: --set 'verify.packages=[\"NAME\"]'."
        )
    if "value" in answer:
        verdict = verdict_of(_plain(answer["value"]), asked)
        return replace(verdict, output=evidence.output, seconds=evidence.seconds)
    if "error" in answer or "missing" in answer or "big" in answer:
        return _raised(job, evidence, (told(answer.get("error")), asked), program=program)
    if not evidence.loaded and evidence.ended.how is not How.LOST:
        raise WorkError(
            f"{asked}: its module ended, or took more than {job.timeout:g} s, before it was asked. Mend it."
        )
    ended = judge(job, evidence)
    assert ended.error is not None
    return replace(ended, error=replace(ended.error, frames=(), check=None), tests=())


def _plain(data: Any) -> Any:
    """Return what was said: text, truth, or a dictionary of texts; anything else is handed on for its name."""
    pairs = data.get("dict") if isinstance(data, dict) else None
    if not isinstance(pairs, list) or not all(isinstance(pair, list) and len(pair) == 2 for pair in pairs):
        return data
    return {str(key): value for key, value in pairs}


def _raised(job: Job, evidence: Evidence, told: tuple[Report | None, str], *, program: str) -> Verdict:
    """Return the verdict on a program that made the function raise; its own lines are the frames.

    Raises:
        WorkError: if the program had no part in it.
    """
    found, asked = told
    own = () if found is None else tuple(frame for frame in found.error.frames if frame.evaluated)
    if found is None or not (own or ENDS & found.bases):
        error = None if found is None else found.error
        where = f", line {error.frames[-1].line} of its file" if error is not None and error.frames else ""
        what = "returned too much" if error is None else f"raised {error.type}: {error.message}{where}"
        raise WorkError(f"{asked} {what}. Mend it, then type the same command again.")
    result = Result(test=0, status=TestStatus.RAISED, report=replace(found, error=replace(found.error, frames=())))
    verdict = judge(job, replace(evidence, results=(result,)))
    assert verdict.error is not None
    lines = program.split("\n")
    frames = tuple(
        replace(frame, evaluated=False, source=lines[frame.line - 1].strip() if 0 < frame.line <= len(lines) else "")
        for frame in own
    )
    return replace(verdict, error=replace(verdict.error, frames=frames, check=None), tests=())
