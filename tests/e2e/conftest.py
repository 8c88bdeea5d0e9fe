"""A tiny model and tiny problems, learned once for all tests of this folder (once per worker)."""

import json
from pathlib import Path

import pytest
from command_line import CONFIG, PROBLEMS, leti

from tiny_models import tiny_llama


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
