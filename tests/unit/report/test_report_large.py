"""A run as large as they come: the page stays small, and opens at once."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import pytest

from browser import PROGRAM, browsing
from leti.report import write_report

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hand_made_run import HandMade
    from leti.runs import AttemptRow

PROBLEMS, SAMPLES, ITERATIONS = 374, 128, 10
ENDINGS = ["passed", "failed", "NameError", "TypeError", "SyntaxError", "timed-out", "IndexError", "KeyError"]


def rows(hand_made: HandMade, chance: float) -> Iterator[AttemptRow]:
    """Programs of twenty lines, of which more pass as it goes on."""
    draw = random.Random(0)
    for name in map("hand/{}".format, range(PROBLEMS)):
        for sample in range(SAMPLES):
            ending = "passed" if draw.random() < chance else draw.choice(ENDINGS)
            body = (
                f"    value = {draw.random()}\n"
                + "    x = max(x, 0) if x else 1  # again\n" * 18
                + "    return y + x\n"
            )
            yield hand_made.attempt(name, sample, ending, body)


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_a_large_run_is_a_small_page_that_opens_at_once(hand_made: HandMade) -> None:
    names = [f"hand/{number}" for number in range(PROBLEMS)]
    hand_made.begin(names)
    hand_made.score(hand_made.run.base, {"test": {name: ["failed", "NameError"] for name in names}})
    for number in range(ITERATIONS):
        place = hand_made.run.iteration(number)
        place.attempts.extend(rows(hand_made, number / 12))
        hand_made.score(place, {"test": {name: ["passed", "failed"] for name in names}})
    page = write_report(hand_made.run).stat().st_size
    assert page < 15_000_000
    if PROGRAM:
        with browsing() as browser:
            browser.open(hand_made.run.report.as_uri())
            assert browser.run("performance.getEntriesByType('navigation')[0].loadEventEnd") < 2000
