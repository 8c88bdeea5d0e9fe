"""`leti export` as a user types it."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from command_line import contents, leti


def test_the_last_iteration_is_exported_and_any_other_on_demand(finished: Path, tmp_path: Path) -> None:
    done = leti("export", str(finished), str(tmp_path / "last"))
    assert done.returncode == 0, done.stderr
    assert f"Iteration 001 is in {tmp_path / 'last'}" in done.stdout
    assert leti("export", str(finished), str(tmp_path / "new" / "first"), "--iteration", "0").returncode == 0
    last, first = contents(tmp_path / "last"), contents(tmp_path / "new" / "first")
    assert last.keys() == first.keys()
    assert last["model.safetensors"] == contents(finished)["iterations/001/weights/model.safetensors"]
    assert first["model.safetensors"] == contents(finished)["iterations/000/weights/model.safetensors"]
    card = (tmp_path / "last" / "README.md").read_text()
    assert "| test, 2 problems x 2 | pass@1 |" in card
    assert "| problems | jsonl, 4 of them |" in card


def test_a_kill_leaves_no_folder_and_the_same_command_makes_it(finished: Path, tmp_path: Path) -> None:
    words = [sys.executable, "-m", "leti", "export", str(finished), str(tmp_path / "out")]
    with subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        end = time.monotonic() + 100
        while not (tmp_path / "out.partial").exists() and process.poll() is None and time.monotonic() < end:
            time.sleep(0.001)
        os.kill(process.pid, signal.SIGKILL)
    assert not (tmp_path / "out").exists()
    assert leti("export", str(finished), str(tmp_path / "out")).returncode == 0
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["RUN", "OUT", "--iteration", "7"], "has no weights of an iteration '7'. It has: 000, 001."),
        (["OUT", "OUT"], "is no run"),
        (["RUN", "RUN"], "is not empty, and nothing is written over"),
        (["RUN", "RUN/config.json"], "is a file"),
        (["RUN", "OUT", "--push", "model"], "Type OWNER/NAME"),
    ],
)
def test_wrong_words_are_refused_at_once(words: list[str], said: str, finished: Path, tmp_path: Path) -> None:
    places = {"RUN": str(finished), "OUT": str(tmp_path / "out"), "RUN/config.json": str(finished / "config.json")}
    done = leti("export", *(places.get(word, word) for word in words))
    assert done.returncode == 2, done.stderr
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "out").exists()


def test_a_run_without_weights_is_told(finished: Path, tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "config.json").write_bytes((finished / "config.json").read_bytes())
    done = leti("export", str(tmp_path / "run"), str(tmp_path / "out"))
    assert done.returncode == 2
    assert "has no trained weights yet" in done.stderr


def test_an_upload_that_fails_keeps_the_folder(finished: Path, tmp_path: Path) -> None:
    done = leti("export", str(finished), str(tmp_path / "out"), "--push", "me/my-model")  # offline, as all tests are
    assert done.returncode == 1
    assert "was not uploaded to me/my-model" in done.stderr
    assert "Traceback" not in done.stderr
    assert (tmp_path / "out" / "model.safetensors").is_file()
