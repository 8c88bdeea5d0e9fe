"""The recorded behaviour of the official code: verdicts and `paper` feedback, row by row."""

from __future__ import annotations

import gzip
import json
import re
import sys
from pathlib import Path
from typing import Any

import pytest

from leti.feedback import render
from leti.types import Outcome, Verdict
from leti.verify import Limits, PythonVerifier
from programs import pair

pytestmark = pytest.mark.skipif(
    sys.version_info[:2] != (3, 11), reason="recorded on Python 3.11; other versions word some messages differently"
)
LEFT_OUT = "...[200206 chars]"  # the one recorded text that is not kept whole

DEFECTS = {
    "sys_exit": (
        "called `process timeout` there, after five seconds; here it is a SystemExit with its place",
        *(Outcome.EXITED, "SystemExit: 0"),
    ),
    "os_exit": (
        "called `process timeout` there; here the exit is reported",
        *(Outcome.EXITED, "the program left with exit status 0 before the tests were done"),
    ),
    "keyboard": (
        "called `process timeout` there; here it is the exception that was raised",
        *(Outcome.RAISED, "KeyboardInterrupt"),
    ),
    "timeout_swallow": (
        "the alarm's own exception there, with harness paths; here `process timeout` as for every other one",
        *(Outcome.TIMED_OUT, "process timeout"),
    ),
    "future": (
        "a syntax error there, because the program was indented; here the program runs, and its test fails",
        *(Outcome.FAILED, "AssertionError"),
    ),
    "multiline_str": (
        "the indentation changed the string there; here it is as written, and the test fails",
        *(Outcome.FAILED, "AssertionError"),
    ),
    "test_override": (
        "an object that equals everything passes there; here it does not",
        *(Outcome.FAILED, "AssertionError"),
    ),
}


def judged(rows: list[dict[str, Any]], *, timeout: float = 5.0) -> list[Verdict]:
    with PythonVerifier(workers=2, limits=Limits(timeout=timeout), every=False) as verifier:
        return list(verifier.verify(pair(row["program"], row["tests"]) for row in rows))


def text_of(verdict: Verdict) -> str | None:
    return render(verdict, style="paper", max_chars=1_000_000).text


def test_programs_of_codellama(shared: Path) -> None:
    with gzip.open(shared / "vectors" / "executions_codellama.jsonl.gz", "rt") as file:
        rows = [json.loads(line) for line in file]
    assert len(rows) == 500
    for row, verdict in zip(rows, judged(rows), strict=True):
        assert verdict.passed == row["passed"], row
        text = text_of(verdict)
        if row["task_id"] == 123:
            # A loop that the official tracer slows down 12 times, to a timeout. The program ends, and is wrong.
            assert row["reason"] == "process timeout"
            assert verdict.outcome in {Outcome.FAILED, Outcome.TIMED_OUT}
        elif row.get("feedback_last_line"):
            assert (text or "").splitlines()[-1] == row["feedback_last_line"]
        else:
            assert text == row["feedback"], row


def test_edge_cases(shared: Path) -> None:
    lines = (shared / "vectors" / "execution_edge_cases.jsonl").read_text().splitlines()
    rows = [json.loads(line) for line in lines]
    assert len(rows) == 32
    for row in rows:
        row["program"] = row["prompt"] + row["generation"]
    for row, verdict in zip(rows, judged(rows, timeout=2.0), strict=True):
        name, text, official = row["name"], text_of(verdict), row["official_feedback"]
        if name in DEFECTS:
            why, outcome, last = DEFECTS[name]
            assert (verdict.outcome, (text or "").splitlines()[-1]) == (outcome, last), why
            assert text != official, why
            continue
        assert verdict.passed == row["official_passed"], name
        if row["note"]:
            assert (text or "").splitlines()[-1] == row["note"].partition("the last line only: ")[2], name
            assert not re.search(r'File "(?!<string>)', text or ""), name
        elif official and official.endswith(LEFT_OUT):
            assert text is not None
            assert len(text) == 200_206
            assert text.startswith(official.removesuffix(LEFT_OUT))
        else:
            assert text == official, name
