"""A comparison on a terminal: a table in plain text, and the words. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from leti.page.texts import visible
from leti.page.words import amount, points

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from leti.compare.comparison import Comparison
    from leti.compare.standings import Lead
    from leti.scores import Estimate


def in_words(found: Comparison) -> str:
    """Who is ahead, then a line for each arm, then what to know before it is believed."""
    lines = [
        found.verdict.title,
        "",
        *_aligned([_head(found), *_rows(found)]),
        "",
        *([found.verdict.status] if found.verdict.status else []),
        *found.verdict.sentences,
        *found.notes,
    ]
    return visible("\n".join(lines)).replace("\N{NO-BREAK SPACE}", " ")


def _head(found: Comparison) -> list[str]:
    steps = [f"{effort.way.partition(' ')[0]} to {100 * found.goals[-1].rate:.1f} %" for effort in found.efforts]
    against = [f"against {found.arms[0].name}"] if len(found.arms) > 1 else []
    return [f"pass@1 on {found.split}, %", "seeds", "base", "after", "change", *against, *steps]


def _rows(found: Comparison) -> Iterator[list[str]]:
    for index, (one, row) in enumerate(zip(found.measured, found.standings["pass@1"], strict=True)):
        against = [_lead(row.lead)] if len(found.arms) > 1 else []
        steps = [_figure(effort.rows[index][-1].took) for effort in found.efforts]
        after = f"{found.at[index]}: {_share(row.after)}"
        seeds, change = str(len(one.seeds)), _difference(row.change)
        yield [one.arm.name, seeds, _share(row.before), after, change, *against, *steps]


def _aligned(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        yield "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()


def _share(found: Estimate) -> str:
    return f"{100 * found.value:.1f} [{100 * found.low:.1f}, {100 * found.high:.1f}]"


def _difference(found: Estimate) -> str:
    return f"{points(found.value)} [{points(found.low)}, {points(found.high)}]"


def _lead(found: Lead | None) -> str:
    return "" if found is None else _difference(found.points) + ("" if found.clear else " not clear")


def _figure(found: Estimate) -> str:
    return f"{amount(found.value)} [{amount(found.low)}, {amount(found.high)}]"
