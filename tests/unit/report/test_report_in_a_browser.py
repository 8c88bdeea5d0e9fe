"""The page as a browser shows it: nothing planted runs, nothing is fetched, everybody can read it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from browser import PROGRAM, WHY_NOT, Page, browsing
from hostile import PLANTED, RAN, plant
from leti.report import write_report

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hand_made_run import HandMade
    from leti.runs import Run

pytestmark = pytest.mark.skipif(PROGRAM is None, reason=WHY_NOT)


@pytest.fixture(scope="module")
def browser() -> Iterator[Page]:
    with browsing() as page:
        yield page


@pytest.fixture
def page(browser: Page) -> Page:
    """As wide as a desk, and light."""
    browser.look(width=1280)
    return browser


@pytest.mark.parametrize("text", [RAN, *PLANTED])
def test_nothing_that_is_planted_runs_or_is_fetched(hand_made: HandMade, page: Page, text: str) -> None:
    plant(hand_made, text)
    page.open(write_report(hand_made.run).as_uri())
    page.run("for (const one of document.querySelectorAll('details')) one.open = true")
    assert page.run("window.planted") is None
    assert page.complaints() == []
    assert page.requests() == [hand_made.run.report.as_uri()]
    assert page.run("at('by-problem').options.length") == 2


def test_the_policy_stops_a_script_that_got_in(finished: Run, page: Page) -> None:
    file = write_report(finished)
    file.write_text(file.read_text("utf-8").replace("<main>", f"<main>{RAN}"), "utf-8")
    page.open(file.as_uri())
    assert page.run("window.planted") is None
    assert "Content Security Policy" in "".join(page.complaints())


def test_attempts_are_filtered_and_set_side_by_side(finished: Run, page: Page) -> None:
    page.open(write_report(finished).as_uri())
    assert choose(page, "outcome", "timed-out") == {"timed-out"}
    assert choose(page, "outcome", "") > {"timed-out", "passed"}
    assert choose(page, "text", "is not defined") == {"raised"}
    choose(page, "text", "")
    choose(page, "place", "000")
    choose(page, "beside", "001")
    left, right = page.run("[...document.querySelectorAll('.place:not([hidden])')].map(one => one.offsetLeft)")
    assert left < right


def choose(page: Page, name: str, value: str) -> set[str]:
    """Chooses it as a person would, and tells the outcomes that are still to be seen."""
    page.run(f"at('by-{name}').value = {value!r}; at('by-{name}').dispatchEvent(new Event('input', {{bubbles: true}}))")
    shown = "document.querySelectorAll('#list .attempt:not([hidden])')"
    return set(page.run(f"[...{shown}].filter(one => one.offsetHeight).map(one => one.dataset.outcome)"))


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", [380, 1600])
def test_it_is_accessible_and_fits(finished: Run, page: Page, width: int, *, dark: bool) -> None:
    page.look(width=width, dark=dark)
    page.open(write_report(finished).as_uri())
    page.run("for (const one of document.querySelectorAll('details')) one.open = true")
    assert page.run("document.documentElement.scrollWidth - document.documentElement.clientWidth") == 0
    assert page.barriers() == []


def test_without_a_script_everything_is_there(finished: Run, page: Page) -> None:
    page.ask("Emulation.setScriptExecutionDisabled", value=True)
    page.open(write_report(finished).as_uri())
    page.ask("Emulation.setScriptExecutionDisabled", value=False)
    assert page.run("document.getElementById('filter').hidden")
    assert page.run("[...document.querySelectorAll('.attempt')].every(one => one.offsetHeight > 0)")
