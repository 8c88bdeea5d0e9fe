"""Judge a hundred thousand programs in one go, references, model-written ones and attacks interleaved.

Each program is judged once first; then all are judged again and again in one call, in a shuffled order, each copy with
a comment of its own so that none is remembered. The verdicts must be the same, and the memory of this process must not
grow.

Usage: python bench/endurance.py --mbpp mbpp.jsonl --lm-programs DIRECTORY --attacks attacks.jsonl.gz
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import random
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from leti.types import Ending, Problem, Solution, Verdict
from leti.verify import Limits, PythonVerifier, tests_from_text

KINDS = {"fake_pass", "escape", "crash", "odd", "control"}  # attacks that end by themselves
Row = tuple[str, str]
"""A program and its tests."""


def _rows(path: Path) -> list[dict[str, Any]]:
    data = path.read_bytes()
    text = (gzip.decompress(data) if path.suffix == ".gz" else data).decode()
    return [json.loads(line) for line in text.split("\n") if line]


def _collected(options: argparse.Namespace) -> list[Row]:
    references = [(row["code"], "\n".join(row["test_list"])) for row in _rows(options.mbpp) if row["task_id"] != 123]
    tails = {(row["suite"], row["task_id"]): row["tail"] for row in _rows(options.lm_programs / "suites.jsonl.gz")}
    written = [
        (row["program"], tails[row["suite"], row["task_id"]])
        for row in _rows(options.lm_programs / "programs_with_verdicts.jsonl.gz")
        if tails.get((row["suite"], row["task_id"])) and row["outcome"] != "timeout" and row["t"] < options.timeout / 5
    ]
    attacks = [(row["program"], row["tests"]) for row in _rows(options.attacks) if row["kind"] in KINDS]
    chosen = random.Random(options.seed)
    return chosen.sample(references, 400) + chosen.sample(written, 1000) + attacks


def _pair(row: Row, comment: str) -> tuple[Problem, Solution]:
    problem = Problem(id="endurance/1", prompt="", check=tests_from_text(row[1]), source="endurance")
    program = f"{row[0]}\n# {comment}"
    return problem, Solution(
        problem=problem.id, sample=0, completion="", tokens=(), program=program, ending=Ending.TOKEN
    )


def _short(verdict: Verdict) -> tuple[object, ...]:
    return verdict.outcome, tuple(test.status for test in verdict.tests), verdict.error and verdict.error.type


def _memory() -> float:
    """MiB that this process holds."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGESIZE") / (1 << 20)


def main() -> None:
    """Judge, compare, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("mbpp", "lm-programs", "attacks"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    parser.add_argument("--programs", type=int, default=100_000)
    parser.add_argument("--timeout", type=float, default=2.0)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--fast", action="store_true")
    options = parser.parse_args()
    rows = _collected(options)
    limits = Limits(timeout=options.timeout)
    with PythonVerifier(workers=2, limits=limits) as verifier:
        alone = [_short(verdict) for verdict in verifier.verify(_pair(row, "alone") for row in rows)]
    order = random.Random(options.seed)
    numbers = [order.randrange(len(rows)) for _ in range(options.programs)]

    def pairs() -> Iterator[tuple[Problem, Solution]]:
        for count, number in enumerate(numbers):
            yield _pair(rows[number], str(count))

    different: Counter[int] = Counter()
    memory: list[float] = []
    began = time.monotonic()
    with PythonVerifier(workers=2, limits=limits, fast=options.fast) as verifier:
        for count, verdict in enumerate(verifier.verify(pairs())):
            different[numbers[count]] += _short(verdict) != alone[numbers[count]]
            if count % (options.programs // 10) == options.programs // 20:
                memory.append(_memory())
    seconds = time.monotonic() - began
    wrong = +different
    outcomes = Counter(str(one[0]) for one in (alone[number] for number in numbers))
    sys.stdout.write(
        f"{options.programs} runs of {len(rows)} programs in {seconds:.0f} s ({options.programs / seconds:.0f}/s, "
        f"two workers, {'shared' if options.fast else 'strict'}); outcomes {dict(outcomes)}\n"
        f"other verdicts than alone: {sum(wrong.values())} of {len(wrong)} programs\n"
        f"memory of the caller, MiB, at tenths of the way: {', '.join(f'{one:.0f}' for one in memory)}\n"
    )
    for number, count in wrong.most_common(10):
        sys.stdout.write(f"  {count} times, alone {alone[number]}: {rows[number][0][:80]!r}\n")


if __name__ == "__main__":
    main()
