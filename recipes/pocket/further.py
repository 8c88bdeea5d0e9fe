"""The built-in problems with more to train on: `python recipes/pocket/further.py --out runs/pocket-further`.

Validation and test are the shipped ones. The compositions of what is added are those that neither the corpus nor a
shipped problem uses; of one operation there are no more.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from make import HOUSE, SEED, write_rows
from problems import benchmark, deal

from leti.problems import TEST, TRAIN, VALIDATION
from leti.problems.mbpp import prompt

MANY = 1200
SHARES = {2: 0.5, 3: 0.5}
FILE = "pocket.jsonl"
"""Problems are named after their file: the shipped ones keep their names."""


def with_further(shipped: Path, count: int) -> list[dict[str, object]]:
    """Return rows that `leti` reads (`problems.name = "jsonl"`): the shipped problems, then those that are added.

    Args:
        shipped: the problems that there are.
        count: how many are added.
    """
    known = [json.loads(line) for line in shipped.read_text("utf-8").splitlines()]
    compositions, texts = ({row.get(name) for row in known} for name in ("composition", "text"))
    rest = [each for each in deal(SEED)[1] if each.key not in compositions]
    added = [row for row in benchmark(rest, {TRAIN: count}, SEED + 7, shares=SHARES) if row["text"] not in texts]
    named = [row | {"id": f"further-{number:04d}"} for number, row in enumerate(added, start=1)]
    return [_row(row) for row in (*known, *named) if row["split"] in (TRAIN, VALIDATION, TEST)]


def _row(made: dict[str, object]) -> dict[str, object]:
    tests = made["tests"]
    assert isinstance(tests, list)
    return {
        "id": str(made["id"]).removeprefix("pocket/"),
        "split": made["split"],
        "prompt": prompt(str(made["text"]), tests[0]),
        "tests": tests,
        "reference": f"\n{made['reference']}",
    }


def main() -> None:
    """Read the switches and make them."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True, help=f"the folder to write {FILE} in")
    parser.add_argument("--count", type=int, default=MANY, help=f"how many are added ({MANY})")
    options = parser.parse_args()
    rows = with_further(HOUSE / "problems.jsonl", options.count)
    options.out.mkdir(parents=True, exist_ok=True)
    write_rows(options.out / FILE, rows)
    print(f"{len(rows)} problems", flush=True)


if __name__ == "__main__":
    main()
