"""The facts as HTML: one file that fetches nothing, and every value in it escaped on its way in.

The page's own policy lets one style sheet and one script of ours through, by their digests, and nothing else.
"""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from importlib import resources
from itertools import groupby
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from leti.errors import RunError
from leti.report.charts import curves, shares
from leti.report.facts import Facts, gather
from leti.report.learning import percent, points
from leti.report.texts import visible
from leti.rows import write

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from leti.report.attempts import Group
    from leti.runs import Run

ATTEMPT_BYTES = 5_000_000
"""What the attempts may take of the page; the rest of it is tables."""


def write_report(run: Run) -> Path:
    """Writes the run's HTML file, whatever the run has got to.

    Returns:
        Its path. The same run gives the same bytes.

    Raises:
        RunError: this is no run, a file in it is damaged, or it cannot be written to.
    """
    page = render(gather(run)).encode("utf-8")
    try:
        write(run.report, page)
    except OSError as error:
        raise RunError(f"{run.report} cannot be written: {error.strerror}. Make the directory writable.") from None
    return run.report


def render(facts: Facts) -> str:
    """The page."""
    environment = Environment(
        loader=PackageLoader("leti.report", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_finalize,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters |= {"percent": percent, "points": points}
    parts: Any = environment.get_template("attempts.html.j2").make_module({"causes": facts.causes})
    allowance = ATTEMPT_BYTES // max(1, len(facts.groups) + len(facts.pairs))
    groups = [_fitting(group, [parts.attempt(shown) for shown in group.shown], allowance) for group in facts.groups]
    style, script = _own("style.css"), _own("filter.js")
    return environment.get_template("page.html.j2").render(
        facts=facts,
        style=style,
        script=script,
        digests={"style": _digest(style), "script": _digest(script)},
        plots=[(plot, curves(plot)) for plot in facts.plots],
        shares={group.title: shares(group, facts.causes) for group in facts.endings if group.columns},
        places=[(place, list(fitting)) for place, fitting in groupby(groups, key=lambda group: group.place)],
        pairs=[(title, *_within(allowance, [parts.pair(pair) for pair in found])) for title, found in facts.pairs],
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Fitting:
    """A group of attempts as HTML, as many as there is room for."""

    place: str
    title: str
    shown: list[Markup]
    left_out: int


def _fitting(group: Group, rendered: list[Markup], allowance: int) -> Fitting:
    shown, left_out = _within(allowance, rendered)
    return Fitting(place=group.place, title=group.title, shown=shown, left_out=left_out)


def _own(name: str) -> Markup:
    """A file of ours that stands in the page as it is."""
    return Markup(resources.files("leti.report").joinpath("templates", name).read_text("utf-8"))  # noqa: S704


def _digest(text: str) -> str:
    """As a content-security policy names what it lets through."""
    return base64.b64encode(hashlib.sha256(text.encode("utf-8")).digest()).decode("ascii")


def _within(allowance: int, rendered: Iterable[Markup]) -> tuple[list[Markup], int]:
    """The first of the parts that fit together into so many bytes, and how many were left out."""
    fitting: list[Markup] = []
    left_out = 0
    for part in rendered:
        allowance -= len(part.encode("utf-8"))
        if allowance >= 0:
            fitting.append(part)
        else:
            left_out += 1
    return fitting, left_out


def _finalize(value: Any) -> Any:
    """What every value goes through before it is escaped. Markup is what our own templates made."""
    return visible(value) if isinstance(value, str) and not isinstance(value, Markup) else value
