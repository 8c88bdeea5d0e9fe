"""What was reached over each way to count what it took, one curve an arm. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from leti.compare.intervals import means
from leti.page.charts import Curve, Plot

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from leti.compare.measured import Measured


def plots(found: Sequence[Measured], problems: Sequence[str], *, split: str, k: int) -> tuple[Plot, ...]:
    """Over iterations first, then over the rest; those that go nowhere are left out."""
    return tuple(plot for plot in _plots(found, problems, f"pass@{k} on {split}", k=k) if plot.ticks or plot.extends)


def _plots(found: Sequence[Measured], problems: Sequence[str], title: str, *, k: int) -> Iterator[Plot]:
    bands = [means(one.rates(problems, k)) for one in found]
    longest = max((one.places for one in found), key=len)
    yield Plot(
        title=f"{title}, by iteration",
        axis="iteration",
        curves=tuple(
            Curve(name=one.arm.name, points=tuple(enumerate(band))) for one, band in zip(found, bands, strict=True)
        ),
        ticks=tuple(enumerate(longest)),
        close=True,
    )
    for way in found[0].took:
        if all(way in one.took for one in found):
            curves = tuple(
                Curve(name=one.arm.name, points=tuple(zip(map(float, one.took[way].mean(axis=1)), band, strict=True)))
                for one, band in zip(found, bands, strict=True)
            )
            yield Plot(title=f"{title}, by {way}", axis=way, curves=curves, close=True)
