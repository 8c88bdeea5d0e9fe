"""The command line as a user types it, and a run's files."""

import os
import signal
import subprocess
import sys
import time
from hashlib import sha256
from pathlib import Path


def leti(*words: str, timeout: float = 280) -> subprocess.CompletedProcess[str]:
    """One command, to its end."""
    return subprocess.run(
        [sys.executable, "-m", "leti", *words],
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
        env=os.environ | {"HF_HUB_OFFLINE": "1"},  # a model that is not there is then missed at once
    )


def contents(run: Path) -> dict[str, str]:
    """A digest of every file of a run but its clock: a difference of megabytes would take hours to print."""
    return {
        str(file.relative_to(run)): sha256(file.read_bytes()).hexdigest()
        for file in sorted(run.rglob("*"))
        if file.is_file() and file.name != "clock.jsonl"
    }


def learn_until(config: Path, run: Path, file: Path, size: int = 1) -> bool:
    """Learns until a file has so many bytes, then kills with SIGKILL. False: it had them already, or the run ended."""
    if file.exists() and file.stat().st_size >= size:
        return False
    words = [sys.executable, "-m", "leti", "learn", str(config), "--run", str(run)]
    with subprocess.Popen(words, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL) as process:
        end = time.monotonic() + 100
        there = False
        while not there and process.poll() is None and time.monotonic() < end:
            time.sleep(0.002)
            there = file.exists() and file.stat().st_size >= size
        ran = process.poll() is None
        if ran:
            os.kill(process.pid, signal.SIGKILL)
    assert there or not ran, f"{file} never came to {size} bytes"
    return there and ran


PROBLEMS = [
    {"id": f"add{n}", "prompt": f'"""\nAdd {n}.\nassert f(1) == {n + 1}\n"""', "tests": [f"assert f(1) == {n + 1}"],
     "reference": f"def f(x):\n    return x + {n}\n", "split": split}
    for split, numbers in (("train", range(4)), ("validation", range(4, 6)), ("test", range(6, 8)))
    for n in numbers
]  # fmt: skip

CONFIG = """
iterations = 2
[problems]
name = "jsonl"
path = "{problems}"
[model]
path = "{model}"
device = "cpu"
[sampling]
samples = 4
max_new_tokens = 12
batch_rows = 8
[verify]
workers = 1
[pretrain]
ratio = 0.5
block_tokens = 32
[training]
epochs = 2
batch = 4
max_tokens = 512
learning_rate = 1e-3
checkpoint_steps = 1
[score]
samples = 2
ks = [1]
"""
