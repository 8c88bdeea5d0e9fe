"""What the page shows of a run. Pure, but for the attempts that are fetched to be shown."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from leti.report.attempts import Group, Pair, Use, lost, show, won
from leti.report.endings import Endings, endings, ranking
from leti.report.learning import Headline, counted, headline, measure, read_estimate
from leti.report.reading import SELECTS, Reading, Training, fetch, kept, read
from leti.report.texts import cut

if TYPE_CHECKING:
    from leti.report.census import Cause
    from leti.runs import Place, Run
    from leti.scores import Estimate
    from leti.types import Problem

VALUE_CHARS = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Scored:
    """The scores of one place, in the order of the page's measures."""

    name: str
    estimates: tuple[Estimate | None, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """All that the page shows."""

    model: str
    problems: str
    status: str
    """Empty for a run that owes nothing."""
    headline: Headline
    measures: tuple[tuple[str, str], ...]
    """(split, pass@k)."""
    sizes: tuple[str, ...]
    """Each split's problems and samples, in words."""
    scored: tuple[Scored, ...]
    training: tuple[Training, ...]
    causes: tuple[Cause, ...]
    endings: tuple[Endings, ...]
    pairs: tuple[tuple[str, tuple[Pair, ...]], ...]
    groups: tuple[Group, ...]
    config: tuple[tuple[str, str], ...]
    manifest: tuple[tuple[str, str], ...]

    @property
    def scale(self) -> float:
        """Where the bars of the scores end: the next tenth above everything that is drawn."""
        highs = [found.high for row in self.scored for found in row.estimates if found]
        return min(1.0, (int(10 * max(highs, default=1.0)) + 1) / 10)


def gather(run: Run) -> Facts:
    """The facts of a run that is finished or half done.

    Raises:
        RunError: this is no run, or a file in it is damaged.
    """
    config, problems = run.config, run.problems
    reading = read(run)
    trained = {name: found.census for name, found in reading.training.items()}
    causes = ranking([*trained.values(), *(one for found in reading.held_out.values() for one in found.values())])
    measures = tuple(dict.fromkeys(_measures(reading)))
    return Facts(
        model=_named(config, "model", "path"),
        problems=_named(config, "problems", "name"),
        status=_status(config, reading),
        headline=headline(reading.scores, reading.held_out, selected=_selected(run, reading)),
        measures=measures,
        sizes=tuple(_sizes(reading)),
        scored=tuple(_scored(name, scores, measures) for name, scores in reading.scores.items()),
        training=tuple(reading.training.values()),
        causes=causes,
        endings=(
            endings(
                "Programs that were learned from", "written by the weights before it", censuses=trained, causes=causes
            ),
            *(
                endings(
                    f"Programs for {split} problems",
                    "written by the weights of each iteration",
                    censuses=found,
                    causes=causes,
                )
                for split, found in reading.held_out.items()
            ),
        ),
        pairs=tuple(_pairs(reading, problems)),
        groups=tuple(group for place in reading.places if (group := _group(place, reading, problems)).shown),
        config=tuple(_flat(config)),
        manifest=tuple(_flat(run.manifest)),
    )


def _selected(run: Run, reading: Reading) -> str | None:
    place = run.selected(SELECTS, measure(reading.scores))
    return place.name if place else None


def _named(config: Mapping[str, Any], table: str, name: str) -> str:
    """A value that names the run; a run of another program may not have it."""
    found = config.get(table)
    return cut(str(found.get(name, "?")), 80) if isinstance(found, Mapping) else "?"


def _status(config: Mapping[str, Any], reading: Reading) -> str:
    planned, done = config.get("iterations"), len(reading.scores.keys() - {"base"})
    if not isinstance(planned, int) or done >= planned:
        return ""
    return f"This run is not finished: {done} of {planned} iterations are scored. `leti learn` goes on with it."


def _measures(reading: Reading) -> Iterator[tuple[str, str]]:
    for split in reading.held_out:
        for scores in reading.scores.values():
            yield from ((split, name) for name in scores.get(split, {}) if name.startswith("pass@"))


def _sizes(reading: Reading) -> Iterator[str]:
    for split in reading.held_out:
        found = next(scores[split] for scores in reading.scores.values() if split in scores)
        problems, programs = counted(found["problems"], "problem"), counted(found["samples"], "program")
        yield f"{split}: {problems} \N{MULTIPLICATION SIGN} {programs}"


def _scored(name: str, scores: Mapping[str, Any], measures: tuple[tuple[str, str], ...]) -> Scored:
    found = [scores.get(split, {}).get(measure) for split, measure in measures]
    return Scored(name=name, estimates=tuple(read_estimate(one) if one else None for one in found))


def _group(place: Place, reading: Reading, problems: Mapping[str, Problem]) -> Group:
    """An iteration's training attempts; the base has none, so of it the ones that were scored."""
    training = reading.training.get(place.name)
    if training is None:
        census = reading.held_out[reading.split].get(place.name) if reading.split else None
        shown = [show(place.name, problems, row=row, use=Use.HELD_OUT) for row in kept(census)] if census else []
        return Group(title=f"Base model, on {reading.split} problems", shown=tuple(shown))
    shown = []
    for row in kept(training.census):
        use = Use.TRAINED if row.key in training.found else Use.LEFT_OUT if training.examples else Use.NOT_YET
        shown.append(show(place.name, problems, row=row, use=use, example=training.found.get(row.key)))
    return Group(title=f"Iteration {place.name}, learned from", shown=tuple(shown))


def _pairs(reading: Reading, problems: Mapping[str, Problem]) -> Iterator[tuple[str, tuple[Pair, ...]]]:
    """Problems of the headline's split that turned between the base model and the last scored iteration."""
    found = reading.held_out.get(reading.split or "", {})
    if len(found) < 2 or "base" not in found:
        return
    last = [place for place in reading.places if place.name in found][-1]
    base = reading.places[0]
    before, after, split = found["base"], found[last.name], str(reading.split)
    for title, keys in (
        ("solved after, not before", won(before, after)),
        ("solved before, not after", lost(before, after)),
    ):
        rows_before = fetch(base.scored(split), {first for first, _ in keys})
        rows_after = fetch(last.scored(split), {second for _, second in keys})
        yield (
            title,
            tuple(
                Pair(
                    problem=cut(first[0], 120),
                    rates=(before.tallies[first[0]], after.tallies[first[0]]),
                    names=("base", last.name),
                    before=show("base", problems, row=rows_before[first], use=Use.HELD_OUT),
                    after=show(last.name, problems, row=rows_after[second], use=Use.HELD_OUT),
                )
                for first, second in keys
            ),
        )


def _flat(tree: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    """Dotted names and values, as JSON."""
    for name, value in tree.items():
        if isinstance(value, Mapping) and value:
            yield from _flat(value, f"{prefix}{name}.")
        else:
            yield cut(f"{prefix}{name}", 120), cut(json.dumps(value, ensure_ascii=False), VALUE_CHARS)
