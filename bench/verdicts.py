"""Judge programs that models wrote, and list every verdict that differs from the recorded ones.

Usage: python bench/verdicts.py --data DATA/lm_programs [--mbpp-plus MbppPlus-v0.2.0.jsonl.gz] --out verdicts.md

Rows of EvalPlus suites have no test text of their own: they are judged by the base tests (MBPP+'s `assertion`,
HumanEval's own check) and compared with the base verdict. EvalPlus's further inputs are not run.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

from leti.types import Ending, Problem, Solution, Verdict
from leti.verify import Limits, PythonVerifier, tests_from_text

FILES = ("programs_with_verdicts.jsonl.gz", "programs_without_verdicts.jsonl.gz")


def _rows(path: Path) -> list[dict[str, Any]]:
    with gzip.open(path, "rt") as file:
        return [json.loads(line) for line in file]


def _tails(data: Path, mbpp_plus: Path | None) -> dict[tuple[str, str], str]:
    """Test text by suite and task."""
    tails = {(row["suite"], row["task_id"]): row["tail"] for row in _rows(data / "suites.jsonl.gz")}
    tails |= {("humaneval_evalplus", task): tail for (suite, task), tail in tails.items() if suite == "humaneval"}
    if mbpp_plus:
        needs = {"Mbpp/120": "import math\n"}  # its assertion does not import what it uses
        tails |= {
            ("mbpp_evalplus", row["task_id"]): needs.get(row["task_id"], "") + row["assertion"]
            for row in _rows(mbpp_plus)
        }
    return tails


def _pair(row: dict[str, Any], tail: str) -> tuple[Problem, Solution]:
    key, program = f"lm/{row['id']}", row["program"]
    problem = Problem(id=key, prompt="", check=tests_from_text(tail), source="lm")
    return problem, Solution(problem=key, sample=0, completion="", tokens=(), program=program, ending=Ending.TOKEN)


def _difference(row: dict[str, Any], verdict: Verdict) -> str | None:
    """Say in what a verdict differs, or None."""
    if verdict.passed != (row["outcome"] == "pass"):
        return "outcome"
    if row["recorded"] is not None and verdict.passed != row["recorded"]:
        return "recorded"
    if (row["outcome"] == "timeout") != (verdict.outcome == "timed-out"):
        return "kind of failure"
    error = verdict.error.name if verdict.error else None
    if row["suite"].endswith("_evalplus"):
        return None  # compared by output there: how a failure shows is not the same
    if row["exc"] and verdict.outcome != "timed-out" and error != row["exc"]:
        return "exception"
    return None


def _line(row: dict[str, Any], verdict: Verdict, what: str) -> str:
    error = f"{verdict.error.type}: {verdict.error.message[:80]}" if verdict.error else ""
    cells = [what, row["id"], row["suite"], row["task_id"], row["recorded"], row["outcome"], row["exc"],
             str(row["msg"] or "")[:60], verdict.outcome, error, f"{row['t']:.2f} / {verdict.seconds:.2f}",
             str(row["note"] or "")[:90]]  # fmt: skip
    return "| " + " | ".join(str(cell).replace("|", "\\|").replace("\n", " ") for cell in cells) + " |"


def main() -> None:
    """Judge all rows that have test text; print and write the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--mbpp-plus", type=Path)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--timeout", type=float, default=6.0)
    parser.add_argument("--fast", action="store_true", help="let benign programs share a process")
    options = parser.parse_args()
    tails = _tails(options.data, options.mbpp_plus)
    rows = [row for name in FILES for row in _rows(options.data / name)]
    judged = [row for row in rows if tails.get((row["suite"], row["task_id"]))]
    pairs = (_pair(row, tails[row["suite"], row["task_id"]]) for row in judged)
    began = time.monotonic()
    limits = Limits(timeout=options.timeout)
    with PythonVerifier(workers=options.workers, limits=limits, fast=options.fast) as verifier:
        verdicts = list(verifier.verify(pairs))
    seconds = time.monotonic() - began
    found = [(row, verdict, _difference(row, verdict)) for row, verdict in zip(judged, verdicts, strict=True)]
    kinds = Counter(what for *_, what in found if what)
    recorded = [(row, verdict) for row, verdict in zip(judged, verdicts, strict=True) if row["recorded"] is not None]
    agree = sum(verdict.passed == row["recorded"] for row, verdict in recorded)
    missing = sum(bool(verdict.error and verdict.error.type == "ModuleNotFoundError") for verdict in verdicts)
    speed = f"{len(judged) / seconds:.0f}/s, load {os.getloadavg()[0]:.1f}"
    skipped = f"{len(rows) - len(judged)} rows of suites without test text not run"
    numbers = f"{agree} of {len(recorded)} agree. Differences by kind: {dict(kinds)}"
    head = [
        f"{len(judged)} programs judged in {seconds:.0f} s ({speed}); {skipped}.",
        f"Recorded verdicts: {numbers}. Programs that need a package that is not there: {missing}.",
        "",
        "| differs in | id | suite | task | recorded | outcome | exc | msg | ours | error | s theirs / ours | note |",
        "|" + "---|" * 12,
    ]
    text = "\n".join([*head, *(_line(row, verdict, what) for row, verdict, what in found if what)]) + "\n"
    sys.stdout.write(text)
    if options.out:
        options.out.write_text(text)


if __name__ == "__main__":
    main()
