"""Learn, kill, go on, report: through the command line, as a user would."""

import json
import subprocess
from pathlib import Path

import pytest
from command_line import contents, learn_until, leti


def test_a_run_leaves_what_scripts_rely_on(finished: Path) -> None:
    for place in ("base", "iterations/000", "iterations/001"):
        scores = json.loads((finished / place / "scores.json").read_text())
        for split in ("validation", "test"):
            assert {"problems", "samples", "pass@1"} <= scores[split].keys()
            assert scores[split]["pass@1"].keys() == {"value", "low", "high"}
    assert (finished / "iterations/001/weights/model.safetensors").is_file()


def test_a_rerun_of_a_finished_run_changes_no_file(config: Path, finished: Path) -> None:
    before = {file: file.stat().st_mtime_ns for file in finished.rglob("*")}
    assert leti("learn", str(config), "--run", str(finished)).returncode == 0
    assert {file: file.stat().st_mtime_ns for file in finished.rglob("*")} == before


def test_a_killed_run_ends_with_the_same_bytes(config: Path, finished: Path) -> None:
    run = config.parent / "killed"
    for file in ("base/scored/test/solutions.jsonl", "iterations/000/metrics.jsonl", "iterations/001/attempts.jsonl"):
        assert learn_until(config, run, run / file)
    assert leti("learn", str(config), "--run", str(run)).returncode == 0
    assert contents(run) == contents(finished)


def test_the_report_is_written(finished: Path) -> None:
    copy = finished.parent / "reported"
    subprocess.run(["cp", "-r", str(finished), str(copy)], check=True)
    assert leti("report", str(copy)).returncode == 0
    assert "pass@1" in (copy / "report.html").read_text()


def test_the_report_is_written_elsewhere_and_the_run_is_left_alone(finished: Path, tmp_path: Path) -> None:
    before = contents(finished)
    done = leti("report", str(finished), "--out", str(tmp_path / "r.html"))
    assert (done.returncode, done.stdout) == (0, f"Open {tmp_path / 'r.html'} in a browser.\n")
    assert "pass@1" in (tmp_path / "r.html").read_text()
    assert contents(finished) == before


def test_show_prints_an_attempt_with_its_example(finished: Path) -> None:
    shown = leti("show", str(finished), "1", "problems/add2#3")
    assert shown.returncode == 0, shown.stderr
    assert "<|bad|>" in shown.stdout or "<|good|>" in shown.stdout
    assert "Add 2." in shown.stdout


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["learn", "CONFIG", "--set", "training.learning_rat=1"], 2, "Did you mean training.learning_rate?"),
        (["learn", "nowhere.toml"], 2, "No configuration 'nowhere.toml'"),
        (["learn", "CONFIG", "--set", "problems.path=nowhere.jsonl", "--run", "RUN"], 2, "nowhere.jsonl"),
        (["learn", "CONFIG", "--set", "model.path=no/such-model", "--run", "RUN"], 2, "no/such-model"),
        (["learn", "CONFIG", "--set", "model.path=no/such-folder/at/all", "--run", "RUN"], 2, "no/such-folder"),
        (["learn", "CONFIG", "--set", "seed=1", "--run", "FINISHED"], 2, "--set seed=0"),
        (["learn", "CONFIG", "--run", "/proc/nowhere"], 2, "--run"),
        (["verify", "TORN", "--out", "OUT"], 2, "line 2"),
        (["verify", "nowhere.jsonl", "--out", "OUT"], 2, "nowhere.jsonl"),
        (["report", "nowhere"], 2, "is no run"),
        (["show", "FINISHED", "7", "problems/add2#3"], 2, "has no iteration"),
        (["score", "--out", "OUT"], 2, "--weights"),
    ],
)
def test_wrong_words_get_one_clear_message(
    words: list[str], code: int, said: str, config: Path, finished: Path, tmp_path: Path
) -> None:
    torn = tmp_path / "torn.jsonl"
    torn.write_text('{"id": 1, "program": "x = 1", "tests": "assert x"}\n{"id": 2, "progr')
    places = {"CONFIG": config, "FINISHED": finished, "RUN": tmp_path / "run", "OUT": tmp_path / "out", "TORN": torn}
    done = leti(*(str(places.get(word, word)) for word in words))
    assert done.returncode == code, done.stderr
    assert said in done.stderr
    assert "Traceback" not in done.stderr
