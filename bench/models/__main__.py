r"""How fast models are sampled and trained: ours beside its peers, all in one run, round by round.

    pip install trl
    python bench/models sampling
    python bench/models training
    python bench/models iteration
    python bench/models startup

`sampling` against Hugging Face's `generate` and `generate_batch`, and against the machine's matrix products; `training`
against TRL's SFTTrainer; `iteration` against TRL's GRPOTrainer, which runs the programs that it rewards **without any
isolation**. Where TRL is not installed the others are measured without it.
"""

from __future__ import annotations

import argparse
import importlib
import os
import sys
import tempfile
from pathlib import Path

from contest import Contest
from machine import Device, Start, header
from models import LLAMA, POCKET
from settings import Settings

WHAT = {"sampling": (POCKET, LLAMA), "training": (POCKET, LLAMA), "iteration": (POCKET,), "startup": (POCKET,)}
"""The benchmarks, each a module, and the models they take if none is named."""


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python bench/models", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("what", choices=WHAT)
    parser.add_argument(
        "--models",
        type=lambda text: tuple(text.split(",")),
        help="comma-separated: pocket, llama, or folders of weights",
    )
    parser.add_argument(
        "--samples",
        type=lambda text: tuple(int(each) for each in text.split(",")),
        default=(1, 16, 128),
        help="comma-separated: completions per problem, of `sampling` (default: 1,16,128)",
    )
    parser.add_argument("--texts", type=int, default=16, help="per optimiser step, of `training` (default %(default)s)")
    parser.add_argument("--device", default="cpu", help="cpu, cuda, cuda:1, ... (default %(default)s)")
    parser.add_argument(
        "--precision",
        choices=("float32", "bfloat16"),
        default="float32",
        help="of all arithmetic (default %(default)s)",
    )
    parser.add_argument("--threads", type=int, help="of each contender; as many as torch takes if left out")
    parser.add_argument("--rounds", type=int, default=5, help="(default %(default)s)")
    parser.add_argument(
        "--limit", type=float, default=3600.0, help="seconds a turn may take, and a start (default %(default)s)"
    )
    parser.add_argument("--quick", action="store_true", help="one small round, to see that everything works")
    parser.add_argument("--out", type=Path, help="Markdown file")
    options = parser.parse_args()
    threads = 1 if options.threads is None else options.threads
    if min(options.rounds, options.texts, threads) < 1 or options.limit <= 0:
        parser.error("--rounds, --texts, --limit and --threads must be above 0")
    return options


def main() -> None:
    """Measure and report."""
    options = _options()
    os.environ["TOKENIZERS_PARALLELISM"] = "false"
    if options.threads:
        os.environ["OMP_NUM_THREADS"] = str(options.threads)
    settings = Settings(
        models=options.models or WHAT[options.what],
        device=Device(name=options.device, precision=options.precision),
        rounds=1 if options.quick else options.rounds,
        samples=(16,) if options.quick else options.samples,
        texts=2 if options.quick else options.texts,
        quick=options.quick,
    )
    began = Start.now()
    with tempfile.TemporaryDirectory(prefix="leti-bench-") as folder, Contest(limit=options.limit) as contest:
        tables = importlib.import_module(options.what).measure(settings, contest, Path(folder))
        about = [f"- {name}: {words}" for name, words in contest.about.items()]
        missing = [f"- {name}: not measured: {why}" for name, why in contest.missing.items()]
    lines = [*header(began, settings.device, rounds=settings.rounds), "", *about, *missing, "", *tables]
    text = "\n".join(lines).rstrip() + "\n"
    sys.stdout.write(text)
    if options.out:
        options.out.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
