"""The facts as a model card: Markdown, with what the Hub reads in front. Pure."""

from __future__ import annotations

import json
from collections.abc import Sequence

from jinja2 import Environment, PackageLoader, StrictUndefined

from leti.export.facts import Facts
from leti.scores import Estimate


def render(facts: Facts) -> str:
    """The card."""
    environment = Environment(
        loader=PackageLoader("leti.export", "templates"),
        autoescape=False,  # noqa: S701 - Markdown; every value is the user's own configuration, or a number
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters |= {"quoted": quoted, "percent": percent, "points": points, "codes": codes}
    return environment.get_template("card.md.j2").render(facts=facts)


def quoted(text: str) -> str:
    """A text as YAML and Python read it."""
    return json.dumps(text, ensure_ascii=False)


def codes(tokens: Sequence[str]) -> str:
    """Tokens as code, one after the other."""
    return " ".join(f"`{token}`" for token in tokens)


def percent(found: Estimate | None) -> str:
    """A share with its interval."""
    if found is None:
        return "not scored"
    return f"{100 * found.value:.1f} % [{100 * found.low:.1f}, {100 * found.high:.1f}]"


def points(found: Estimate | None) -> str:
    """A difference of shares with its interval."""
    if found is None:
        return ""
    return f"{100 * found.value:+.1f} [{100 * found.low:+.1f}, {100 * found.high:+.1f}]"
