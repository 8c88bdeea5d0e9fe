"""How the programs ended, as columns."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pygal

from leti.page.charts import COMMON, TICKS, drawn, few, percents
from leti.page.words import percent

if TYPE_CHECKING:
    from collections.abc import Sequence

    from markupsafe import Markup

    from leti.report.census import Cause
    from leti.report.endings import Endings


def shares(group: Endings, causes: Sequence[Cause]) -> Markup:
    """Columns, one a place, of how the programs ended."""
    chart = pygal.StackedBar(**COMMON, range=(0, 1), spacing=0)
    chart.x_labels = [column.name for column in group.columns]
    chart.x_labels_major = [label["label"] for label in few([{"label": column.name} for column in group.columns])]
    chart.show_minor_x_labels = len(group.columns) <= 2 * TICKS
    chart.value_formatter = percents
    for index, name in enumerate([*(cause.label for cause in causes), "all others"]):
        parts = [(column.name, column.counts[index] / column.programs) for column in group.columns]
        chart.add("", [{"value": part, "label": f"{place}, {name}: {percent(part)}"} for place, part in parts])
    return drawn(chart, f"{group.title}: shares of endings by iteration")
