"""Curves as drawings: pygal draws, the page's style sheet colours, and nothing of either runs or fetches.

pygal brings its own styles, scripts and date into a drawing; all of that is taken out again. What is left is shapes
with class names, so that light, dark and paper are matters of the style sheet.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

import pygal
from markupsafe import Markup

from leti.page.texts import cut, visible
from leti.page.words import percent

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from leti.scores import Estimate

COMMON: Mapping[str, Any] = {
    "width": 440,
    "height": 250,  # as wide as a small screen: on a large one drawings stand side by side
    "margin": 6,
    "show_legend": False,
    "no_prefix": True,
    "js": (),
    "max_scale": 6,
}
TICKS = 6
COLOURS, DASHES = 6, 5
"""Of the style sheet: no two of thirty curves are drawn alike, and no two of five by colour alone."""
UNWANTED = frozenset({"style", "script", "desc", "defs"})
Label = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Curve:
    """One line of a chart."""

    name: str
    points: tuple[tuple[float, Estimate], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Plot:
    """What a chart shows."""

    title: str
    axis: str
    curves: tuple[Curve, ...]
    ticks: tuple[tuple[float, str], ...] = ()
    """Places and their labels on the axis; none where the axis is of numbers."""
    shares: bool = True
    """Whether the values are shares of one."""
    close: bool = False
    """Whether the axis of values begins near the lowest one, to tell curves apart, and not at nothing."""

    @property
    def extends(self) -> bool:
        """Whether there is more than one place on the axis: no steps, no curve over steps."""
        return len({x for curve in self.curves for x, _ in curve.points}) > 1


def style_of(index: int) -> str:
    """The classes that a curve and its key have: a colour, and how its line is broken."""
    return f"k{index % COLOURS} d{index % DASHES}"


def curves(plot: Plot) -> Markup:
    """Lines over an axis, each upon a band that is its interval."""
    highest = max(found.high for curve in plot.curves for _, found in curve.points)
    furthest = max(1.0, *(x for curve in plot.curves for x, _ in curve.points))
    top = min(1.0, (int(10 * highest) + 1) / 10) if plot.shares else 1.05 * highest
    lowest = min(found.low for curve in plot.curves for _, found in curve.points)
    bottom = int(10 * lowest) / 10 if plot.close else 0
    chart = pygal.XY(**COMMON, x_title=plot.axis, range=(bottom, top), xrange=(0, furthest), dots_size=3.5)
    chart.x_labels = few([{"value": x, "label": label} for x, label in plot.ticks])
    chart.x_value_formatter = "{:,.0f}".format
    chart.value_formatter = percents if plot.shares else "{:.2f}".format
    if plot.close:
        chart.y_labels = _round_shares(bottom, top)
    for curve in plot.curves:  # all bands below all lines
        chart.add("", _band(curve), show_dots=False)
    for curve in plot.curves:
        chart.add(curve.name, [_dot(x, curve, plot) for x in range(len(curve.points))], show_dots=plot.shares)
    kinds = [f"{kind} {style_of(index)}" for kind in ("band", "curve") for index in range(len(plot.curves))]
    return drawn(chart, f"{plot.title}: {', '.join(curve.name for curve in plot.curves)}", kinds=kinds)


def _round_shares(bottom: float, top: float) -> list[float]:
    """Every twentieth, tenth or fifth between two tenths, as many as have room."""
    each = 5 if top - bottom <= 0.3 + 1e-9 else 10 if top - bottom <= 0.6 + 1e-9 else 20
    first = -(-round(100 * bottom) // each) * each
    return [part / 100 for part in range(first, round(100 * top) + 1, each)]


def _band(curve: Curve) -> list[tuple[float, float]]:
    """There along the lower ends, back along the upper ones."""
    return [(x, found.low) for x, found in curve.points] + [(x, found.high) for x, found in reversed(curve.points)]


def _dot(at: int, curve: Curve, plot: Plot) -> Label:
    x, found = curve.points[at]
    if not plot.shares:
        return {"value": (x, found.value)}
    where = dict(plot.ticks).get(x, f"{x:,.0f} {plot.axis}")
    interval = f"{100 * found.low:.1f} to {100 * found.high:.1f}"
    return {"value": (x, found.value), "label": f"{curve.name}, {where}: {percent(found.value)} ({interval})"}


def few(labels: list[Label]) -> list[Label]:
    """The labels that have room, evenly spread, the first among them."""
    return labels[:: max(1, -(-len(labels) // TICKS))]


def percents(share: float) -> str:
    """A share on an axis."""
    return f"{100 * share:.0f}\N{NO-BREAK SPACE}%"


def drawn(chart: Any, title: str, *, kinds: Sequence[str] = ()) -> Markup:
    """The drawing as part of a page; each of its series gets the classes that it is coloured by."""
    root = chart.render_tree()
    for element in list(root.iter()):
        if kinds and element.get("class", "").startswith("series "):
            element.set("class", kinds[int(element.get("class", "").rpartition("-")[2])])
        label = element.find("desc[@class='label']")
        title_of = label.text if label is not None else None
        for child in list(element):
            if _unwanted(child):
                element.remove(child)
        if title_of:
            ET.SubElement(element, "title").text = visible(cut(title_of, 200))
    root.attrib = {"class": "chart", "viewBox": root.get("viewBox", ""), "role": "img", "aria-label": visible(title)}
    return Markup(ET.tostring(root, encoding="unicode"))  # noqa: S704 - texts and attributes are escaped by ElementTree


def _unwanted(element: ET.Element) -> bool:
    """What pygal adds that is no shape, and its empty boxes."""
    name = element.tag if isinstance(element.tag, str) else "script"  # a comment's tag is no text
    box = element.get("class") in {"background", "plot tooltip-overlay", "plot text-overlay"}
    return name in UNWANTED or name == "title" or box
