"""Facts as HTML: one file that fetches nothing, and every value in it escaped on its way in.

The page's own policy lets one style sheet and at most one script of ours through, by their digests, and nothing else.
"""

from __future__ import annotations

import base64
import hashlib
from importlib import resources
from typing import TYPE_CHECKING, Any

from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from leti.page.charts import style_of
from leti.page.texts import visible
from leti.page.words import amount, percent, points

if TYPE_CHECKING:
    from jinja2 import Template

SHARED = "leti.page"


class Sealed:
    """The templates of a room, upon those of the rooms it builds on, upon those that all pages share."""

    def __init__(self, *rooms: str, forms: str = "'none'") -> None:
        self._room = rooms[0]
        self._forms = forms
        self._environment = Environment(
            loader=ChoiceLoader([PackageLoader(room, "templates") for room in (*rooms, SHARED)]),
            autoescape=True,
            undefined=StrictUndefined,
            finalize=_finalize,
            trim_blocks=True,
            lstrip_blocks=True,
            keep_trailing_newline=True,
        )
        self._environment.filters |= {"percent": percent, "points": points, "amount": amount, "style_of": style_of}
        self._style = Markup().join(_own(room, "style.css") for room in (SHARED, *reversed(rooms)))

    def template(self, name: str) -> Template:
        """One of them."""
        return self._environment.get_template(name)

    def page(self, name: str, *, script: str = "", **values: Any) -> str:
        """A page, with the shared style sheet and the rooms' own behind it, and the room's script if it has one."""
        code = _own(self._room, script) if script else Markup()
        return self.template(name).render(style=self._style, script=code, policy=self.policy(code), **values)

    def policy(self, script: str = "") -> Markup:
        """What a page with that script lets through."""
        scripts = f"script-src 'sha256-{_digest(script)}'; " if script else ""
        style = f"style-src 'sha256-{_digest(self._style)}'"
        return Markup(f"default-src 'none'; {style}; {scripts}base-uri 'none'; form-action {self._forms}")  # noqa: S704


def _own(room: str, name: str) -> Markup:
    """A file of ours that stands in the page as it is."""
    return Markup(resources.files(room).joinpath("templates", name).read_text("utf-8"))  # noqa: S704


def _digest(text: str) -> str:
    """As a content-security policy names what it lets through."""
    return base64.b64encode(hashlib.sha256(text.encode("utf-8")).digest()).decode("ascii")


def _finalize(value: Any) -> Any:
    """What every value goes through before it is escaped. Markup is what our own templates made."""
    return visible(value) if isinstance(value, str) and not isinstance(value, Markup) else value
