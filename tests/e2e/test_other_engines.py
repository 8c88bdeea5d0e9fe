"""Whole runs with the programs drawn elsewhere: they end, and end the same after kills."""

import os
import sys
from pathlib import Path

import pytest
from command_line import contents, learn_until, leti

from served import transformers_serve

FAKES = Path(__file__).parents[1] / "fakes"

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]


def with_engine(config: Path, place: Path, *lines: str) -> Path:
    place.mkdir()
    path = place / config.name
    path.write_text(config.read_text().replace("[sampling]", "\n".join(["[sampling]", *lines])))
    return path


def learn_with_kills(config: Path) -> None:
    """A run that is killed while it samples, scores and trains, and one that is not."""
    whole, killed = config.parent / "whole", config.parent / "killed"
    done = leti("learn", str(config), "--run", str(whole), timeout=600)
    assert done.returncode == 0, done.stderr
    for file in ("base/scored/test/solutions.jsonl", "iterations/000/metrics.jsonl", "iterations/001/solutions.jsonl"):
        assert learn_until(config, killed, killed / file)
    assert leti("learn", str(config), "--run", str(killed), timeout=600).returncode == 0
    assert contents(killed) == contents(whole)
    solutions = [place.read_text() for place in sorted(whole.glob("iterations/*/solutions.jsonl"))]
    assert len(set(solutions)) == 2


def test_a_server_that_loads_what_it_is_asked_for(
    config: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "serve").mkdir()
    with transformers_serve(tmp_path / "serve") as url:
        monkeypatch.setenv("OPENAI_BASE_URL", url)
        learn_with_kills(with_engine(config, tmp_path / "run", 'engine = "openai"'))


def test_a_server_with_the_base_only_stops_after_the_first_iteration_and_goes_on(
    config: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "serve").mkdir()
    run = tmp_path / "run" / "run"
    with transformers_serve(tmp_path / "serve", str(config.parent / "model")) as url:
        monkeypatch.setenv("OPENAI_BASE_URL", url)
        served = with_engine(config, tmp_path / "run", 'engine = "openai"')
        stopped = leti("learn", str(served), "--run", str(run))
    weights = run / "iterations" / "000" / "weights"
    assert stopped.returncode == 1, stopped.stderr
    assert f"vllm serve {weights.resolve()} --port 8000" in stopped.stderr
    assert weights.is_dir()
    with transformers_serve(tmp_path / "serve") as url:
        monkeypatch.setenv("OPENAI_BASE_URL", url)
        gone_on = leti("learn", str(served), "--run", str(run), timeout=600)
    assert gone_on.returncode == 0, gone_on.stderr


def test_vllms_stand_in(config: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(FAKES), *filter(None, sys.path)]))
    engine = with_engine(config, tmp_path / "run", 'engine = "vllm"')
    engine.write_text(engine.read_text().replace('device = "cpu"', 'device = "auto"'))
    learn_with_kills(engine)
