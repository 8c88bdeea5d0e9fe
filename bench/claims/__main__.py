"""The paper's claims on the built-in model: runs what is missing, then writes the page.

python bench/claims                     every experiment, five seeds: hours; goes on where it was stopped
python bench/claims --claims 1 3        some of them
python bench/claims --quick             a look in minutes: two seeds, few problems; printed, not kept
python bench/claims --page              only docs/results.md, from the results that are there
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from arms import EARLY, FURTHER, HERE, SECOND, arms, claims
from owing import owed
from page import read, write_page
from tables import TABLES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from arms import Arm

SEEDS = range(5)
QUICK_SEEDS = range(2)
QUICK_ARMS = ("text", "binary", "rejection")
DOCS = HERE.parents[1] / "docs"


def play_all(pairs: Sequence[tuple[str, int]], *, jobs: int, options: Sequence[str]) -> None:
    """Runs pairs side by side, each on one core, its words in a log beside its run.

    Raises:
        SystemExit: one of them failed; the others are finished first.
    """

    def one(pair: tuple[str, int]) -> int:
        arm, seed = pair
        log = Path("runs", "claims-logs", f"{arm}-{seed}.log")
        log.parent.mkdir(parents=True, exist_ok=True)
        command = [sys.executable, str(HERE / "play.py"), arm, "--seed", str(seed), *options]
        with log.open("w", encoding="utf-8") as words:
            code = subprocess.run(command, env=_environment(), stderr=words, stdout=words, check=False).returncode
        print(f"{arm} seed {seed}: " + ("done" if code == 0 else f"FAILED, exit {code}; see {log}"), flush=True)
        return code

    with ThreadPoolExecutor(jobs) as pool:
        codes = list(pool.map(one, pairs))
    if any(codes):
        raise SystemExit(1)


def refuse_missing(chosen: Sequence[Arm], second: Path) -> None:
    """Says how what some arms need is made.

    Raises:
        SystemExit: it is not there.
    """
    asked = [value for arm in chosen for value in arm.set.values()]
    for path, command in (
        (second, "make.py --second --out runs/pocket-second"),
        (EARLY, "make.py --reads 16000 --out runs/pocket-early"),
        (FURTHER, "further.py --out runs/pocket-further"),
    ):
        if str(path) in asked and not path.exists():
            raise SystemExit(f"{path} is not there. Type: python recipes/pocket/{command}")


def look(known: dict[str, Arm], *, jobs: int) -> None:
    """A quick look at the first three claims, printed."""
    results = Path("runs", "claims-quick", "results")
    play_all(owed(QUICK_ARMS, known, results, QUICK_SEEDS), jobs=jobs, options=["--quick"])
    found = read(results)
    for claim in claims()[:3]:
        arms_there = [name for name in claim.arms if name in found]
        print(f"\n{claim.name[0]}. {claim.title}\n")
        for table in TABLES[claim.name](found, replace(claim, arms=arms_there), known):
            print(table.markdown())


def _environment() -> dict[str, str]:
    return {**os.environ, "OMP_NUM_THREADS": "1", "TOKENIZERS_PARALLELISM": "false"}


def _options() -> Any:
    parser = argparse.ArgumentParser(
        prog="python bench/claims", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--claims", nargs="*", default=[], help="by number, such as 1 3")
    parser.add_argument("--seeds", type=int, default=len(SEEDS))
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--second", type=Path, default=SECOND)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--page", action="store_true")
    return parser.parse_args()


def main() -> None:
    """Read the switches, run what is owed, write the page."""
    options = _options()
    chosen = [claim for claim in claims() if not options.claims or claim.name.split("-")[0] in options.claims]
    known = arms(options.second, quick=options.quick)
    if options.quick:
        look(known, jobs=options.jobs)
        return
    if not options.page:
        names = list(dict.fromkeys(name for claim in chosen for name in claim.arms))
        refuse_missing([known[name] for name in names], options.second)
        pairs = owed(names, known, HERE / "results", range(options.seeds))
        play_all(pairs, jobs=options.jobs, options=["--second", str(options.second)])
    write_page(DOCS, claims())


if __name__ == "__main__":
    main()
