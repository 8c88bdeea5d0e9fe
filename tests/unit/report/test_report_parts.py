"""The pure parts: lines, counts, words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from leti.kinds import Tests
from leti.page.texts import cut, visible
from leti.report.census import PASSED, Cause, Census, take
from leti.report.endings import CAUSES, endings, ranking
from leti.report.learning import headline, measure
from leti.report.listing import LINE_CHARS, Mark, Part, listing
from leti.types import ErrorRecord, Frame, Outcome, Problem

if TYPE_CHECKING:
    from hand_made_run import HandMade


def problem(prompt: str = "def f():\n") -> Problem:
    return Problem(id="hand/a", prompt=prompt, check=Tests(tests=("assert f()", "assert not f()")), source="hand")


def parts(program: str, prompt: str = "def f():\n") -> list[tuple[int | None, str, str]]:
    return [(line.number, line.part.value, line.text) for line in listing(problem(prompt), program, error=None)]


def test_lines_are_counted_over_program_and_tests() -> None:
    assert parts("def f():\n    return 1") == [
        (1, "prompt", "def f():"),
        (2, "program", "    return 1"),
        (3, "tests", "assert f()"),
        (4, "tests", "assert not f()"),
    ]


@pytest.mark.parametrize(
    ("prompt", "program", "prompt_lines"),
    [
        ("a\nb\n", "a\nb\nc", 2),
        ("a\nb", "a\nb\nc", 2),
        ("a\nb", "a\nbc", 1),
        ("a\nb", "a\nb", 2),
        ("a\r\nb\r\n", "a\r\nb\r\nc", 2),
        ("", "a", 0),
        ("a\n", "x\na\n", 0),
    ],
)
def test_a_line_is_the_prompts_only_if_all_of_it_is(prompt: str, program: str, prompt_lines: int) -> None:
    assert sum(part == "prompt" for _, part, _ in parts(program, prompt)) == prompt_lines


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_lines_end_where_the_compiler_ends_them(newline: str) -> None:
    program = newline.join(["def f():", "    return '\f\x1c\u2028'", ""])
    frames = []
    try:
        exec(compile(f"{program}\nassert 0", "<string>", "exec"), {})
    except AssertionError as error:
        frames = [error.__traceback__.tb_next.tb_lineno]
    assert [number for number, part, _ in parts(program) if part == "tests"][:1] == frames


def test_the_innermost_line_fails_and_the_outer_ones_call() -> None:
    frames = tuple(Frame(line=line, function="f", source="") for line in (3, 1, 2))
    inside = Frame(line=1, function="<module>", source="", evaluated=True)
    lines = listing(problem(), "def f():\n    eval('1/0')", error=ErrorRecord(type="E", frames=(*frames, inside)))
    assert [line.mark for line in lines] == [Mark.CALLS, Mark.FAILS, Mark.CALLS, Mark.NONE]


def test_a_syntax_error_marks_the_place_it_points_to() -> None:
    error = ErrorRecord(type="SyntaxError", syntax=Frame(line=2, function="", source=""))
    assert [line.mark for line in listing(problem(), "def f():\n  (", error=error)][1] is Mark.FAILS


def test_of_a_long_program_the_failing_line_stays() -> None:
    program = "def f():\n" + "    x = 1\n" * 5000
    error = ErrorRecord(type="E", frames=(Frame(line=4000, function="f", source=""),))
    lines = [line for line in listing(problem(), program, error=error) if line.part is Part.PROGRAM]
    assert len(lines) < 300
    assert [line.number for line in lines[-3:]] == [None, 4000, None]
    assert lines[-1].text == "… 1,002 lines left out"


def test_a_long_line_is_cut() -> None:
    line = listing(problem(), "def f():\n" + "x" * 1000, error=None)[1]
    assert line.text == "x" * LINE_CHARS + " […760 characters left out]"


def test_cut_keeps_head_and_tail() -> None:
    assert cut("a" * 10, 10) == "a" * 10
    assert cut("abcdefghij" * 2, 8) == "abcdef […12 characters left out…] ij"


def test_visible_text_can_be_written_and_seen() -> None:
    assert visible("tab\tline\nümlaut 漢") == "tab\tline\nümlaut 漢"
    assert visible("\x00\r\x7f\ud800\U000e0001") == "␀␍␡\\ud800\\U000e0001"


def test_a_census_counts_and_keeps_one_program_a_problem(hand_made: HandMade) -> None:
    rows = [
        hand_made.attempt(f"hand/{name}", sample, end)
        for name in "abcde"
        for sample, end in enumerate(["failed", "failed", "passed"])
    ]
    census = take(iter(rows))
    failed = Cause(Outcome.FAILED, "AssertionError")
    assert (census.programs, census.passed, census.causes[failed]) == (15, 5, 10)
    assert [row.key for row in census.kept[failed]] == [("hand/a", 0), ("hand/b", 0), ("hand/c", 0)]
    assert census.firsts["hand/a", True].key == ("hand/a", 2)


def test_rare_causes_are_one_and_passed_is_always_there(hand_made: HandMade) -> None:
    rows = [hand_made.attempt("hand/a", n, f"Error{min(n, 20 - n):02}") for n in range(21)]
    census = take(rows)
    causes = ranking([census])
    assert causes[0] == PASSED
    assert len(causes) == CAUSES + 1
    column = endings("", {"000": census, "001": take([])}, causes=causes).columns
    assert [one.name for one in column] == ["000"]
    assert sum(column[0].counts) == 21
    assert column[0].counts[0] == 0
    assert column[0].counts[-1] == 5


def scores(value: float) -> dict[str, Any]:
    return {"test": {"pass@1": {"value": value, "low": value, "high": value}}}


def census(hand_made: HandMade, passed: int, problems: int = 40) -> Census:
    return take([hand_made.attempt(f"hand/{n}", 0, "passed" if n < passed else "failed") for n in range(problems)])


@pytest.mark.parametrize(
    ("after", "said", "evidence"),
    [
        (30, "rose from 25.0", "20 problems have a higher pass rate than before, 0 a lower one."),
        (0, "fell from 25.0", "0 problems have a higher pass rate than before, 10 a lower one."),
        (11, "did not clearly change: 25.0", "1 problem has a higher pass rate than before, 0 a lower one."),
        (10, "did not clearly change: 25.0", "The interval includes zero"),
    ],
)
def test_the_headline_says_no_more_than_the_interval(hand_made: HandMade, after: int, said: str, evidence: str) -> None:
    held_out = {"test": {"base": census(hand_made, 10), "000": census(hand_made, after)}}
    found = headline({"base": scores(0.25), "000": scores(after / 40)}, held_out, selected=None)
    assert said in found.title
    assert evidence in " ".join(found.sentences)


def test_other_problems_on_the_other_side_give_no_interval(hand_made: HandMade) -> None:
    held_out = {"test": {"base": census(hand_made, 10), "000": census(hand_made, 10, problems=20)}}
    found = headline({"base": scores(0.25), "000": scores(0.5)}, held_out, selected=None)
    assert "did not clearly change" in found.title
    assert "no interval" in found.sentences[0]


def test_where_pass_at_1_is_not_scored_the_first_that_is_stands_for_it() -> None:
    assert measure({"base": {"test": {"problems": 1, "pass@10": {}}}}) == "pass@10"
    assert measure({}) == "pass@1"
