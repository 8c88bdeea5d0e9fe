"""Stored programs through the command line: verify, sample, score."""

import json
import os
import signal
import subprocess
import sys
import time
from importlib.metadata import version
from pathlib import Path

import pytest
from command_line import leti

GOOD = {"id": "good", "program": "def f(x):\n    return x + 1\n", "tests": "assert f(1) == 2\nassert f(2) == 3"}
BAD = {"id": 7, "program": "def f(x):\n    return x\n", "tests": "assert f(1) == 2"}
SPIN = {"id": None, "program": "while True: pass", "tests": "assert True"}
LEAVE = {"id": ["a"], "program": "import sys\nsys.exit(0)", "tests": "assert False"}

WITHOUT_TORCH = """
import sys
class Missing:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {"torch", "transformers", "accelerate", "datasets"}:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
sys.meta_path.insert(0, Missing())
from leti.cli import main
main()
"""


def write(path: Path, *rows: object) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def read(path: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def without_torch(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", WITHOUT_TORCH, *words], capture_output=True, text=True, timeout=120, check=False
    )


def test_verify_writes_one_row_per_row_in_order(tmp_path: Path) -> None:
    rows = write(tmp_path / "rows.jsonl", GOOD, BAD, SPIN, LEAVE, GOOD)
    done = leti("verify", str(rows), "--out", str(tmp_path / "out.jsonl"), "--timeout", "0.5", "--feedback", "paper")
    assert done.returncode == 0, done.stderr
    found = read(tmp_path / "out.jsonl")
    assert [row["id"] for row in found] == ["good", 7, None, ["a"], "good"]
    assert [row["passed"] for row in found] == [True, False, False, False, True]
    assert [row["outcome"] for row in found] == ["passed", "failed", "timed-out", "exited", "passed"]
    assert found[0]["feedback"] is None
    assert found[0]["error_type"] is None
    assert found[1]["error_type"] == "AssertionError"
    assert found[2]["feedback"] == "process timeout"
    assert all(
        row.keys() == {"id", "passed", "outcome", "error_type", "tests", "trusted", "feedback", "seconds"}
        for row in found
    )


def test_verify_takes_rows_that_name_a_problem(tmp_path: Path) -> None:
    problems = write(tmp_path / "own.jsonl", {"id": "inc", "prompt": "# one more", "tests": ["assert f(1) == 2"]})
    row = {"id": 1, "problem": "own/inc", "completion": "\ndef f(x): return x + 1"}
    out = tmp_path / "out.jsonl"
    rows = write(tmp_path / "rows.jsonl", row)
    done = leti("verify", str(rows), "--out", str(out), "--problems", f"jsonl={problems}")
    assert done.returncode == 0, done.stderr
    assert read(out)[0]["passed"]


def test_stored_programs_are_verified_and_scored_without_torch(tmp_path: Path) -> None:
    problems = write(
        tmp_path / "own.jsonl", {"id": "inc", "prompt": "# one more", "tests": ["assert f(1) == 2"], "split": "test"}
    )
    rows = write(
        tmp_path / "programs.jsonl",
        {"problem": "own/inc", "completion": "\ndef f(x): return x + 1"},
        {"problem": "own/inc", "completion": "\ndef f(x): return x"},
    )
    out = tmp_path / "scores.json"
    words = ["score", "--programs", str(rows), "--problems", f"jsonl={problems}", "--samples", "2", "--out", str(out)]
    done = without_torch(*words)
    assert done.returncode == 0, done.stderr
    assert json.loads(out.read_text())["test"]["pass@1"]["value"] == 0.5
    done = without_torch("verify", str(write(tmp_path / "r.jsonl", GOOD)), "--out", str(tmp_path / "v.jsonl"))
    assert done.returncode == 0, done.stderr
    checked = without_torch("check", "pocket", "--set", "problems.limits={train = 5, validation = 5, test = 5}")
    assert checked.returncode == 0, checked.stderr
    assert "900 of 900 pass" in checked.stdout
    assert "model: not tried. This needs the package" in checked.stdout
    assert "pip install 'leti[train]'" in checked.stdout


def test_learning_without_torch_says_what_to_install_and_leaves_nothing(tmp_path: Path) -> None:
    done = without_torch("learn", "pocket", "--run", str(tmp_path / "run"))
    assert done.returncode == 2
    assert "pip install 'leti[train]'" in done.stderr
    assert not (tmp_path / "run").exists()


def test_scoring_sampled_programs_later_gives_the_same_score(tmp_path: Path) -> None:
    few = ["--problems", "pocket", "--samples", "2", "--set", "problems.limits={test = 6}", "--seed", "3"]
    for name in ("one", "two"):
        done = leti("score", "--weights", "pocket", *few, "--out", str(tmp_path / name))
        assert done.returncode == 0, done.stderr
    assert leti("sample", "--weights", "pocket", *few, "--out", str(tmp_path / "programs")).returncode == 0
    assert (
        leti("score", "--programs", str(tmp_path / "programs"), *few, "--out", str(tmp_path / "three")).returncode == 0
    )
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()
    drawn, stored = (json.loads((tmp_path / name).read_bytes())["test"] for name in ("one", "three"))
    assert {name: drawn.pop(name) for name in stored} == stored
    assert (drawn["weights"], drawn["token"], drawn["seed"], drawn["temperature"]) == ("pocket", "auto", 3, 0.1)


@pytest.mark.parametrize(
    ("rows", "words", "said"),
    [
        ([GOOD | {"tests": "# nothing"}], [], "every program would pass"),
        ([{"id": 1, "tests": "assert f()"}], [], "field 'program': must be text, is missing"),
        ([{"id": 1, "problem": "mbpp/17", "completion": ""}], [], "--problems mbpp=PATH"),
        ([GOOD], ["--feedback", "loud"], "feedback.style"),
        ([GOOD], ["--timeout", "1e9"], "timeout"),
        ([GOOD], ["--out", "/no/such/folder/out"], "mkdir -p /no/such/folder"),
    ],
)
def test_a_wrong_row_is_refused_before_anything_runs(
    rows: list[object], words: list[str], said: str, tmp_path: Path
) -> None:
    done = leti("verify", str(write(tmp_path / "rows.jsonl", *rows)), "--out", str(tmp_path / "out"), *words)
    assert done.returncode == 2, done.stderr
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "out").exists()


