"""All attempts as a browser shows them: a form that works without a script, and nothing that leaves this machine."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from readers import open_to_readers

from browser import PROGRAM, WHY_NOT, Page, browsing
from hostile import PLANTED, RAN, plant

if TYPE_CHECKING:
    from collections.abc import Iterator

    from readers import Client

    from hand_made_run import HandMade

pytestmark = pytest.mark.skipif(PROGRAM is None, reason=WHY_NOT)
SHOWN = "[...document.querySelectorAll('#list .attempt')]"


@pytest.fixture(scope="module")
def browser() -> Iterator[Page]:
    with browsing() as page:
        yield page


@pytest.fixture
def page(browser: Page) -> Page:
    browser.look(width=1280)
    return browser


def choose(page: Page, **values: str) -> None:
    """Fills in the form and sends it, as a person would."""
    for name, value in values.items():
        page.run(f"document.querySelector('#filter [name={name}]').value = {value!r}")
    follow(page, "#filter button")


def follow(page: Page, what: str) -> None:
    page.arrive(lambda: page.run(f"document.querySelector({what!r}).click(); 0"))


def outcomes(page: Page) -> set[str]:
    return set(page.run(f"{SHOWN}.map(one => one.dataset.outcome)"))


def test_attempts_are_filtered_paged_and_set_side_by_side(client: Client, page: Page) -> None:
    page.open(client.server.address)
    choose(page, outcome="timed-out")
    assert page.run("location.search").count("outcome=timed-out") == 1
    assert outcomes(page) == {"timed-out"}
    choose(page, outcome="", text="is not defined")
    assert outcomes(page) == {"raised"}
    choose(page, text="")
    assert page.run(f"{SHOWN}.length") == 25
    follow(page, "[rel=next]")
    assert page.run(f"{SHOWN}.length") == 11
    page.arrive(lambda: page.run("history.back(); 0"))
    assert page.run(f"{SHOWN}.length") == 25
    choose(page, place="000", beside="001")
    left, right = page.run("[...document.querySelectorAll('.place')].map(one => one.offsetLeft)")
    assert left < right
    assert page.run("document.querySelector('[name=beside]').value") == "001"
    assert page.complaints() == []


def test_it_works_without_a_script(client: Client, page: Page) -> None:
    page.open(f"{client.server.address}attempts?outcome=failed")
    assert page.run("document.scripts.length") == 0
    assert outcomes(page) == {"failed"}


@pytest.mark.parametrize("text", [RAN, *PLANTED])
def test_nothing_that_is_planted_runs_or_is_fetched(hand_made: HandMade, page: Page, text: str) -> None:
    plant(hand_made, text)
    with open_to_readers(hand_made.run) as client:
        for address in ("", "attempts"):
            page.open(client.server.address + address)
            page.run("for (const one of document.querySelectorAll('details')) one.open = true")
            choose(page, text=text)
            assert page.run("window.planted") is None
            assert page.complaints() == []
            assert all(one.startswith(client.server.address) for one in page.requests())
            assert page.run("document.querySelector('[name=problem]').options.length") == 2


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", [380, 1600])
@pytest.mark.parametrize("address", ["", "attempts?place=000&beside=001", "attempts?at=25", "nowhere"])
def test_it_is_accessible_and_fits(client: Client, page: Page, address: str, width: int, *, dark: bool) -> None:
    page.look(width=width, dark=dark)
    page.open(client.server.address + address)
    page.run("for (const one of document.querySelectorAll('details')) one.open = true")
    assert page.run("document.documentElement.scrollWidth - document.documentElement.clientWidth") == 0
    assert page.barriers() == []
