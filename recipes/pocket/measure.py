"""Measure the base: pass@1, pass@10 and how programs end. `python recipes/pocket/measure.py validation`."""

from __future__ import annotations

import argparse
import json
import math
import re
import statistics
import subprocess
import sys
import time
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

import torch
from make import HOUSE
from transformers import AutoModelForCausalLM, AutoTokenizer

ROWS = 250


def prompt_of(problem: dict[str, Any]) -> str:
    """Return the paper's prompt: instruction and first assert between triple quotes, no newline after them."""
    return f'"""\n{problem["text"]}\n{problem["tests"][0]}\n"""'


@torch.no_grad()
def sample(folder: Path, prompts: list[str], count: int, seed: int) -> tuple[list[list[str]], list[int]]:
    """Return `count` completions of each prompt at temperature 1, and all their lengths in tokens."""
    torch.manual_seed(seed)
    tokenizer = AutoTokenizer.from_pretrained(folder, padding_side="left")
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()
    end = tokenizer.eos_token_id
    order = sorted(range(len(prompts)), key=lambda i: len(tokenizer(prompts[i]).input_ids))
    rows = [i for i in order for _ in range(count)]
    found: dict[int, list[str]] = defaultdict(list)
    lengths = []
    for start in range(0, len(rows), ROWS):
        chunk = rows[start : start + ROWS]
        inputs = tokenizer([prompts[i] for i in chunk], return_tensors="pt", padding=True)
        width = inputs.input_ids.shape[1]
        out = model.generate(
            input_ids=inputs.input_ids, attention_mask=inputs.attention_mask,
            do_sample=True, temperature=1.0, top_k=0, top_p=1.0, max_new_tokens=192,
        )[:, width:]  # fmt: skip
        for i, ids in zip(chunk, out.tolist(), strict=True):
            ids = ids[: ids.index(end)] if end in ids else ids  # noqa: PLW2901 - the part before the end
            lengths.append(len(ids) + 1)
            found[i].append(tokenizer.decode(ids))
    return [found[i] for i in range(len(prompts))], lengths


def judge(texts: list[str]) -> list[str]:
    """Return how each text ended, from a child process that holds no torch."""
    answer = subprocess.run(
        [sys.executable, "-I", str(Path(__file__).with_name("judge.py"))],
        input="".join(json.dumps(text) + "\n" for text in texts),
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    return [json.loads(line) for line in answer.stdout.splitlines()]


def pass_at(k: int, n: int, passed: int) -> float:
    """Return the unbiased estimate of pass@k from `passed` of `n` samples."""
    return 1.0 - math.comb(n - passed, k) / math.comb(n, k)


def with_error(values: list[float]) -> str:
    """Return mean and standard error over problems, in percent."""
    return f"{100 * statistics.fmean(values):.1f} +- {100 * statistics.stdev(values) / len(values) ** 0.5:.1f}"


def report(problems: list[dict[str, Any]], completions: list[list[str]], ends: list[list[str]]) -> None:
    """Print the figures."""
    count = len(ends[0])
    for level in (None, 1, 2, 3):
        chosen = [e for p, e in zip(problems, ends, strict=True) if level in (None, p["operations"])]
        if len(chosen) > 1:
            passed = [e.count("passed") for e in chosen]
            line = "  ".join(f"pass@{k} {with_error([pass_at(k, count, c) for c in passed])}" for k in (1, 10))
            print(f"operations {level or 'all'} ({len(chosen)} problems): {line}")
    mix = Counter(end.split(":")[0] for row in ends for end in row)
    print(", ".join(f"{kind} {100 * n / mix.total():.1f} %" for kind, n in mix.most_common()))
    wrong_names = copied_wrong = 0
    for problem, written, row in zip(problems, completions, ends, strict=True):
        name = re.findall(r"assert (\w+)\(", prompt_of(problem))[0]
        copied_wrong += sum(f"def {name}(" not in text for text in written)
        wrong_names += sum(end.startswith(f"NameError: name '{name}'") for end in row)
    print(f"mis-copied names: {100 * wrong_names / max(1, mix['NameError']):.0f} % of NameErrors,", end=" ")
    print(f"{100 * copied_wrong / mix.total():.1f} % of all programs")


def main() -> None:
    """Read the switches, sample, run, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("split", choices=("train", "validation", "test"))
    parser.add_argument("--dir", type=Path, default=HOUSE)
    parser.add_argument("--samples", type=int, default=20)
    parser.add_argument("--show", type=int, default=0, help="print this many programs")
    options = parser.parse_args()
    torch.set_num_threads(1)
    began = time.monotonic()
    rows = [json.loads(line) for line in (options.dir / "problems.jsonl").read_text(encoding="utf-8").splitlines()]
    problems = [row for row in rows if row["split"] == options.split]
    prompts = [prompt_of(row) for row in problems]
    completions, lengths = sample(options.dir / "model", prompts, options.samples, seed=0)
    print(f"sampled in {time.monotonic() - began:.0f} s")
    print(f"tokens of a completion: mean {statistics.fmean(lengths):.0f}, largest {max(lengths)}")
    texts = [
        prompt + completion + "\n" + "\n".join(row["tests"])
        for row, prompt, written in zip(problems, prompts, completions, strict=True)
        for completion in written
    ]
    flat = judge(texts)
    ends = [flat[i : i + options.samples] for i in range(0, len(flat), options.samples)]
    report(problems, completions, ends)
    for text, end in list(zip(texts, flat, strict=True))[:: max(1, len(texts) // max(1, options.show))][: options.show]:
        print(f"----- {end}\n{text}")


if __name__ == "__main__":
    main()
