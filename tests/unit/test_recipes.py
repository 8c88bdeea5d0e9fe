"""The recipes beside the package: what they make is what the package and its benchmarks read."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from leti.problems import TEST, TRAIN, VALIDATION, load_problems

RECIPE = Path(__file__).resolve().parents[2] / "recipes" / "pocket"


def test_further_problems_come_behind_the_shipped_ones_and_are_none_of_them(tmp_path: Path) -> None:
    words = [sys.executable, str(RECIPE / "further.py"), "--out", str(tmp_path), "--count", "20"]
    subprocess.run(words, check=True, capture_output=True, timeout=250)
    shipped, found = load_problems("pocket"), load_problems("jsonl", str(tmp_path / "pocket.jsonl"))
    for split in (VALIDATION, TEST):
        assert found.split(split) == shipped.split(split)
    many = len(shipped.split(TRAIN))
    assert found.split(TRAIN, many) == shipped.split(TRAIN)
    added = found.split(TRAIN)[many:]
    assert len(added) == 20
    known = {problem.prompt for problems in shipped.splits.values() for problem in problems}
    assert not known & {problem.prompt for problem in added}
    assert all(problem.reference and problem.reference.startswith(problem.prompt) for problem in added)


@pytest.mark.parametrize("switch", [("--second",), ("--reads", "16000")])
def test_no_other_model_is_written_over_the_shipped_one(switch: tuple[str, ...]) -> None:
    pytest.importorskip("torch", reason="the recipe trains a model")
    words = [sys.executable, str(RECIPE / "make.py"), *switch]
    done = subprocess.run(words, check=False, capture_output=True, text=True, timeout=250)
    assert done.returncode == 2
    assert "--out runs/pocket-" in done.stderr


LEARNS = """
from hashlib import sha256
from random import Random
from train import Scale, Sequence, new_model, settle, train
settle()
rng = Random(1)
read = [Sequence([rng.randrange(64) for _ in range(rng.randrange(8, 40))], 4) for _ in range(400)]
model = new_model(Scale(layers=1, width=32, inner=64, heads=2, key_heads=1), 64, 0, 1)
train(model, read, seed=2)
print(sha256(b"".join(p.detach().numpy().tobytes() for p in model.parameters())).hexdigest())
"""


def test_the_weights_do_not_hang_on_the_widest_vectors_of_the_machine() -> None:
    pytest.importorskip("torch", reason="the recipe trains a model")

    def weights(vectors: str) -> str:
        done = subprocess.run(
            [sys.executable, "-c", LEARNS],
            cwd=RECIPE,
            env={**os.environ, "ATEN_CPU_CAPABILITY": vectors},
            check=True,
            capture_output=True,
            text=True,
            timeout=250,
        )
        return done.stdout.splitlines()[-1]

    assert weights("default") == weights("avx512")
