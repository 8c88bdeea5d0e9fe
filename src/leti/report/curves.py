"""Did it learn, as curves: what was reached, over each way to count what it took. Pure."""

from __future__ import annotations

from itertools import accumulate
from typing import TYPE_CHECKING

from leti.page.charts import Curve, Plot
from leti.page.words import read_estimate
from leti.runs import learning_seconds
from leti.scores import Estimate, estimate

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from leti.report.reading import Reading

POINTS = 60
"""A curve of losses has at most so many points, each the mean of as many steps."""


def plots(reading: Reading) -> tuple[Plot, ...]:
    """The scores over iterations first, then over the rest; those that go nowhere are left out."""
    return tuple(plot for plot in _plots(reading) if plot.curves and (plot.ticks or plot.extends))


def _plots(reading: Reading) -> Iterator[Plot]:
    names = [place.name for place in reading.places]
    trained = [reading.training[name] for name in names[1:]]
    steps = [0, *accumulate(len(one.losses) for one in trained)]
    programs = [0, *accumulate(one.census.programs for one in trained)]
    ticks = tuple(enumerate(names))
    split = reading.split or ""
    yield Plot(
        title=f"{split}, by iteration", axis="iteration", curves=_scores(reading, range(len(names))), ticks=ticks
    )
    yield Plot(title=f"{split}, by optimiser step", axis="steps on examples", curves=_scores(reading, steps))
    yield Plot(title=f"{split}, by program", axis="programs learned from", curves=_scores(reading, programs))
    if seconds := _seconds(reading):
        yield Plot(title=f"{split}, by second", axis="seconds of learning", curves=_scores(reading, seconds))
    yield Plot(
        title="Programs that were learned from, by iteration",
        axis="iteration",
        curves=_pass_rates(reading),
        ticks=ticks,
    )
    losses = [loss for one in trained for loss in one.losses]
    yield Plot(title="Loss, by optimiser step", axis="steps on examples", curves=_losses(losses), shares=False)


def _seconds(reading: Reading) -> list[float]:
    """Of learning, up to each place; empty where some are not known."""
    found = [learning_seconds(reading.spent.get(place.name, {})) for place in reading.places[1:]]
    known = [seconds for seconds in found if seconds is not None]
    return [0, *accumulate(known)] if len(known) == len(found) else []


def _scores(reading: Reading, at: Sequence[float]) -> tuple[Curve, ...]:
    """One curve for each pass@k of the split that the headline is about."""
    split = reading.split or ""
    found = {place.name: reading.scores.get(place.name, {}).get(split, {}) for place in reading.places}
    measures = dict.fromkeys(name for scores in found.values() for name in scores if name.startswith("pass@"))
    return tuple(
        Curve(
            name=measure,
            points=tuple(
                (x, read_estimate(scores[measure]))
                for x, scores in zip(at, found.values(), strict=True)
                if measure in scores
            ),
        )
        for measure in measures
    )


def _pass_rates(reading: Reading) -> tuple[Curve, ...]:
    points = tuple(
        (float(at), estimate(found.census.tallies.values(), 1))
        for at, found in enumerate(reading.training.values(), start=1)
        if found.census.programs
    )
    return (Curve(name="share that passed", points=points),) if points else ()


def _losses(losses: Sequence[float]) -> tuple[Curve, ...]:
    if not losses:
        return ()
    each = -(-len(losses) // POINTS)
    parts = [losses[start : start + each] for start in range(0, len(losses), each)]
    means = [sum(part) / len(part) for part in parts]
    ends = accumulate(len(part) for part in parts)
    points = tuple((float(end), Estimate(mean, mean, mean)) for end, mean in zip(ends, means, strict=True))
    return (Curve(name=f"mean of {each} steps" if each > 1 else "of each step", points=points),)
