"""Judge programs that models wrote, and list every verdict that differs from the recorded ones.

Usage: python bench/verdicts.py --data DATA/lm_programs [--humaneval-plus HumanEvalPlus-v0.1.10.jsonl.gz]
           [--mbpp-plus MbppPlus-v0.2.0.jsonl.gz] --out verdicts.md

Rows of EvalPlus suites are judged twice, with the base inputs and with those that EvalPlus adds, as EvalPlus records
two verdicts for them.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import sys
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from leti.kinds import Calls
from leti.problems import TEST, evalplus
from leti.types import Ending, Problem, Solution, Verdict
from leti.verify import Limits, PythonVerifier, tests_from_text

FILES = ("programs_with_verdicts.jsonl.gz", "programs_without_verdicts.jsonl.gz")
COLUMNS = (
    *("differs in", "id", "suite", "task", "inputs", "recorded", "outcome", "exc", "msg", "ours", "error", "wrong"),
    *("s theirs / ours", "note"),
)
SUITES = {"humanevalplus": "humaneval_evalplus", "mbppplus": "mbpp_evalplus"}
FIELDS = {"base_input": "", "plus_input": "_plus"}
"""By the inputs that are used: what the names of a row's fields end in."""


@dataclass(frozen=True, kw_only=True)
class Question:
    """One program with one check, and what is known of it."""

    row: dict[str, Any]
    part: str
    """What the names of the row's fields end in."""
    problem: Problem

    def known(self, field: str) -> Any:
        """Return what the row says."""
        return self.row.get(field + self.part)

    @property
    def solution(self) -> Solution:
        """The program."""
        program = self.row["program"]
        return Solution(
            problem=self.problem.id, sample=0, completion="", tokens=(), program=program, ending=Ending.TOKEN
        )


def _rows(path: Path) -> list[dict[str, Any]]:
    with gzip.open(path, "rt") as file:
        return [json.loads(line) for line in file]


def _tails(data: Path) -> dict[tuple[str, str], Problem]:
    """Return the problems of suites with test text, by suite and task."""
    found = {}
    for row in _rows(data / "suites.jsonl.gz"):
        name = f"{row['suite']}/{row['task_id']}"
        check = tests_from_text(row["tail"])
        found[row["suite"], row["task_id"]] = Problem(id=name, prompt="", check=check, source="lm")
    return found


def _plus(paths: Iterable[Path], inputs: str) -> dict[tuple[str, str], Problem]:
    """Return EvalPlus's problems with some of their inputs, by suite and number of the task."""
    found = {}
    for path in paths:
        for problem in evalplus.load(str(path), inputs=(inputs,)).split(TEST):
            found[SUITES[problem.source], problem.id.rpartition("/")[2]] = problem
    return found


def _questions(data: Path, plus: list[Path]) -> Iterator[Question]:
    tails = _tails(data)
    by_inputs = {part: _plus(plus, inputs) for inputs, part in FIELDS.items()}
    for row in (row for name in FILES for row in _rows(data / name)):
        suite, task = row["suite"], row["task_id"]
        if (suite, task) in tails:
            yield Question(row=row, part="", problem=tails[suite, task])
        for part, problems in by_inputs.items():
            problem = problems.get((suite, task.rpartition("/")[2]))
            if problem is not None and isinstance(problem.check, Calls) and problem.check.count:
                yield Question(row=row, part=part, problem=problem)


def _difference(asked: Question, verdict: Verdict) -> str | None:
    """Say in what a verdict differs, or None."""
    outcome, recorded = asked.known("outcome"), asked.known("recorded")
    if verdict.passed != (outcome == "pass"):
        return "outcome"
    if recorded is not None and verdict.passed != recorded:
        return "recorded"
    if (outcome == "timeout") != (verdict.outcome == "timed-out"):
        return "kind of failure"
    error = verdict.error.name if verdict.error else None
    if asked.row["suite"].endswith("_evalplus"):
        return None  # it is not recorded there which input came first
    if asked.known("exc") and verdict.outcome != "timed-out" and error != asked.known("exc"):
        return "exception"
    return None


