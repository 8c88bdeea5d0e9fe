from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from written_run import EXPECTED, SCORES

from leti.types import Work
from leti.watch import clock as module
from leti.watch import watching
from leti.watch.clock import WRITE_SECONDS, Clock
from leti.watch.news import Follower

if TYPE_CHECKING:
    from collections.abc import Callable

    from written_run import Writing

    from leti.runs import Run


class Hours:
    """Time that passes when it is told to."""

    def __init__(self) -> None:
        self.now = 1000.0

    def monotonic(self) -> float:
        return self.now

    def time(self) -> float:
        return 1.7e9 + self.now


@pytest.fixture
def hours(monkeypatch: pytest.MonkeyPatch) -> Hours:
    hours = Hours()
    monkeypatch.setattr(module, "time", hours)
    return hours


def spent(run: Run) -> dict[tuple[str, Work], float]:
    found: dict[tuple[str, Work], float] = {}
    for spell in run.clock:
        found[spell.place, spell.work] = found.get((spell.place, spell.work), 0.0) + spell.seconds
    return found


def looking(writing: Writing, hours: Hours) -> Callable[[float], None]:
    """What looks at the run's files, so many seconds after the last look."""
    clock, follower = Clock(writing.run, EXPECTED), Follower(writing.run)

    def look(seconds: float) -> None:
        hours.now += seconds
        clock.hear(list(follower.news()))
        clock.close()

    return look


def test_time_goes_into_what_the_news_is_of(writing: Writing, hours: Hours) -> None:
    look = looking(writing, hours)
    look(5)  # the model is loaded, and nothing is there yet
    writing.judged(writing.run.base.scored("validation"), 0)
    look(2)
    writing.run.base.write_scores({"validation": SCORES})
    look(1)
    place = writing.run.iteration(0)
    for sample in range(2):
        writing.judged(place, sample)
    look(10)
    writing.examples(0, 4)
    writing.stepped(0, 1)
    look(20)
    writing.judged(place.scored("validation"), 0)
    look(40)
    assert spent(writing.run) == {
        ("base", Work.SCORING): 8,
        ("000", Work.SAMPLING): 10,
        ("000", Work.TRAINING): 20,
        ("000", Work.SCORING): 40,
    }


def test_verifying_is_what_is_left_when_all_programs_are_sampled(writing: Writing, hours: Hours) -> None:
    look = looking(writing, hours)
    place = writing.run.iteration(0)
    for sample in range(EXPECTED.programs - 1):
        writing.solved(place, sample)
        writing.judged(place, sample)
    look(4)
    writing.solved(place, EXPECTED.programs - 1)
    writing.judged(place, EXPECTED.programs - 1)
    look(5)  # the last was sampled within this time
    writing.judged(place, EXPECTED.programs)
    look(7)
    assert spent(writing.run) == {("000", Work.SAMPLING): 9, ("000", Work.VERIFYING): 7}


def test_works_that_are_seen_at_one_look_share_its_time(writing: Writing, hours: Hours) -> None:
    look = looking(writing, hours)
    writing.judged(writing.run.iteration(0), 0)
    writing.stepped(0, 1)
    writing.stepped(0, 2)
    look(1)
    assert spent(writing.run) == {("000", Work.SAMPLING): 0.5, ("000", Work.TRAINING): 0.5}


def test_a_killed_sitting_loses_half_a_minute_at_most(writing: Writing, hours: Hours) -> None:
    clock, follower = Clock(writing.run, EXPECTED), Follower(writing.run)
    for step in range(1, 41):
        writing.stepped(0, step)
        hours.now += 1
        clock.hear(list(follower.news()))
    assert 40 - WRITE_SECONDS <= spent(writing.run)["000", Work.TRAINING] <= 40


def test_sittings_add_up_and_a_torn_line_is_cut_off(writing: Writing, hours: Hours) -> None:
    for step, seconds in ((1, 3.0), (2, 4.0)):
        look = looking(writing, hours)
        writing.stepped(0, step)
        look(seconds)
        with writing.run.clock.path.open("a") as file:
            file.write('{"place": "0')
    look = looking(writing, hours)
    writing.stepped(0, 3)
    look(5)
    assert spent(writing.run) == {("000", Work.TRAINING): 12}


def test_a_sitting_that_nothing_happens_in_leaves_no_trace(writing: Writing) -> None:
    with watching(writing.run, EXPECTED):
        pass
    assert not writing.run.clock.path.exists()


def test_whoever_watches_keeps_the_clock(writing: Writing) -> None:
    with watching(writing.run, EXPECTED):
        writing.stepped(0, 1)
    assert [spell.work for spell in writing.run.clock] == [Work.TRAINING]
