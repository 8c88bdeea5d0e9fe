from __future__ import annotations

import io

import pytest

from leti import progress
from leti.progress import say, track


class Clock:
    """Time that passes one second per look."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        self.now += 1.0
        return self.now


class Terminal(io.StringIO):
    """A stderr that says it is a terminal."""

    def isatty(self) -> bool:
        return True


def test_items_pass_unchanged_and_in_order(capsys: pytest.CaptureFixture[str]) -> None:
    assert list(track(iter("abc"), label="work", total=3)) == ["a", "b", "c"]
    assert capsys.readouterr().out == ""


def test_a_log_gets_one_line_at_the_end_of_short_work(capsys: pytest.CaptureFixture[str]) -> None:
    list(track(range(5), label="000: sampling", total=5))
    said = capsys.readouterr().err.splitlines()
    assert len(said) == 1
    assert said[0].startswith("000: sampling: 5 done in ")


def test_a_log_gets_a_line_now_and_then_during_long_work(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(progress.time, "monotonic", Clock())
    list(track(range(35), label="work", total=35))
    said = capsys.readouterr().err.splitlines()
    assert [line.split(",")[0] for line in said[:3]] == ["work: 10 of 35", "work: 20 of 35", "work: 30 of 35"]
    assert len(said) == 4


def test_nothing_is_said_where_there_is_nothing_to_do(capsys: pytest.CaptureFixture[str]) -> None:
    assert list(track([], label="work", total=0)) == []
    assert capsys.readouterr().err == ""


def test_nothing_is_asked_for_before_it_is_wanted() -> None:
    asked = []

    def source():  # noqa: ANN202
        for item in range(3):
            asked.append(item)
            yield item

    items = track(source(), label="work", total=3)
    assert asked == []
    next(items)
    assert asked == [0]


def test_a_terminal_gets_a_bar_and_the_same_items(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal()
    monkeypatch.setattr("sys.stderr", terminal)
    assert list(track(range(3), label="000: verifying", total=3)) == [0, 1, 2]
    assert "000: verifying" in terminal.getvalue()
    assert "3/3" in terminal.getvalue()


def test_what_is_said_goes_to_stderr(capsys: pytest.CaptureFixture[str]) -> None:
    say("hello")
    assert capsys.readouterr() == ("", "hello\n")


def test_a_failure_passes_through(capsys: pytest.CaptureFixture[str]) -> None:
    def source():  # noqa: ANN202
        yield 1
        raise KeyError("x")

    with pytest.raises(KeyError):
        list(track(source(), label="work", total=2))
    assert "done" not in capsys.readouterr().err
