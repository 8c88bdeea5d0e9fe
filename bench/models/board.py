"""Turns as Markdown: medians over rounds (least..most), and ratios between contenders of the same round."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from statistics import median

from contest import Rows, Turn

Measure = Callable[[Turn], float]
"""What is read off a turn."""


def per_second(amount: str) -> Measure:
    """So much of it in a second."""
    return lambda turn: turn.amounts[amount] / turn.seconds


def of(amount: str, *, times: float = 1.0) -> Measure:
    """The amount itself."""
    return lambda turn: turn.amounts[amount] * times


def mean(amount: str, each: str) -> Measure:
    """One amount for each of another."""
    return lambda turn: turn.amounts[amount] / turn.amounts[each]


def seconds(turn: Turn) -> float:
    """What the turn took."""
    return turn.seconds


def values(turns: Sequence[Turn | None], measure: Measure) -> list[float]:
    """The measure of each turn that was taken."""
    return [measure(turn) for turn in turns if turn]


def ratios(above: Sequence[Turn | None], below: Sequence[Turn | None], *, measure: Measure) -> list[float]:
    """Measure over measure, round by round; rounds that one of the two did not live to see are left out."""
    pairs = [(measure(a), measure(b)) for a, b in zip(above, below, strict=True) if a and b]
    return [a / b for a, b in pairs if b > 0]


def best(rows: Rows, names: Iterable[str], *, measure: Measure) -> str | None:
    """Which of these rows has the greatest median; None where none of them has a turn."""
    medians = {name: median(found) for name in names if (found := values(rows.get(name, ()), measure))}
    return max(medians, key=lambda name: medians[name], default=None)


def spread(found: Sequence[float]) -> str:
    """`median (least..most)`."""
    if not found:
        return "-"
    middle, least, most = (short(value) for value in (median(found), min(found), max(found)))
    return middle if least == most else f"{middle} ({least}..{most})"


def short(value: float) -> str:
    """About three digits."""
    return f"{value:.{0 if value >= 100 else 1 if value >= 10 else 2 if value >= 1 else 3}f}"


def table(rows: Rows, columns: Mapping[str, Measure], *, first: str, notes: str = "") -> list[str]:
    """One row per contender, one column per measure, and how it was done if `notes` names that column."""
    head = [first, *columns, *([notes] if notes else [])]
    lines = [line(head), "|" + "---|" * len(head)]
    for name, turns in rows.items():
        if taken := [turn for turn in turns if turn]:
            cells = [spread(values(turns, measure)) for measure in columns.values()]
            lines.append(line([name, *cells, *([taken[-1].note] if notes else [])]))
    return lines


def line(cells: Iterable[str]) -> str:
    """One row of a table."""
    return "| " + " | ".join(cells) + " |"
