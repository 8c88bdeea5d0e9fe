"""The facts as HTML. No script, nothing fetched, and every value escaped on its way in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from leti.errors import RunError
from leti.report.facts import Facts, gather
from leti.report.learning import percent, points
from leti.report.texts import visible
from leti.rows import write

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from leti.runs import Run

ATTEMPT_BYTES = 3_000_000
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
    parts = environment.get_template("attempts.html.j2").make_module({"causes": facts.causes})
    allowance = ATTEMPT_BYTES // max(1, len(facts.groups) + len(facts.pairs))
    groups = [
        (group.title, *_within(allowance, (parts.attempt(shown) for shown in group.shown)))  # type: ignore[attr-defined]
        for group in facts.groups
    ]
    pairs = [
        (title, *_within(allowance, (parts.pair(pair) for pair in found)))  # type: ignore[attr-defined]
        for title, found in facts.pairs
    ]
    return environment.get_template("page.html.j2").render(facts=facts, groups=groups, pairs=pairs)


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