def _line(asked: Question, verdict: Verdict, what: str) -> str:
    row, error = asked.row, ""
    if verdict.error:
        error = f"{verdict.error.type}: {verdict.error.message[:80]} {(verdict.error.check or '')[:80]}"
    wrong = sum(test.status != "passed" for test in verdict.tests)
    cells = [what, row["id"], row["suite"], row["task_id"], asked.part.strip("_"), asked.known("recorded"),
             asked.known("outcome"), asked.known("exc"), str(row["msg"] or "")[:60], verdict.outcome, error,
             f"{wrong} of {len(verdict.tests)}", f"{asked.known('t') or 0:.2f} / {verdict.seconds:.2f}",
             str(row.get("note" + asked.part) or row["note"] or "")[:90]]  # fmt: skip
    return "| " + " | ".join(str(cell).replace("|", "\\|").replace("\n", " ") for cell in cells) + " |"


def _judged(asked: list[Question], options: argparse.Namespace) -> list[Verdict]:
    limits = Limits(timeout=options.timeout, memory=options.memory << 20)
    with PythonVerifier(workers=options.workers, limits=limits, fast=options.fast) as verifier:
        return list(verifier.verify((one.problem, one.solution) for one in asked))


def _summary(asked: list[Question], verdicts: list[Verdict], seconds: float) -> list[str]:
    pairs = list(zip(asked, verdicts, strict=True))
    lines = [f"{len(asked)} verdicts in {seconds:.0f} s ({len(asked) / seconds:.0f}/s, load {os.getloadavg()[0]:.1f})."]
    for name in sorted({one.row["suite"] + one.part for one in asked}):
        mine = [(one, verdict) for one, verdict in pairs if one.row["suite"] + one.part == name]
        recorded = [(one, verdict) for one, verdict in mine if one.known("recorded") is not None]
        agree = sum(verdict.passed == one.known("recorded") for one, verdict in recorded)
        same = sum(verdict.passed == (one.known("outcome") == "pass") for one, verdict in mine)
        kinds = dict(Counter(what for one, verdict in mine if (what := _difference(one, verdict))))
        told = f"{agree} of {len(recorded)} agree with the recorded verdict, " if recorded else ""
        lines.append(f"- {name}: {told}{same} of {len(mine)} with the outcome seen here before. Differ in: {kinds}")
    missing = sum(bool(verdict.error and verdict.error.type == "ModuleNotFoundError") for verdict in verdicts)
    return [*lines, f"Programs that need a package that is not there: {missing}.", ""]


def main() -> None:
    """Judge all rows that there is a check for; print and write the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--humaneval-plus", type=Path)
    parser.add_argument("--mbpp-plus", type=Path)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--only", default="", help="suites whose names hold this")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--timeout", type=float, default=6.0)
    parser.add_argument("--memory", type=int, default=512, help="MiB")
    parser.add_argument("--fast", action="store_true", help="let benign programs share a process")
    options = parser.parse_args()
    plus = [path for path in (options.humaneval_plus, options.mbpp_plus) if path]
    asked = [one for one in _questions(options.data, plus) if options.only in one.row["suite"]]
    began = time.monotonic()
    verdicts = _judged(asked, options)
    head = [
        *_summary(asked, verdicts, time.monotonic() - began),
        f"| {' | '.join(COLUMNS)} |",
        "|" + "---|" * len(COLUMNS),
    ]
    found = ((one, verdict, _difference(one, verdict)) for one, verdict in zip(asked, verdicts, strict=True))
    text = "\n".join([*head, *(_line(one, verdict, what) for one, verdict, what in found if what)]) + "\n"
    sys.stdout.write(text)
    if options.out:
        options.out.write_text(text)


if __name__ == "__main__":
    main()
