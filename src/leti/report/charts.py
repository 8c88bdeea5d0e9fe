"""Plots as drawings: pygal draws, the page's style sheet colours, and nothing of either runs or fetches.

pygal brings its own styles, scripts and date into a drawing; all of that is taken out again. What is left is shapes
with class names, so that light, dark and paper are matters of the style sheet.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

import pygal
from markupsafe import Markup

from leti.report.learning import percent
from leti.report.texts import cut, visible

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from leti.report.census import Cause
    from leti.report.curves import Curve, Plot
    from leti.report.endings import Endings

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
UNWANTED = frozenset({"style", "script", "desc", "defs"})
Label = dict[str, Any]


def curves(plot: Plot) -> Markup:
    """Lines over an axis, each upon a band that is its interval."""
    highest = max(found.high for curve in plot.curves for _, found in curve.points)
    furthest = max(1.0, *(x for curve in plot.curves for x, _ in curve.points))
    top = min(1.0, (int(10 * highest) + 1) / 10) if plot.shares else 1.05 * highest
    chart = pygal.XY(**COMMON, x_title=plot.axis, range=(0, top), xrange=(0, furthest), dots_size=3.5)
    chart.x_labels = _few([{"value": x, "label": label} for x, label in plot.ticks])
    chart.x_value_formatter = "{:,.0f}".format
    chart.value_formatter = _percents if plot.shares else "{:.2f}".format
    for curve in plot.curves:
        chart.add("", _band(curve), show_dots=False)
        chart.add(curve.name, [_dot(x, curve, plot) for x in range(len(curve.points))], show_dots=plot.shares)
    return _drawn(chart, f"{plot.title}: {', '.join(curve.name for curve in plot.curves)}")


def shares(group: Endings, causes: Sequence[Cause]) -> Markup:
    """Columns, one a place, of how the programs ended."""
    chart = pygal.StackedBar(**COMMON, range=(0, 1), spacing=0)
    chart.x_labels = [column.name for column in group.columns]
    chart.x_labels_major = [label["label"] for label in _few([{"label": column.name} for column in group.columns])]
    chart.show_minor_x_labels = len(group.columns) <= 2 * TICKS
    chart.value_formatter = _percents
    for index, name in enumerate([*(cause.label for cause in causes), "all others"]):
        parts = [(column.name, column.counts[index] / column.programs) for column in group.columns]
        chart.add("", [{"value": part, "label": f"{place}, {name}: {percent(part)}"} for place, part in parts])
    return _drawn(chart, f"{group.title}: shares of endings by iteration")


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


def _few(labels: list[Label]) -> list[Label]:
    """The labels that have room, evenly spread, the first among them."""
    return labels[:: max(1, -(-len(labels) // TICKS))]


def _percents(share: float) -> str:
    return f"{100 * share:.0f}\N{NO-BREAK SPACE}%"


def _drawn(chart: Any, title: str) -> Markup:
    """The drawing as part of a page."""
    root = chart.render_tree()
    for element in list(root.iter()):
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
