"""The pure parts about problems: where they went, what they missed, what is doubtful."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from leti.report.census import PASSED, Missing, missing_in, take
from leti.report.curves import plots
from leti.report.doubts import doubts
from leti.report.endings import ranking
from leti.report.highlight import LONGEST, coloured
from leti.report.reading import FOLLOWED, followed, read
from leti.report.solved import solved
from leti.report.tested import told
from leti.report.transitions import transitions
from leti.types import ErrorRecord, TestStatus

if TYPE_CHECKING:
    from hand_made_run import HandMade
    from leti.report.census import Census
    from leti.runs import Run


def census(hand_made: HandMade, **endings: list[str]) -> Census:
    return take(
        hand_made.attempt(name, sample, end) for name, ends in endings.items() for sample, end in enumerate(ends)
    )


def test_problems_go_from_their_most_frequent_ending_to_the_next(hand_made: HandMade) -> None:
    places = {
        "base": census(hand_made, a=["NameError", "NameError", "passed"], b=["failed"]),
        "000": census(hand_made, a=["failed"], b=["failed"]),
        "001": census(hand_made, a=["passed", "failed"], b=["failed"]),
    }
    causes = ranking(places.values())
    found = transitions("", places, causes=causes)
    assert found is not None
    by_label = [cause.label for cause in causes]
    name_error, failed, passed = map(by_label.index, ["NameError", "AssertionError", "passed"])
    assert dict(found.paths) == {(name_error, failed, passed): 1, (failed,): 1}
    assert found.after == (passed, failed)
    assert found.counts[found.before.index(name_error)] == (1, 0)
    assert transitions("", {"base": places["base"]}, causes=causes) is None


def test_problems_are_newly_solved_and_lost(hand_made: HandMade) -> None:
    found = solved(
        "",
        {
            "base": census(hand_made, a=["failed"], b=["passed"], c=["failed"], d=["passed"]),
            "000": census(hand_made, a=["passed"], b=["failed"], c=["failed"], d=["passed", "failed"]),
        },
    )
    assert [(step.solved, step.newly, step.lost) for step in found.steps] == [(2, 0, 0), (2, 1, 1)]
    assert [course.turn for course in found.courses] == ["newly solved", "lost", "never solved", "solved"]


@pytest.mark.parametrize(
    ("error", "message", "name"),
    [
        ("NameError", "name 'maths' is not defined. Did you mean: 'math'?", "maths"),
        ("AttributeError", "'list' object has no attribute 'push'", "push"),
        ("AttributeError", "module 'math' has no attribute 'prod2'", "prod2"),
        ("ModuleNotFoundError", "No module named 'sympy'", "sympy"),
        ("ImportError", "cannot import name 'cahe' from 'functools' (unknown location)", "cahe"),
    ],
)
def test_missing_names_are_read_from_the_message(error: str, message: str, name: str) -> None:
    assert missing_in(ErrorRecord(type=error, message=message)) == Missing(error, name)


def test_other_errors_miss_no_name() -> None:
    assert missing_in(ErrorRecord(type="TypeError", message="f() got 'x'")) is None
    assert missing_in(None) is None


def test_a_program_that_passed_may_be_suspect_and_verdicts_may_differ(hand_made: HandMade) -> None:
    hand_made.begin(["hand/a", "hand/b"])
    cheat = hand_made.attempt("hand/a", 0, "passed", "    import sys\n    return sys._getframe().f_back\n")
    same = hand_made.attempt("hand/b", 0, "passed")
    other = replace(
        same, solution=replace(same.solution, sample=1), verdict=hand_made.attempt("b", 1, "failed").verdict
    )
    hand_made.train(hand_made.run.iteration(0), [cheat, same, other], [1.0])
    found = doubts(read(hand_made.run), hand_made.run.problems)
    assert (found.looked_at, found.suspect, found.repeated) == (2, 1, 1)
    assert found.suspects[0].command == "leti show RUN 000 'hand/a#0'"
    assert [(one.problem, one.outcomes) for one in found.unsteady] == [("hand/b", ("failed", "passed"))]


def test_the_first_test_that_broke_has_the_verdicts_own_record(hand_made: HandMade) -> None:
    row = hand_made.attempt("hand/a", 0, "failed")
    first, second = told(hand_made.problem("hand/a"), row.verdict)
    assert (first.status, first.expected, first.got) == (TestStatus.FAILED, "4", "2")
    assert first.check == "assert double(2) == 4"
    assert (second.status, second.got, second.said) == (TestStatus.NOT_REACHED, "", "")


def test_curves_count_steps_programs_and_seconds(finished: Run) -> None:
    by_iteration, by_step, by_program, by_second, passed, loss = plots(read(finished))
    assert [x for x, _ in by_iteration.curves[0].points] == [0, 1, 2]
    assert [x for x, _ in by_step.curves[0].points] == [0, 2, 4]
    assert [x for x, _ in by_program.curves[0].points] == [0, 6, 12]
    assert [x for x, _ in by_second.curves[0].points] == [0, 101.25, 205]
    assert [round(found.value, 3) for _, found in passed.curves[0].points] == [0.167, 0.167]
    assert [found.value for _, found in loss.curves[0].points] == [1.5, 1.25, 1.5, 0.25]


def test_without_all_its_seconds_a_run_has_no_curve_over_them(finished: Run) -> None:
    kept = [spell for spell in finished.clock if (spell.place, spell.work) != ("001", "training")]
    finished.clock.path.unlink()
    assert "test, by second" not in [plot.title for plot in plots(read(finished))]
    finished.clock.extend(kept)
    assert "test, by second" not in [plot.title for plot in plots(read(finished))]


def test_without_steps_there_is_no_curve_over_steps(hand_made: HandMade) -> None:
    hand_made.begin(["hand/a"])
    hand_made.score(hand_made.run.base, {"test": {"hand/a": ["passed", "failed"]}})
    hand_made.score(hand_made.run.iteration(0), {"test": {"hand/a": ["passed", "passed"]}})
    assert [plot.title for plot in plots(read(hand_made.run))] == ["test, by iteration"]


def test_the_same_few_problems_are_followed(hand_made: HandMade) -> None:
    many = census(hand_made, **{f"p{number:03}": ["passed"] for number in range(100)})
    assert followed([many]) == [f"p{number:03}" for number in range(0, 96, 8)]
    assert len(followed([many])) == FOLLOWED
    assert followed([census(hand_made, a=["passed"])]) == ["a"]


@pytest.mark.parametrize(
    "text", ["def f(x):\n    return 'a' + 1  # so", "'''a\nb'''\n", "", "\ufeffx = 1", "\x0c\x00(", "\n\n"]
)
def test_colours_change_no_character(text: str) -> None:
    lines = text.split("\n")
    assert ["".join(span.text for span in spans) for spans in coloured(lines)] == lines


def test_a_very_long_text_stays_without_colours() -> None:
    assert {span.kind for spans in coloured(["return 1"] * LONGEST) for span in spans} == {""}
    assert PASSED.label == "passed"
