"""Make the built-in model and problems: `python recipes/pocket/make.py` writes everything that `leti.pocket` ships."""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path
from random import Random

from corpus import END, documents
from problems import benchmark, deal, plain_problems
from tokenizer import check_tokenizer, train_tokenizer
from train import FIRST, SECOND, Scale, Sequence, new_model, settle, train

SEED = 2305_10314
SIZES = {"train": 400, "validation": 100, "test": 300}
PLAIN = 100
DOCUMENTS = 40_000
SHIPPED_DOCUMENTS = 3_000
QUICK_SIZES = {"train": 40, "validation": 10, "test": 30}
QUICK_DOCUMENTS = 2_000
TOKENIZER_SAMPLE = 4_000
HOUSE = Path(__file__).resolve().parents[2] / "src" / "leti" / "pocket"


def write_rows(path: Path, rows: list[dict[str, object]]) -> None:
    """Write one JSON row per line."""
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")


def _name_the_class_for_all(path: Path) -> None:
    """Name the tokenizer's class as both transformers 4 and 5 know it; 5 alone knows the name that it writes."""
    config = json.loads(path.read_text(encoding="utf-8"))
    config["tokenizer_class"] = "PreTrainedTokenizerFast"
    path.write_text(json.dumps(config, indent=2) + "\n", encoding="utf-8")


def make(out: Path, scale: Scale, *, quick: bool, reads: int | None = None) -> None:
    """Write `problems.jsonl` and `model/` into `out`; the same seed gives the same bytes (README.md says where).

    Args:
        out: the folder.
        scale: of the model.
        quick: few of everything.
        reads: of the documents, so many are read by the model; None: all.
    """
    settle()
    began = time.monotonic()
    out.mkdir(parents=True, exist_ok=True)
    pool, kept_back = deal(SEED)
    rows = benchmark(kept_back, QUICK_SIZES if quick else SIZES, SEED + 1)
    rows += plain_problems(PLAIN, SEED + 6)
    write_rows(out / "problems.jsonl", rows)
    print(f"{len(rows)} problems, {time.monotonic() - began:.0f} s", flush=True)

    read = documents(pool, QUICK_DOCUMENTS if quick else DOCUMENTS, SEED + 2)
    print(f"{len(read)} documents, {time.monotonic() - began:.0f} s", flush=True)

    # Continued pre-training against forgetting reads what the base has read.
    write_rows(out / "corpus.jsonl", [{"content": document.text} for document in read[:SHIPPED_DOCUMENTS]])

    tokenizer = train_tokenizer([document.text for document in read[:TOKENIZER_SAMPLE]], Random(SEED + 3))
    check_tokenizer(tokenizer)
    tokenizer.save_pretrained(out / "model")
    _name_the_class_for_all(out / "model" / "tokenizer_config.json")
    contexts = tokenizer([document.context for document in read]).input_ids
    programs = tokenizer([document.program + END for document in read]).input_ids
    sequences = [Sequence(c + p, len(c)) for c, p in zip(contexts, programs, strict=True)]
    print(f"{sum(len(each.ids) for each in sequences)} tokens, {time.monotonic() - began:.0f} s", flush=True)

    model = new_model(scale, len(tokenizer), int(tokenizer.eos_token_id), SEED + 4)
    train(model, sequences[:reads], seed=SEED + 5)
    model.save_pretrained(out / "model")
    size = sum(path.stat().st_size for path in out.rglob("*") if path.is_file())
    print(f"{model.num_parameters()} parameters, {size} bytes, {time.monotonic() - began:.0f} s", flush=True)


def main() -> None:
    """Read the two switches and make everything."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=HOUSE, help="where to write (default: src/leti/pocket)")
    parser.add_argument("--quick", action="store_true", help="a smoke run of a minute or two; the model is useless")
    parser.add_argument("--second", action="store_true", help="the second scale, five times larger; needs --out")
    parser.add_argument("--reads", type=int, help=f"documents that the model reads, of {DOCUMENTS}; needs --out")
    options = parser.parse_args()
    if options.second and options.out == HOUSE:
        parser.error("the second scale is not shipped: type --out runs/pocket-second")
    if options.reads is not None and options.out == HOUSE:
        parser.error("a model that has read less is not shipped: type --out runs/pocket-early")
    make(options.out, SECOND if options.second else FIRST, quick=options.quick, reads=options.reads)


if __name__ == "__main__":
    main()
