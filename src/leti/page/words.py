"""Figures as every page prints them. Pure."""

from __future__ import annotations

from math import isinf, isnan
from typing import TYPE_CHECKING, Any

from leti.scores import Estimate

if TYPE_CHECKING:
    from collections.abc import Mapping

FEW = 30
"""Problems below which a bootstrap interval is too narrow to be believed."""


def percent(share: float) -> str:
    """A share as the report prints it."""
    return f"{100 * share:.1f}\N{NO-BREAK SPACE}%"


def points(difference: float) -> str:
    """A difference of shares in percentage points, with its sign."""
    return f"{100 * difference:+.1f}".replace("-", "\N{MINUS SIGN}")


def counted(number: int, noun: str) -> str:
    """So many of them."""
    return f"{number:,} {noun if number == 1 else noun + 's'}"


def read_estimate(found: Mapping[str, Any]) -> Estimate:
    """A value of `scores.json` with its interval."""
    return Estimate(value=float(found["value"]), low=float(found["low"]), high=float(found["high"]))


def amount(value: float, *, digits: int = 0) -> str:
    """A figure that may be infinite, or not known."""
    if isinf(value):
        return "never"
    return "\N{EN DASH}" if isnan(value) else f"{value:,.{digits}f}"
