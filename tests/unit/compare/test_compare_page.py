"""The page: what stands in it, that nothing planted does anything, and that everybody can read it."""

from __future__ import annotations

import base64
import hashlib
import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from browser import PROGRAM, WHY_NOT, Page, browsing
from hostile import PLANTED, assert_inert, read
from leti.compare import compare, in_words, write_page

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conftest import Maker

GOLDEN = Path(__file__).parents[2] / "golden" / "compare.html"
BROWSER = pytest.mark.skipif(PROGRAM is None, reason=WHY_NOT)
RAN = "<script>window.planted = 1</script><img src=x onerror='window.planted = 1'>"


def written(paths: list[Path], out: Path) -> str:
    write_page(compare(paths), out)
    return out.read_text("utf-8")


@pytest.fixture
def paths(maker: Maker) -> list[Path]:
    """Two arms of two seeds, and one of one."""
    found = [maker.run(f"words/{seed}", [1, 2, 2], seed=seed, seconds=30.0 + seed) for seed in (0, 1)]
    found += [
        maker.run(f"token/{seed}", [1, 1, 2], seed=seed, seconds=20.0, objective="reward-only") for seed in (0, 1)
    ]
    return [*found, maker.run("passing", [1, 2, 3], objective="passing-only", seconds=10.0, steps=2)]


def test_the_page_is_the_golden_one(paths: list[Path], tmp_path: Path) -> None:
    page = written(paths, tmp_path / "compare.html")
    if os.environ.get("LETI_REGOLD"):
        GOLDEN.write_text(page, "utf-8")
    assert page == GOLDEN.read_text("utf-8")


def test_the_policy_lets_one_style_sheet_through_and_no_script(paths: list[Path], tmp_path: Path) -> None:
    page = written(paths, tmp_path / "compare.html")
    style = page.split("<style>")[1].split("</style>")[0]
    assert f"style-src 'sha256-{base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()}'" in page
    assert "script" not in page
    assert "default-src 'none'" in page


def plant(maker: Maker, text: str) -> list[Path]:
    """Two runs with the text wherever a user or a problem set can write."""
    folder = text.replace("/", "_").replace("\x00", "")[:60]
    problems = [f"{text}{number}" for number in range(3)]
    config = {text: {text: text}, "training": {"epochs": text}}
    shared = {"problems": problems, "splits": ("test",), "model": text}
    return [
        maker.run(f"{folder}1", [1, 2], **shared),
        maker.run(f"{folder}2", [1, 3], objective=text, config=config, **{**shared, "model": {text: text}}),
    ]


@pytest.mark.parametrize("text", [RAN, *PLANTED])
def test_planted_text_is_inert_wherever_it_stands(maker: Maker, tmp_path: Path, text: str) -> None:
    page = written(plant(maker, text), tmp_path / "compare.html")
    assert_inert(page)
    assert read(page).tags.count("style") == 1


def test_planted_text_does_nothing_on_a_terminal(maker: Maker) -> None:
    words = in_words(compare(plant(maker, PLANTED[-1])))
    assert "\x1b" not in words
    assert "\u202e" not in words


def test_long_names_are_cut(maker: Maker, tmp_path: Path) -> None:
    long = "n" * 3000
    runs = [maker.run("a", [1, 2], problems=[long]), maker.run("b", [1, 3], objective=long, problems=[long])]
    page = written(runs, tmp_path / "compare.html")
    assert "characters left out" in page
    assert "n" * 200 not in page


@pytest.fixture(scope="module")
def browser() -> Iterator[Page]:
    with browsing() as page:
        yield page


@BROWSER
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", [380, 1600])
def test_it_is_accessible_and_fits(browser: Page, paths: list[Path], tmp_path: Path, width: int, *, dark: bool) -> None:
    written(paths, tmp_path / "compare.html")
    browser.look(width=width, dark=dark)
    browser.open((tmp_path / "compare.html").as_uri())
    browser.run("for (const one of document.querySelectorAll('details')) one.open = true")
    assert browser.complaints() == []
    assert browser.requests() == [(tmp_path / "compare.html").as_uri()]
    assert browser.run("document.documentElement.scrollWidth - document.documentElement.clientWidth") == 0
    assert browser.barriers() == []


@BROWSER
@pytest.mark.parametrize("text", [RAN, *PLANTED[:6]])
def test_nothing_that_is_planted_runs_or_is_fetched(browser: Page, maker: Maker, tmp_path: Path, text: str) -> None:
    written(plant(maker, text), tmp_path / "compare.html")
    browser.open((tmp_path / "compare.html").as_uri())
    assert browser.run("window.planted") is None
    assert browser.complaints() == []
    assert browser.requests() == [(tmp_path / "compare.html").as_uri()]


@BROWSER
def test_no_two_arms_are_drawn_alike(browser: Page, paths: list[Path], tmp_path: Path) -> None:
    written(paths, tmp_path / "compare.html")
    browser.open((tmp_path / "compare.html").as_uri())
    lines = (
        "[...document.querySelector('.curves svg').querySelectorAll('.curve .line')].map(one => getComputedStyle(one))"
    )
    drawn = browser.run(f"{lines}.map(style => [style.stroke, style.strokeDasharray])")
    assert len({stroke for stroke, _ in drawn}) == len({dash for _, dash in drawn}) == 3
