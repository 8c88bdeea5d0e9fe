"""A tiny model and tiny problems, learned once for all tests of this folder (once per worker)."""

import json
from pathlib import Path

import pytest
from command_line import leti

from tiny_models import tiny_llama

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


@pytest.fixture(scope="session")
def config(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("pulse")
    tiny_llama(folder / "model")
    (folder / "problems.jsonl").write_text("".join(json.dumps(row) + "\n" for row in PROBLEMS))
    path = folder / "tiny.toml"
    path.write_text(CONFIG.format(problems=folder / "problems.jsonl", model=folder / "model"))
    return path


@pytest.fixture(scope="session")
def finished(config: Path) -> Path:
    run = config.parent / "finished"
    done = leti("learn", str(config), "--run", str(run))
    assert done.returncode == 0, done.stderr
    return run
