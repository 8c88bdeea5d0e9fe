"""A run that trains an adapter: learn, kill, go on, score, through the command line."""

import json
from pathlib import Path

import pytest
from command_line import contents, learn_until, leti

pytest.importorskip("peft", reason="adapters need peft: pip install 'leti[lora]'")


@pytest.fixture(scope="module")
def adapting(config: Path) -> Path:
    path = config.parent / "adapting.toml"
    text = config.read_text().replace("[training]", "[training]\nlayers = { recompute = true }")
    path.write_text(text.replace("[model]", "[model]\nlora = { rank = 2 }"))
    return path


def test_a_killed_run_of_an_adapter_ends_with_the_same_bytes(adapting: Path, tmp_path: Path) -> None:
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    done = leti("learn", str(adapting), "--run", str(whole))
    assert done.returncode == 0, done.stderr
    assert "Warning" not in done.stderr
    for file in ("iterations/000/metrics.jsonl", "iterations/001/metrics.jsonl"):
        assert learn_until(adapting, killed, killed / file)
    assert leti("learn", str(adapting), "--run", str(killed)).returncode == 0
    assert contents(killed) == contents(whole)

    left = {name for name in contents(whole) if "/weights/" in name}
    assert {Path(name).name for name in left} == {
        "adapter_config.json",
        "adapter_model.safetensors",
        "moments.safetensors",
        "tokenizer.json",
        "tokenizer_config.json",
    }
    scores = [json.loads((whole / "iterations" / n / "scores.json").read_text()) for n in ("000", "001")]
    assert all({"validation", "test"} <= score.keys() for score in scores)
    rows = [json.loads(line) for line in (whole / "iterations/000/scored/test/solutions.jsonl").open()]
    base = [json.loads(line) for line in (whole / "base/scored/test/solutions.jsonl").open()]
    assert [row["completion"] for row in rows] != [row["completion"] for row in base]  # the adapter was sampled

    again = ("learn", str(adapting), "--run", str(whole), "--set", "model.lora.rank=3")
    assert "model.lora (was {'rank': 2}, is now {'rank': 3})" in leti(*again).stderr
