from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leti.errors import ConfigError
from leti.feedback import STYLES, render, shortened
from leti.types import ErrorRecord, Frame, Outcome, TestResult, TestStatus, Verdict

odd = st.text(st.characters(), max_size=30)  # lone surrogates and control characters too
frames = st.builds(
    Frame, line=st.integers(-5, 10**6), function=odd, source=odd, evaluated=st.booleans(), repeated=st.integers(0, 2000)
)
errors = st.builds(
    ErrorRecord,
    type=st.sampled_from(["E", "SyntaxError", "ProcessTimeout", "ProcessKilled", "a.b.C"]) | odd,
    message=odd,
    frames=st.lists(frames, max_size=5).map(tuple),
    syntax=st.none() | frames,
    check=st.none() | odd,
    expected=st.none() | odd,
    got=st.none() | odd,
    where=st.lists(odd, max_size=2).map(tuple),
    limit=st.none() | odd,
)
verdicts = st.builds(
    Verdict,
    outcome=st.sampled_from(Outcome),
    tests=st.lists(st.builds(TestResult, status=st.sampled_from(TestStatus), error=st.none() | errors), max_size=3).map(
        tuple
    ),
    error=st.none() | errors,
    output=odd,
)


@given(verdicts, st.sampled_from(sorted(STYLES)), st.integers(0, 3000))
def test_any_verdict_is_rendered_within_its_bound(verdict: Verdict, style: str, bound: int) -> None:
    feedback = render(verdict, style=style, max_chars=bound)
    assert feedback.good == verdict.passed
    assert (feedback.text is None) == (verdict.passed or style == "none")
    if feedback.text is not None:
        assert len(feedback.text) <= bound
        feedback.text.encode()
    assert render(verdict, style=style, max_chars=bound) == feedback


@given(st.text(max_size=500), st.integers(0, 400))
def test_a_cut_text_keeps_head_and_tail_and_says_how_much_is_missing(text: str, bound: int) -> None:
    cut = shortened(text, bound)
    assert len(cut) <= bound
    if len(text) <= bound:
        assert cut == text
    elif "left out" in cut:
        head, _, rest = cut.partition("\n[... ")
        number, _, tail = rest.partition(" characters left out ...]\n")
        assert text.startswith(head)
        assert text.endswith(tail)
        assert len(head) + int(number) + len(tail) == len(text)


def failed(**about: object) -> Verdict:
    return Verdict(outcome=Outcome.FAILED, error=ErrorRecord(type="AssertionError", **about))  # type: ignore[arg-type]


def detailed(verdict: Verdict) -> str:
    text = render(verdict, style="detailed", max_chars=10_000).text
    assert text is not None
    return text


def test_a_style_that_is_none() -> None:
    with pytest.raises(ConfigError, match="paper, detailed, brief, none"):
        render(failed(), style="papre", max_chars=100)


def test_addresses_are_left_out_of_detailed_text() -> None:
    verdict = failed(message="<function f at 0x7f0012aB>", got="<object at 0x1>")
    assert "0x" not in detailed(verdict)
    assert "0x7f0012aB" in (render(verdict, style="paper", max_chars=1000).text or "")


def test_control_characters_are_written_out() -> None:
    assert "\\x1b[31m\\x00" in detailed(failed(message="\x1b[31m\x00"))


@pytest.mark.parametrize("shown", range(1, 6))
def test_repeats_are_shown_three_times_and_counted(shown: int) -> None:
    verdict = failed(frames=(Frame(line=2, function="f", source="f()", repeated=shown - 1),))
    text = detailed(verdict)
    assert text.count("line 2, in f") == min(shown, 3)
    assert ("[Previous line repeated 1 more time]" in text) == (shown == 4)
    assert ("[Previous line repeated 2 more times]" in text) == (shown == 5)


def test_brief_is_the_last_line() -> None:
    assert render(failed(message="one\ntwo"), style="brief", max_chars=100).text == "two"
    assert render(failed(), style="brief", max_chars=100).text == "AssertionError"
