"""What a model or a user may write to break a page, and a reader that sees a page as a browser would."""

from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser
from typing import TYPE_CHECKING

from leti.kinds import Tests
from leti.types import Feedback, Frame, Problem

if TYPE_CHECKING:
    from hand_made_run import HandMade

PLANTED = [
    "<script>alert(1)</script>",
    "</style></pre></code></details><script>alert(2)</script>",
    '"><img src=x onerror=alert(3)>',
    "' onmouseover='alert(4)",
    "{{7*7}}{% raw %}{# gone #}",
    "&lt;b&gt;<!-- --><svg onload=alert(5)>]]>",
    "nul\x00 bell\x07 escape\x1b[31m c1\x9b turned\u202edef\u2066 hidden\u200b\ufeff end\u2028",
]
RAN = "<script>window.planted = 1</script><img src=x onerror='window.planted = 1'><svg onload='window.planted = 1'>"
TAGS = set(
    """
    html head meta title style script body header main footer nav section figure figcaption
    p b i a h1 h2 h3 h4 h5 small code pre br div span ul ol li dl dt dd details summary
    table thead tbody tr th td label select option input output svg g path rect circle text
    """.split()
)


class Reader(HTMLParser):
    """Collects the elements, attributes and texts as a browser would see them."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str, str]] = []
        self.texts: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(tag, name, value or "") for name, value in attrs]

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


def read(page: str) -> Reader:
    reader = Reader()
    reader.feed(page)
    reader.close()
    return reader


def assert_inert(page: str) -> None:
    """Nothing in the page runs or fetches, and no character in it is unseen."""
    reader = read(page)
    assert set(reader.tags) <= TAGS
    for tag, name, value in reader.attributes:
        assert not name.startswith("on")
        assert name not in {"src", "srcdoc", "action", "formaction", "background"}
        assert name != "href" or value.startswith("#")
        assert name != "style", (tag, value)
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b\u2028\u202e\u2066\ufeff]", page)


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
