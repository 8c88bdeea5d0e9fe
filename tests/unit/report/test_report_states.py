"""The report of a run, whatever it has got to."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from leti.errors import RunError
from leti.report import write_report
from leti.runs import Run

if TYPE_CHECKING:
    from pathlib import Path

    from hand_made_run import HandMade


def page_of(run: Run) -> str:
    return write_report(run).read_text("utf-8")


def test_a_finished_run_tells_what_it_learned(finished: Run) -> None:
    page = page_of(finished)
    assert "<h1>pass@1 on test did not clearly change: 16.7\N{NO-BREAK SPACE}% before, 33.3" in page
    assert "The interval includes zero" in page
    assert "With only 3 problems the interval is rough" in page
    assert "Iteration 000 is selected" in page
    assert "The test split chose nothing" in page
    assert "not finished" not in page
    assert "0 of 2 → 1 of 2 programs passed" in page
    assert "1 of 2 → 0 of 2 programs passed" in page
    assert "leti show RUN 000 &#39;hand/t#1&#39;" in page or "leti show RUN 000 hand/t#1" in page


def test_the_same_run_gives_the_same_bytes_wherever_it_lies(finished: Run, tmp_path: Path) -> None:
    once = write_report(finished).read_bytes()
    assert write_report(finished).read_bytes() == once
    moved = shutil.copytree(finished.path, tmp_path / "elsewhere" / "run")
    assert write_report(Run(moved)).read_bytes() == once
    assert str(tmp_path).encode() not in once


def test_nothing_is_fetched(finished: Run) -> None:
    page = page_of(finished)
    for wrong in ("<link", "<img", "@import", "url(", "http", "fetch(", "XMLHttp", "<iframe"):
        assert wrong not in page.replace('http-equiv="Content-Security-Policy"', "")


def test_a_run_that_has_only_begun(hand_made: HandMade) -> None:
    hand_made.begin(["hand/a"])
    page = page_of(hand_made.run)
    assert "<h1>Nothing has been scored yet</h1>" in page
    assert "0 of 2 iterations are scored" in page
    assert "No program has been run yet." in page


def test_a_scored_base_alone_shows_its_programs(hand_made: HandMade) -> None:
    hand_made.begin(["hand/a"])
    hand_made.score(hand_made.run.base, {"test": {"hand/a": ["passed", "NameError"]}})
    page = page_of(hand_made.run)
    assert "<h1>The base model&#39;s pass@1 on test is 50.0" in page
    assert "Base model, on test problems" in page
    assert "Held out: never trained on." in page
    assert "No iteration has begun yet." in page


def test_an_iteration_without_scores_counts_for_nothing_but_is_shown(hand_made: HandMade) -> None:
    hand_made.begin(["hand/a", "hand/t"])
    hand_made.score(hand_made.run.base, {"test": {"hand/a": ["passed", "failed"]}})
    hand_made.train(hand_made.run.iteration(0), [hand_made.attempt("hand/t", 0, "failed")])
    page = page_of(hand_made.run)
    assert "No iteration has been scored yet" in page
    assert "Not trained on yet." in page
    assert "so far" in page


def test_without_validation_nothing_is_selected(hand_made: HandMade) -> None:
    hand_made.begin(["hand/a"])
    hand_made.score(hand_made.run.base, {"test": {"hand/a": ["passed", "failed"]}})
    hand_made.score(hand_made.run.iteration(0), {"test": {"hand/a": ["passed", "passed"]}})
    page = page_of(hand_made.run)
    assert "<h1>pass@1 on test rose from 50.0" in page
    assert "no iteration is selected" in page


def test_a_score_on_the_split_that_selects_is_called_flattering(hand_made: HandMade) -> None:
    hand_made.begin(["hand/a"])
    hand_made.score(hand_made.run.base, {"validation": {"hand/a": ["passed", "passed"]}})
    hand_made.score(hand_made.run.iteration(0), {"validation": {"hand/a": ["passed", "failed"]}})
    page = page_of(hand_made.run)
    assert "<h1>pass@1 on validation fell from 100.0" in page
    assert "flatters" in page


def test_an_attempt_that_the_objective_left_out_says_so(hand_made: HandMade) -> None:
    hand_made.begin(["hand/t"])
    place = hand_made.run.iteration(0)
    rows = [hand_made.attempt("hand/t", 0, "passed"), hand_made.attempt("hand/t", 1, "failed")]
    place.attempts.extend(rows)
    place.examples.write([hand_made.example(rows[0])])
    page = page_of(hand_made.run)
    assert "Not trained on: the objective left it out." in page
    assert page.count("The example, as the loss saw it") == 1


def test_no_run_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="is no run"):
        write_report(Run(tmp_path))


def test_an_attempt_at_an_unknown_problem_is_a_damaged_run(hand_made: HandMade) -> None:
    hand_made.begin(["hand/a"])
    hand_made.run.iteration(0).attempts.extend([hand_made.attempt("hand/lost", 0, "failed")])
    with pytest.raises(RunError, match="hand/lost"):
        write_report(hand_made.run)