def test_interrupting_ends_at_once(tmp_path: Path) -> None:
    spinning = [SPIN | {"program": f"x = {n}\nwhile True: pass"} for n in range(8)]
    rows = write(tmp_path / "rows.jsonl", *spinning)
    words = [sys.executable, "-m", "leti", "verify", str(rows), "--out", str(tmp_path / "out"), "--timeout", "60"]
    with subprocess.Popen(words, stderr=subprocess.PIPE, text=True) as process:
        time.sleep(2)
        os.kill(process.pid, signal.SIGINT)
        _, said = process.communicate(timeout=20)
    assert process.returncode == 130
    assert "stopped" in said
    assert "Traceback" not in said


def test_interrupting_twice_waits_for_nothing(tmp_path: Path) -> None:
    judge = tmp_path / "judge.py"
    judge.write_text(
        "import time\ndef verify(problem, program):\n    try:\n        print('asked', flush=True)\n"
        "        time.sleep(100)\n    finally:\n        print('going', flush=True)\n        time.sleep(100)\n"
    )
    words = ["verify", str(write(tmp_path / "rows.jsonl", {"program": "pass"})), "--out", str(tmp_path / "out")]
    words = [sys.executable, "-m", "leti", *words, "--set", f"verify.function={judge}:verify"]
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout
        for said in ("asked\n", "going\n"):
            assert process.stdout.readline() == said
            os.kill(process.pid, signal.SIGINT)
        _, told = process.communicate(timeout=20)
    assert process.returncode == 130
    assert told.endswith("leti: left at once.\n")
    assert "Traceback" not in told
    assert not (tmp_path / "out").exists()


def test_the_version_is_told() -> None:
    done = leti("--version")
    assert (done.returncode, done.stdout, done.stderr) == (0, f"leti {version('leti')}\n", "")


def few(folder: Path) -> list[str]:
    row = {"prompt": "def one():", "tests": ["assert one() == 1"], "reference": "    return 1\n"}
    rows = write(folder / "few.jsonl", *({**row, "split": split} for split in ("train", "validation", "test")))
    return ["check", "pocket", "--set", "problems.name=jsonl", "--set", f"problems.path={rows}"]


@pytest.mark.parametrize(
    ("override", "said"),
    [
        ("model.path=/no/such/weights", "There is no directory of weights '/no/such/weights'"),
        ("model.device=cuda:99", "which cannot be used"),
        ("tracker=tensorbord", "tracker is 'tensorbord'; it can be"),
        ("pretrain.source=/no/such/text", "The pre-training source '/no/such/text'"),
        ("model.lora={rank=2, targets=['no_such_layer']}", "does not fit"),
        ("problems.format=chat", "no chat template"),
    ],
)
def test_what_a_run_would_stumble_over_later_is_told_by_check(override: str, said: str, tmp_path: Path) -> None:
    done = leti(*few(tmp_path), "--set", override)
    assert done.returncode == 2, done.stderr
    assert "references: " in done.stdout  # the message comes after all the rest
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_check_tries_the_model_and_leaves_nothing(tmp_path: Path) -> None:
    here = tmp_path / "here"
    here.mkdir()
    words = [sys.executable, "-m", "leti", *few(tmp_path)]
    done = subprocess.run(words, cwd=here, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.endswith("model: pocket loads and can be trained; nothing that `leti learn` needs is missing\n")
    assert list(here.iterdir()) == []


def test_a_prompt_without_room_for_a_program_is_told_by_check(tmp_path: Path) -> None:
    words = few(tmp_path)
    long = {"id": "long", "prompt": "x = 1\n" * 1000, "tests": ["assert x"], "split": "train"}
    with (tmp_path / "few.jsonl").open("a") as file:
        file.write(json.dumps(long) + "\n")
    done = leti(*words)
    assert done.returncode == 2, done.stderr
    assert "Problem 'few/long' has a prompt of" in done.stderr
