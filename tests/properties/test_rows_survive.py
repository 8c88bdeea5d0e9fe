"""For any rows and any cut: appending all rows again gives exactly the bytes of an uninterrupted write."""

from __future__ import annotations

import json
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given
from hypothesis import strategies as st

from leti.runs import Place
from leti.types import (
    Ending,
    ErrorRecord,
    Feedback,
    Frame,
    Outcome,
    Solution,
    TestResult,
    TestStatus,
    TrainStep,
    Verdict,
)

text = st.text(st.characters(exclude_categories=("Cs",)), max_size=12)
number = st.integers(0, 9)


@st.composite
def solution_rows(draw: st.DrawFn) -> list[Solution]:
    keys = draw(st.lists(st.tuples(text, number), unique=True, max_size=6))
    return [
        Solution(
            problem=problem,
            sample=sample,
            completion=draw(text),
            tokens=tuple(draw(st.lists(number, max_size=3))),
            program=draw(text),
            ending=draw(st.sampled_from(Ending)),
        )
        for problem, sample in keys
    ]


frames = st.builds(Frame, line=number, function=text, source=text, evaluated=st.booleans(), repeated=number)
errors = st.builds(
    ErrorRecord,
    type=text,
    message=text,
    frames=st.lists(frames, max_size=2).map(tuple),
    syntax=st.none() | frames,
    check=st.none() | text,
    expected=st.none() | text,
    got=st.none() | text,
)
verdicts = st.builds(
    Verdict,
    outcome=st.sampled_from(Outcome),
    tests=st.lists(st.builds(TestResult, status=st.sampled_from(TestStatus), error=st.none() | errors), max_size=3).map(
        tuple
    ),
    error=st.none() | errors,
    output=text,
    seconds=st.floats(0, 100),
)
feedbacks = st.builds(Feedback, good=st.booleans(), text=st.none() | text)


@given(solution_rows(), st.data())
def test_solutions_cut_at_any_byte_are_made_whole_again(solutions: list[Solution], data: st.DataObject) -> None:
    with TemporaryDirectory() as folder:
        place = Place(Path(folder) / "a", Path(folder) / "a", "a")
        place.solutions.extend(solutions)
        whole = place.solutions.path.read_bytes()
        assert list(place.solutions) == solutions

        cut = data.draw(st.integers(0, len(whole)), label="cut")
        place.solutions.path.write_bytes(whole[:cut])
        kept = list(place.solutions)
        assert kept == solutions[: len(kept)]
        assert len(kept) == whole[:cut].count(b"\n")
        place.solutions.extend(solutions)
        assert place.solutions.path.read_bytes() == whole


@given(solution_rows(), st.data())
def test_only_what_is_owed_needs_to_be_made_again(solutions: list[Solution], data: st.DataObject) -> None:
    with TemporaryDirectory() as folder:
        place = Place(Path(folder) / "a", Path(folder) / "a", "a")
        place.solutions.extend(solutions)
        whole = place.solutions.path.read_bytes()
        place.solutions.path.write_bytes(whole[: data.draw(st.integers(0, len(whole)), label="cut")])
        done = place.solutions.keys()
        place.solutions.extend(row for row in solutions if row.key not in done)
        assert place.solutions.path.read_bytes() == whole


@given(solution_rows(), st.data())
def test_attempts_come_back_equal_and_hold_no_clock(solutions: list[Solution], data: st.DataObject) -> None:
    from leti.runs import AttemptRow

    rows = [
        AttemptRow(solution=solution, verdict=data.draw(verdicts), feedback=data.draw(feedbacks))
        for solution in solutions
    ]
    with TemporaryDirectory() as folder:
        place = Place(Path(folder) / "a", Path(folder) / "a", "a")
        place.attempts.extend(rows)
        assert list(place.attempts) == rows  # `seconds` does not take part in equality
        assert all(row.verdict.seconds == 0.0 for row in place.attempts)
        for line in place.attempts.path.read_bytes().split(b"\n")[:-1]:
            assert "seconds" not in json.loads(line)["verdict"]


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), max_size=6), st.data())
def test_metrics_cut_at_any_byte_are_made_whole_again_to_the_last_digit(
    losses: list[float], data: st.DataObject
) -> None:
    steps = [
        TrainStep(step=n, kind="examples", loss=loss, learning_rate=1e-5, gradient_norm=loss, tokens=n, sequences=n)
        for n, loss in enumerate(losses, start=1)
    ]
    with TemporaryDirectory() as folder:
        place = Place(Path(folder), Path(folder), "a")
        place.metrics.extend(steps)
        assert list(place.metrics) == steps
        whole = place.metrics.path.read_bytes()
        place.metrics.path.write_bytes(whole[: data.draw(st.integers(0, len(whole)), label="cut")])
        place.metrics.extend(steps)
        assert place.metrics.path.read_bytes() == whole
