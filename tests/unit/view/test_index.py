"""The index finds what a look at every row finds, and grows with the run."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hand_made_run import HandMade
from leti.errors import RunError
from leti.report.census import cause_of
from leti.runs import Run
from leti.view import Index, finding
from leti.view.asked import Asked
from leti.view.finding import PAGE, columns, says
from leti.view.sources import LEARNED, sources

if TYPE_CHECKING:
    from leti.view.finding import Column

UNSEEN = {"hand/\\u202e": "hand/\u202e"}
"""A name as it is shown, and as it is."""
NAMES = ["hand/a", "hand/b", *UNSEEN.values()]
ENDINGS = ["passed", "failed", "timed-out", "NameError", "my.Own"]
Writing = tuple[int, str | None, str, int, str]
"""Iteration, split, problem, sample, ending."""
Found = tuple[str, str | None, str, int]
"""Place, split, problem, sample."""

writings = st.lists(
    st.tuples(
        st.sampled_from([0, 1]),
        st.sampled_from([None, "test", "validation"]),
        st.sampled_from(NAMES),
        st.integers(0, 40),
        st.sampled_from(ENDINGS),
    ),
    max_size=60,
    unique_by=lambda one: one[:4],
)
filters = st.builds(
    Asked,
    place=st.sampled_from(["", "000", "001", "002"]),
    beside=st.sampled_from(["", "001"]),
    split=st.sampled_from(["", LEARNED, "test", "none"]),
    problem=st.sampled_from(["", "hand/a", *UNSEEN]),
    outcome=st.sampled_from(["", "raised", "passed"]),
    error=st.sampled_from(["", "NameError", "Own"]),
    text=st.sampled_from(["", "DEFINED", "return 2", "nowhere"]),
)


@settings(max_examples=60)
@given(writings, filters, st.integers(0, 60))
def test_pages_hold_what_a_look_at_every_row_finds(writings: list[Writing], asked: Asked, first: int) -> None:
    with TemporaryDirectory() as folder:
        run = Run(Path(folder) / "run")
        HandMade(run).begin(NAMES)
        index = Index(run)
        for part in (writings[:first], writings[first:]):
            for one in part:
                write(run, one)
            index.grow()
            assert paged(index, asked, run) == [brute(run, asked, place) for place in asked.places]


def write(run: Run, writing: Writing) -> None:
    number, split, name, sample, ending = writing
    place = run.iteration(number)
    (place if split is None else place.scored(split)).attempts.extend([HandMade(run).attempt(name, sample, ending)])


def brute(run: Run, asked: Asked, place: str) -> list[Found]:
    found: list[Found] = []
    wanted = (place, asked.split, UNSEEN.get(asked.problem, asked.problem), asked.outcome, asked.error)
    for source in sources(run):
        for row in source.attempts:
            cause = cause_of(row.verdict)
            known = (source.place.name, source.split or LEARNED, row.key[0], cause.outcome.value, cause.error)
            fits = all(one in {"", other} for one, other in zip(wanted, known, strict=True))
            if fits and says(row, asked.text.casefold()):
                found.append((source.place.name, source.split, *row.key))
    return found


def paged(index: Index, asked: Asked, run: Run) -> list[list[Found]]:
    """All that is found by going from page to page, of each column."""
    found: list[list[Found]] = [[] for _ in asked.places]
    while True:
        page = columns(index, asked, problems=run.problems)
        for keys, column in zip(found, page, strict=True):
            keys.extend(keys_of(column))
        if all(column.end >= column.fitting for column in page):
            return found
        asked = replace(asked, at=tuple(column.end for column in page))


def keys_of(column: Column) -> list[Found]:
    return [(source.place.name, source.split, shown.problem, shown.sample) for source, shown in column.found]


def test_a_text_is_looked_for_in_so_many_at_a_time(finished: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(finding, "SEARCHED", 3)
    index = Index(finished)
    index.grow()
    (first,) = columns(index, Asked(text="return x"), problems=finished.problems)
    assert (first.end, len(first.found)) == (3, 2)
    assert paged(index, Asked(text="return x"), finished)[0] == brute(finished, Asked(text="return x"), "")


def test_a_page_is_no_longer_than_a_page(hand_made: HandMade) -> None:
    hand_made.begin(["hand/a"])
    rows = [hand_made.attempt("hand/a", sample, "failed") for sample in range(2 * PAGE + 1)]
    hand_made.run.iteration(0).attempts.extend(rows)
    index = Index(hand_made.run)
    index.grow()
    for start, count in ((0, PAGE), (PAGE, PAGE), (2 * PAGE, 1), (10 * PAGE, 0)):
        (column,) = columns(index, Asked(at=(start,)), problems=hand_made.run.problems)
        assert len(column.found) == count
        assert column.fitting == 2 * PAGE + 1


def test_a_torn_last_line_is_none_until_it_is_whole(hand_made: HandMade) -> None:
    hand_made.begin(["hand/a"])
    attempts = hand_made.run.iteration(0).attempts
    attempts.extend(hand_made.attempt("hand/a", sample, "failed") for sample in range(3))
    whole = attempts.path.read_bytes()
    attempts.path.write_bytes(whole[:-30])
    index = Index(hand_made.run)
    assert total(index) == 2
    attempts.path.write_bytes(whole[:-20])
    assert total(index) == 2
    attempts.extend(hand_made.attempt("hand/a", sample, "failed") for sample in range(4))
    assert total(index) == 4


def total(index: Index) -> int:
    index.grow()
    return sum(index.count(source, Asked()) for source in index.sources)


def test_a_file_in_anothers_place_is_read_anew(hand_made: HandMade) -> None:
    hand_made.begin(["hand/a"])
    attempts = hand_made.run.iteration(0).attempts
    attempts.extend(hand_made.attempt("hand/a", sample, "failed") for sample in range(3))
    index = Index(hand_made.run)
    assert total(index) == 3
    attempts.path.unlink()
    assert total(index) == 0
    attempts.extend([hand_made.attempt("hand/a", 7, "passed")])
    assert total(index) == 1
    assert index.outcomes() == ["passed"]


def test_the_example_of_an_attempt_is_found(finished: Run) -> None:
    index = Index(finished)
    index.grow()
    rows = list(finished.iteration(0).examples)
    learned = next(source for source in index.sources if source.place.name == "000" and source.split is None)
    assert [index.example(learned, row.key) for row in rows] == [(row, True) for row in rows]
    assert index.example(learned, ("hand/none", 0)) == (None, True)
    scored = next(source for source in index.sources if source.split == "test")
    assert index.example(scored, rows[0].key) == (None, False)


def test_a_damaged_row_names_its_file(finished: Run) -> None:
    attempts = finished.iteration(1).attempts
    index = Index(finished)
    index.grow()
    whole = attempts.path.read_bytes()
    attempts.path.write_bytes(whole + b'{"solution": 1}\n')
    with pytest.raises(RunError, match=r"attempts\.jsonl"):
        index.grow()
    attempts.path.write_bytes(whole)
    index.grow()


def test_the_run_is_left_as_it_was(finished: Run) -> None:
    before = {file: file.stat().st_mtime_ns for file in finished.path.rglob("*")}
    index = Index(finished)
    index.grow()
    columns(index, Asked(text="x"), problems=finished.problems)
    assert {file: file.stat().st_mtime_ns for file in finished.path.rglob("*")} == before


@pytest.mark.parametrize("text", ["hand/t", "twice x", "is not defined", "nameerror: name", "said"])
def test_a_text_is_found_wherever_it_stands(hand_made: HandMade, text: str) -> None:
    row = hand_made.attempt("hand/t", 0, "NameError")
    assert says(replace(row, verdict=replace(row.verdict, output="SAID")), text)
    assert not says(row, "nowhere")
