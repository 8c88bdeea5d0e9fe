"""Tokens per second beside what the machine can multiply, in the same rounds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from board import line, per_second, spread, values
from contest import Seat
from tasks import Products

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from board import Rows
    from contest import Contest, Turn
    from machine import Device

TOKENS, OPERATIONS = per_second("tokens"), per_second("operations")
KINDS = {"model": "its own matrices", "square": "a large square"}
READ, LEARNED = 2, 6
"""Operations per token and multiplied parameter: forwards; forwards and backwards."""


def seat(contest: Contest, table: str, weights: str, *, device: Device, rows: int) -> None:
    """Who multiplies so many tokens with the model's matrices, and a large square."""
    products = Products(weights=weights, device=device, rows=rows)
    if worker := contest.invite(f"{table}, matrix products", "arithmetic:Multiplier", settings=products):
        for kind in KINDS:
            contest.seats.append(Seat(table=table, row=kind, worker=worker, request=kind))


def shares(products: Rows, ours: Mapping[str, Sequence[Turn | None]], *, each: int, first: str) -> list[str]:
    """What share of the matrix products of the same rounds our turns come to.

    Args:
        products: turns of who multiplies.
        ours: our turns, by what stands before them in the table.
        each: operations per token and multiplied parameter.
        first: the head over that.
    """
    sizes = [turn.amounts["parameters"] for turns in products.values() for turn in turns if turn]
    if not sizes:
        return ["Not measured."]
    size = sizes[0]
    lines = [f"A token is multiplied with {size / 1e6:.2f} million parameters: {each} times as many operations.", ""]
    for kind, turns in products.items():
        lines.append(f"- {KINDS[kind]}: {spread([rate / 1e9 for rate in values(turns, OPERATIONS)])} GFLOP/s")
    head = [first, "GFLOP/s of ours", *(f"of {name}" for name in KINDS.values())]
    lines += ["", line(head), "|" + "---|" * len(head)]
    for name, turns in ours.items():
        cells = [spread([each * 1e-9 * size * rate for rate in values(turns, TOKENS)])]
        for kind in KINDS:
            pairs = zip(turns, products.get(kind, []), strict=False)
            cells.append(spread([each * size * TOKENS(a) / OPERATIONS(b) for a, b in pairs if a and b]))
        lines.append(line([name, *cells]))
    return lines
