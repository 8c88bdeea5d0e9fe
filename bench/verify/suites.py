"""The programs that are measured: references with their tests, and programs that language models wrote."""

from __future__ import annotations

import ast
import gzip
import json
import warnings
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

from cases import cases

from leti.problems import humaneval, mbpp

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from leti.types import Problem

T = TypeVar("T")
LM_FILES = ("programs_with_verdicts.jsonl.gz", "programs_without_verdicts.jsonl.gz")
BENIGN_MODULES = {
    *("array", "bisect", "cmath", "collections", "copy", "dataclasses", "datetime", "decimal", "enum"),
    *("fractions", "functools", "hashlib", "heapq", "itertools", "json", "math", "numbers", "operator"),
    *("random", "re", "statistics", "string", "textwrap", "time", "typing", "unicodedata"),
}
HARMFUL_NAMES = {
    *("open", "input", "exec", "eval", "compile", "__import__", "breakpoint", "globals", "locals", "vars"),
    *("getattr", "setattr", "delattr", "exit", "quit", "help", "os", "sys", "subprocess", "socket", "shutil"),
    *("ctypes", "pathlib"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """A program and the statements that test it."""

    id: str
    text: str
    tests: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Suite:
    """Programs that every runner runs, and what was left out on the way to them."""

    name: str
    programs: tuple[Program, ...]
    found: int
    references: bool
    left_out: Counter[str] = field(default_factory=Counter)

    def without(self, reason: str, unwanted: Callable[[Program], bool]) -> Suite:
        """The suite less some programs; how many is remembered under the reason."""
        kept = tuple(program for program in self.programs if not unwanted(program))
        gone = Counter({reason: len(self.programs) - len(kept)})
        return self._with(kept, +(self.left_out + gone))

    def spread(self, number: int) -> Suite:
        """At most so many programs, evenly spread over the suite."""
        return self._with(evenly(self.programs, number), self.left_out)

    def _with(self, programs: tuple[Program, ...], left_out: Counter[str]) -> Suite:
        return Suite(name=self.name, programs=programs, found=self.found, references=self.references, left_out=left_out)


def evenly(items: tuple[T, ...], number: int) -> tuple[T, ...]:
    """At most so many of them, at even distances."""
    number = min(number, len(items))
    return tuple(items[index * len(items) // number] for index in range(number))


def mbpp_suite(path: str) -> Suite:
    """MBPP's reference solutions with their asserts."""
    return _references("MBPP references", [p for split in mbpp.load(path).splits.values() for p in split])


def humaneval_suite(path: str) -> Suite:
    """HumanEval's reference solutions with their `check`."""
    return _references("HumanEval references", [p for split in humaneval.load(path).splits.values() for p in split])


def lm_suite(folder: Path) -> Suite:
    """Model-written programs whose recorded end was a pass or a failure, and that touch nothing outside themselves."""
    tails = {(row["suite"], row["task_id"]): row["tail"] for row in _rows(folder / "suites.jsonl.gz")}
    rows = [row for name in LM_FILES for row in _rows(folder / name)]
    tested = [row for row in rows if tails.get((row["suite"], row["task_id"]))]
    quiet = [row for row in tested if row["outcome"] in {"pass", "fail"} and row["exc"] != "MemoryError"]
    programs = [
        Program(id=f"lm/{row['suite']}/{row['id']}", text=row["program"], tests=tails[row["suite"], row["task_id"]])
        for row in quiet
    ]
    suite = Suite(
        name="Model-written programs",
        programs=tuple(programs),
        found=len(rows),
        references=False,
        left_out=+Counter(
            {
                "no test text": len(rows) - len(tested),
                "recorded as a time-out, a crash or out of memory": len(tested) - len(quiet),
            }
        ),
    )
    return suite.without("peers would run them unprotected and they are not plainly benign", _may_harm)


def without_cases(suite: Suite) -> Suite:
    """Only programs whose tests say input and expected value: evalplus takes no test text."""
    return suite.without("tests that evalplus cannot express", lambda program: cases(program.tests) is None)


def as_text(suites: list[Suite]) -> str:
    """What a caller reads: suites and programs as JSON."""
    rows: dict[str, Any] = {
        suite.name: [{"id": p.id, "text": p.text, "tests": p.tests} for p in suite.programs] for suite in suites
    }
    return json.dumps(rows)


def _references(name: str, problems: list[Problem]) -> Suite:
    programs = [
        Program(id=problem.id, text=problem.reference, tests=problem.check.text)
        for problem in problems
        if problem.reference
    ]
    return Suite(name=name, programs=tuple(programs), found=len(problems), references=True)


def _rows(path: Path) -> list[dict[str, Any]]:
    with gzip.open(path, "rt") as file:
        return [json.loads(line) for line in file]


def _may_harm(program: Program) -> bool:
    """Whether a program does more than compute: it is then not for harnesses that contain nothing."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(program.text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False  # it never runs
    return any(_harmful(node) for node in ast.walk(tree))


def _harmful(node: ast.AST) -> bool:
    if isinstance(node, ast.Import):
        return any(alias.name.partition(".")[0] not in BENIGN_MODULES for alias in node.names)
    if isinstance(node, ast.ImportFrom):
        return (node.module or "").partition(".")[0] not in BENIGN_MODULES
    if isinstance(node, ast.Name):
        return node.id in HARMFUL_NAMES or node.id.startswith("__builtins")
    if isinstance(node, ast.Attribute):
        return node.attr.startswith("__") and node.attr not in {"__init__", "__name__", "__doc__"}
    return False
