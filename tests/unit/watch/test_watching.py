from __future__ import annotations

import io
from collections.abc import Sequence
from typing import TYPE_CHECKING

import pytest
from written_run import EXPECTED, SCORES

from leti.watch import lines, watching
from leti.watch.news import Follower, News
from leti.watch.terminal import Screen

if TYPE_CHECKING:
    from written_run import Writing


class Terminal(io.StringIO):
    """A stderr that says it is a terminal."""

    def isatty(self) -> bool:
        return True


class Breaking:
    """A listener that something goes wrong in, such as a server that is away."""

    pause = 0.01

    def __init__(self) -> None:
        self.closed = False

    def hear(self, news: Sequence[News]) -> None:
        if news:
            raise ConnectionError("away")

    def close(self) -> None:
        self.closed = True


def whole(writing: Writing) -> None:
    writing.judged(writing.run.base.scored("validation"), 0)
    writing.judged(writing.run.base.scored("validation"), 1, "NameError")
    writing.run.base.write_scores({"validation": SCORES})


def test_a_log_gets_a_line_for_each_stage_and_the_scores(writing: Writing, capsys: pytest.CaptureFixture[str]) -> None:
    with watching(writing.run, EXPECTED):
        whole(writing)
    said = capsys.readouterr().err.splitlines()
    assert len(said) == 2
    assert said[0].startswith("base validation: 2 programs in ")
    assert said[0].endswith("50.0 % passed; NameError 50 %")
    assert said[1] == "base: validation pass@1 50.0 % [0.0, 100.0] (1 problems x 2 samples)"


def test_a_log_gets_a_line_now_and_then_while_a_stage_goes_on(
    writing: Writing, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = iter(range(0, 1000, 4))
    monkeypatch.setattr(lines.time, "monotonic", lambda: float(next(clock)))
    listener = lines.Lines(EXPECTED)
    follower = Follower(writing.run)
    for sample in range(3):
        writing.judged(writing.run.iteration(0), sample)
        listener.hear(list(follower.news()))
    assert capsys.readouterr().err.splitlines() == ["000: 3 of 4 programs, 0.2/s, 4.0 s left; 100.0 % passed"]


def test_a_terminal_keeps_what_is_over_and_takes_words_as_they_are(
    writing: Writing, monkeypatch: pytest.MonkeyPatch
) -> None:
    terminal = Terminal()
    monkeypatch.setattr("sys.stderr", terminal)
    with watching(writing.run, EXPECTED):
        writing.judged(writing.run.base.scored("validation"), 0, "[bold]Error")
        whole(writing)
    assert "[bold]Error" in terminal.getvalue()
    assert "validation pass@1 50.0 %" in terminal.getvalue()


def watched(writing: Writing, listener: Breaking, *, fails: bool) -> None:
    with watching(writing.run, EXPECTED, listeners=[listener]):
        whole(writing)
        if fails:
            raise KeyError("work")


def test_what_goes_wrong_in_telling_is_raised_when_the_work_is_done(writing: Writing) -> None:
    listener = Breaking()
    with pytest.raises(ConnectionError, match="away"):
        watched(writing, listener, fails=False)
    assert writing.run.base.scores is not None
    assert listener.closed


def test_what_goes_wrong_in_the_work_is_what_is_raised(writing: Writing) -> None:
    with pytest.raises(KeyError, match="work"):
        watched(writing, Breaking(), fails=True)


def test_a_screen_that_nothing_happens_on_closes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stderr", Terminal())
    screen = Screen(EXPECTED)
    screen.hear([])
    screen.close()
