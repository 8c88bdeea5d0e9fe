"""What a model or a user may write to break a page, and a reader that sees a page as a browser would."""

from __future__ import annotations

import re
from html.parser import HTMLParser

PLANTED = [
    "<script>alert(1)</script>",
    "</style></pre></code></details><script>alert(2)</script>",
    '"><img src=x onerror=alert(3)>',
    "' onmouseover='alert(4)",
    "{{7*7}}{% raw %}{# gone #}",
    "&lt;b&gt;<!-- --><svg onload=alert(5)>]]>",
    "nul\x00 bell\x07 escape\x1b[31m c1\x9b turned\u202edef\u2066 hidden\u200b\ufeff end\u2028",
]
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
