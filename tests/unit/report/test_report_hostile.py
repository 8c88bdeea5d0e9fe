"""What a model wrote is shown, and does nothing."""

from __future__ import annotations

import base64
import hashlib
from typing import TYPE_CHECKING

import pytest

from hostile import PLANTED, assert_inert, plant, read
from leti.report import write_report
from leti.report.page import ATTEMPT_BYTES

if TYPE_CHECKING:
    from hand_made_run import HandMade
    from leti.runs import Run


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
