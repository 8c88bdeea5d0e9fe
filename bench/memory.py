"""What training takes: peak memory of a fit and CPU time of its steps, each way in a process of its own.

The model is a Llama of 58 million random weights; the text is that of the built-in problems, two sequences of 256
tokens to a step. Linux only: it asks /proc what a process has had at most.

Usage: python bench/memory.py [--steps 2] [--micro-tokens 2048]
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from typing import Any

MODEL = files("leti") / "pocket" / "model"
CORPUS = files("leti") / "pocket" / "corpus.jsonl"
TOKENS = 256
"""Of one sequence."""
BATCH = 2
GIVEN_BACK = {"MALLOC_MMAP_THRESHOLD_": "65536"}
"""What is freed goes back to the system at once: the figures are what is in use, not what glibc keeps."""
WAYS: Mapping[str, Mapping[str, Any]] = {
    "all weights, float32": {},
    "all weights, recompute": {"recompute": True},
    "LoRA, float32": {"lora": True},
    "LoRA, recompute": {"lora": True, "recompute": True},
    "LoRA, bfloat16 over float32 weights": {"lora": True, "precision": "bfloat16", "base": "float32"},
    "LoRA, bfloat16": {"lora": True, "precision": "bfloat16"},
}
"""By its name in the table: what differs from the defaults; `base` is the type of frozen weights, if forced."""


def make(folder: Path) -> None:
    """Writes the model to train."""
    import torch
    from transformers import AutoTokenizer, LlamaConfig, LlamaForCausalLM

    torch.manual_seed(0)
    sizes = {"hidden_size": 512, "intermediate_size": 1376, "num_hidden_layers": 8, "num_attention_heads": 8}
    LlamaForCausalLM(LlamaConfig(vocab_size=32_000, max_position_embeddings=2048, **sizes)).save_pretrained(folder)
    AutoTokenizer.from_pretrained(str(MODEL)).save_pretrained(folder)


def _memory() -> int:
    """MiB that this process has had at most; `getrusage` would count what its parent had when it was begun."""
    lines = Path("/proc/self/status").read_text("utf-8").splitlines()
    return next(int(line.split()[1]) >> 10 for line in lines if line.startswith("VmHWM:"))


def measure(way: Mapping[str, Any], folder: Path, *, steps: int, micro_tokens: int) -> dict[str, float]:
    """Fits once, in this process; what the imports alone took is taken off."""
    import torch
    from transformers import AutoTokenizer

    from leti.training import LayerSettings, LoraSettings, TrainerSettings, TrainingPlace, lora, make_trainer
    from leti.types import Example, Role, Segment
    from leti.vocabulary import GOOD

    warnings.simplefilter("ignore")
    torch.set_num_threads(1)
    tokenizer = AutoTokenizer.from_pretrained(str(MODEL))
    text = "".join(json.loads(line)["content"] for line in CORPUS.read_text("utf-8").splitlines()[:400])
    ids = tokenizer(text).input_ids
    pieces = [tokenizer.decode(ids[start : start + TOKENS]) for start in range(0, BATCH * TOKENS, TOKENS)]
    examples = [
        Example(
            problem="p",
            sample=number,
            segments=(Segment(text=GOOD, role=Role.REWARD), Segment(text=piece, role=Role.PROGRAM)),
        )
        for number, piece in enumerate(pieces)
    ]
    how = {name: value for name, value in way.items() if name not in {"lora", "base", "recompute"}}
    if "base" in way:
        lora._frozen = lambda *_: {"dtype": getattr(torch, way["base"])}  # noqa: SLF001 - to see what it is worth
    settings = TrainerSettings(
        epochs=steps,
        batch=BATCH,
        micro_tokens=micro_tokens,
        pretrain=None,
        device="cpu",
        layers=LayerSettings(recompute="recompute" in way),
        lora=LoraSettings() if "lora" in way else None,
        **how,
    )
    before, weights = _memory(), folder / "weights"
    place = TrainingPlace(start=str(folder / "model"), weights=weights, checkpoint=folder / "checkpoint", key="key")
    marks = [time.process_time() for _ in make_trainer(settings).fit(examples, place)]
    seconds = min(end - start for start, end in itertools.pairwise(marks))
    disk = sum(file.stat().st_size for file in weights.iterdir() if file.is_file()) / 2**20
    return {"memory": _memory() - before, "seconds": seconds, "disk": disk}


def main() -> None:
    """Prints a table; the time is that of the fastest step, on one thread."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--steps", type=int, default=2)
    parser.add_argument("--micro-tokens", type=int, default=2048)
    parser.add_argument("--way", help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.way:
        found = measure(WAYS[options.way], options.folder, steps=options.steps, micro_tokens=options.micro_tokens)
        print(json.dumps(found))
        return
    print("| way | MiB | CPU seconds per step | MiB on disk |\n|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        make(Path(folder) / "model")
        for number, way in enumerate(WAYS):
            place = Path(folder) / str(number)
            place.mkdir()
            (place / "model").symlink_to(Path(folder) / "model")
            command = [sys.executable, __file__, *sys.argv[1:], "--way", way, "--folder", str(place)]
            ended = subprocess.run(command, capture_output=True, text=True, check=True, env=os.environ | GIVEN_BACK)
            row = json.loads(ended.stdout.splitlines()[-1])
            print(f"| {way} | {row['memory']:,.0f} | {row['seconds']:.1f} | {row['disk']:.1f} |", flush=True)


if __name__ == "__main__":
    main()
