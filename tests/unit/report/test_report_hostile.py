"""What a model wrote is shown, and does nothing."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from hostile import PLANTED, assert_inert, read
from leti.kinds import Tests
from leti.report import write_report
from leti.report.page import ATTEMPT_BYTES
from leti.types import Feedback, Frame, Problem

if TYPE_CHECKING:
    from hand_made_run import HandMade
    from leti.runs import Run


def plant(hand_made: HandMade, text: str) -> None:
    """A run with the text wherever a model, a problem or a user can write."""
    name = f"hand/{text}"
    config = {"iterations": 1, text: {text: text}, "model": {"path": text}, "problems": {"name": text}}
    prompt = f"def f():\n    {text}\n"
    problem = Problem(id=name, prompt=prompt, check=Tests(tests=(f"assert {text}",), setup=text), source=text)
    hand_made.run.begin(config, {"identity": {text: text}, "versions": {text: [text]}}, problems=[problem])
    row = hand_made.attempt(name, 0, "NameError", f"    {text}\n")
    error = replace(
        row.verdict.error, type=text, message=text, frames=(Frame(line=2, function=text, source=text),), check=text
    )
    row = replace(
        row,
        solution=replace(row.solution, program=prompt + row.solution.completion),
        verdict=replace(row.verdict, error=error, output=text),
        feedback=Feedback(good=False, text=text),
    )
    place = hand_made.run.iteration(0)
    place.attempts.extend([row])
    place.examples.write([hand_made.example(row)])
    for scored, passed in ((hand_made.run.base, False), (place, True)):
        scored.scored("test").attempts.extend([hand_made.attempt(name, 0, "passed") if passed else row])
        value = {"value": float(passed), "low": float(passed), "high": float(passed)}
        scored.write_scores({"test": {"problems": 1, "samples": 1, "pass@1": value}})


@pytest.mark.parametrize("text", PLANTED)
def test_planted_text_is_inert_wherever_it_stands(hand_made: HandMade, text: str) -> None:
    plant(hand_made, text)
    page = write_report(hand_made.run).read_text("utf-8")
    assert_inert(page)
    assert (read(page).tags.count("style"), read(page).tags.count("script")) == (1, 1)


def test_the_policy_lets_one_style_sheet_and_one_script_through(finished: Run) -> None:
    page = write_report(finished).read_text("utf-8")
    for kind in ("style", "script"):
        text = page.split(f"<{kind}>")[1].split(f"</{kind}>")[0]
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert f"{kind}-src 'sha256-{digest}'" in page
    assert "default-src 'none'" in page
    assert "unsafe" not in page


def test_planted_text_is_shown_as_it_is(hand_made: HandMade) -> None:
    plant(hand_made, PLANTED[4])
    shown = "".join(read(write_report(hand_made.run).read_text("utf-8")).texts)
    assert shown.count("{{7*7}}{% raw %}{# gone #}") > 10
    assert "49" not in shown


def test_unseen_characters_are_written_out(hand_made: HandMade) -> None:
    plant(hand_made, PLANTED[6])
    shown = "".join(read(write_report(hand_made.run).read_text("utf-8")).texts)
    assert "nul␀ bell␇ escape␛[31m c1\\u009b turned\\u202edef\\u2066 hidden\\u200b\\ufeff end\\u2028" in shown


def test_the_command_cannot_be_turned_into_another(hand_made: HandMade) -> None:
    plant(hand_made, "x'; rm -rf ~; '")
    shown = "".join(read(write_report(hand_made.run).read_text("utf-8")).texts)
    assert """leti show RUN 000 'hand/x'"'"'; rm -rf ~; '"'"'#0'""" in shown


def test_huge_texts_are_cut_and_say_so(hand_made: HandMade) -> None:
    plant(hand_made, "<&" * 300_000)
    page = write_report(hand_made.run).read_text("utf-8")
    assert len(page) < 300_000
    assert "characters left out" in page


def test_the_page_stays_small_whatever_is_written(hand_made: HandMade) -> None:
    names = [f"hand/{number}" for number in range(3)]
    hand_made.begin(names)
    for iteration in range(12):
        rows = [
            hand_made.attempt(name, sample, f"Error{sample}", '"\x00\n' * 4000) for name in names for sample in range(8)
        ]
        hand_made.train(hand_made.run.iteration(iteration), rows, [1.0])
    page = write_report(hand_made.run).read_bytes()
    assert len(page) < ATTEMPT_BYTES + 300_000
    assert b"too long for this page" in page
