from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from leti.errors import RunError
from leti.watch.news import Follower, Judged, News, Scored, Stepped

if TYPE_CHECKING:
    from written_run import Writing

SCORES = {"validation": {"problems": 1, "samples": 2, "pass@1": {"value": 0.5, "low": 0.0, "high": 1.0}}}


def told(news: list[News]) -> list[tuple[object, ...]]:
    """What matters of each."""
    found: list[tuple[object, ...]] = []
    for item in news:
        if isinstance(item, Judged):
            found.append((item.place, item.split, item.row.solution.sample, item.number))
        elif isinstance(item, Stepped):
            found.append((item.place, "step", item.step.step, item.before))
        else:
            assert isinstance(item, Scored)
            found.append((item.place, "scored", item.steps))
    return found


def test_each_row_is_news_once_and_in_order(writing: Writing) -> None:
    follower = Follower(writing.run)
    assert list(follower.news()) == []
    first = writing.run.iteration(0)
    writing.judged(writing.run.base.scored("validation"), 0)
    writing.judged(first, 0)
    writing.judged(first, 1)
    assert told(list(follower.news())) == [("base", "validation", 0, 1), ("000", None, 0, 1), ("000", None, 1, 2)]
    writing.judged(first, 2)
    writing.stepped(0, 1)
    writing.stepped(0, 2)
    writing.judged(first.scored("validation"), 0)
    first.write_scores(SCORES)
    writing.stepped(1, 1)
    assert told(list(follower.news())) == [
        ("000", None, 2, 3),
        ("000", "step", 1, 0),
        ("000", "step", 2, 0),
        ("000", "validation", 0, 1),
        ("000", "scored", 2),
        ("001", "step", 1, 2),
    ]
    assert list(follower.news()) == []


def test_what_was_there_before_is_no_news_but_counts(writing: Writing) -> None:
    first = writing.run.iteration(0)
    writing.judged(first, 0)
    writing.stepped(0, 1)
    writing.run.base.write_scores(SCORES)
    follower = Follower(writing.run)
    assert list(follower.news()) == []
    writing.judged(first, 1)
    writing.stepped(0, 2)
    writing.stepped(1, 1)
    assert told(list(follower.news())) == [("000", None, 1, 2), ("000", "step", 2, 0), ("001", "step", 1, 2)]


def test_a_line_that_is_being_written_is_waited_for(writing: Writing) -> None:
    first = writing.run.iteration(0)
    writing.judged(first, 0)
    line = first.attempts.path.read_bytes()
    first.attempts.path.write_bytes(line + line[:40])
    follower = Follower(writing.run)
    assert list(follower.news()) == []
    writing.judged(first, 1)  # the torn line is cut off first, as when a run goes on
    assert told(list(follower.news())) == [("000", None, 1, 2)]


def test_a_damaged_row_is_told(writing: Writing) -> None:
    follower = Follower(writing.run)
    first = writing.run.iteration(0)
    first.path.mkdir(parents=True)
    first.attempts.path.write_text("{}\n")
    with pytest.raises(RunError, match="damaged"):
        list(follower.news())
