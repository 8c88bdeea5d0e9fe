"""What is said of checks that are no Python tests: there is no traceback where nothing was raised."""

from __future__ import annotations

import pytest

from leti.feedback import render
from leti.types import ErrorRecord, Frame, Outcome, TestResult, TestStatus, Verdict

WRONG = ErrorRecord(type="WrongAnswer", check="half(4)", expected="2.0", got="0")
OTHER = TestResult(
    status=TestStatus.FAILED, error=ErrorRecord(type="WrongAnswer", check="half(7)", expected="3.5", got="3")
)
RAISED = ErrorRecord(
    type="KeyError", message="4", check="half(4)", frames=(Frame(line=2, function="half", source="return {}[n]"),)
)


def said(error: ErrorRecord, outcome: Outcome, *others: TestResult, style: str = "detailed") -> str:
    tests = (TestResult(status=TestStatus.FAILED), *others)
    verdict = Verdict(outcome=outcome, error=error, tests=tests)
    return render(verdict, style=style, max_chars=1000).text or ""


def test_a_wrong_answer_is_told_with_its_call() -> None:
    assert said(WRONG, Outcome.FAILED, OTHER) == (
        "WrongAnswer\ncheck: half(4)\nexpected: 2.0\ngot: 0\npassed 0 of 2 tests\nalso: half(7): expected 3.5, got 3\n"
    )


def test_a_raise_is_told_with_its_call() -> None:
    assert said(RAISED, Outcome.RAISED) == (
        "Traceback (most recent call last):\n"
        '  File "<string>", line 2, in half\n    return {}[n]\nKeyError: 4\ncheck: half(4)\n'
    )


def test_a_check_that_its_frames_show_is_not_told_twice() -> None:
    error = ErrorRecord(
        type="KeyError",
        check="assert f(1) == 2",
        frames=(Frame(line=9, function="<module>", source="assert f(1) == 2"),),
    )
    assert "check:" not in said(error, Outcome.RAISED)


@pytest.mark.parametrize("style", ["detailed", "brief"])
def test_a_function_of_ones_own_speaks_for_itself(style: str) -> None:
    error = ErrorRecord(type="Rejected", message="it lacks a semicolon")
    assert said(error, Outcome.FAILED, style=style).strip() == "it lacks a semicolon"
    typed = ErrorRecord(type="SQLError", message="no table", expected="2 rows")
    assert said(typed, Outcome.FAILED, style=style).startswith("SQLError: no table")
