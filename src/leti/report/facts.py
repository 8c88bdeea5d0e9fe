"""What the page shows of a run. Pure, but for the attempts that are fetched to be shown."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from leti.page.texts import cut
from leti.page.words import counted, read_estimate
from leti.report.costs import Cost, costs, together
from leti.report.curves import plots
from leti.report.doubts import Doubts, doubts
from leti.report.endings import Endings, Lacking, endings, missing, ranking
from leti.report.gallery import groups as groups_shown
from leti.report.gallery import pairs
from leti.report.learning import Headline, headline, measure
from leti.report.reading import SELECTS, Reading, Training, read
from leti.report.solved import Solved, solved
from leti.report.transitions import Transitions, transitions

if TYPE_CHECKING:
    from leti.page.charts import Plot
    from leti.report.attempts import Group, Pair
    from leti.report.census import Cause
    from leti.runs import Run
    from leti.scores import Estimate

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
    plots: tuple[Plot, ...]
    measures: tuple[tuple[str, str], ...]
    """(split, pass@k)."""
    sizes: tuple[str, ...]
    """Each split's problems and samples, in words."""
    scored: tuple[Scored, ...]
    training: tuple[Training, ...]
    causes: tuple[Cause, ...]
    endings: tuple[Endings, ...]
    transitions: tuple[Transitions, ...]
    missing: tuple[Lacking, ...]
    doubts: Doubts
    costs: tuple[Cost, ...]
    seconds: tuple[str, ...]
    """Of each kind of work, and of all, in words; none where they are not known."""
    solved: tuple[Solved, ...]
    pairs: tuple[tuple[str, tuple[Pair, ...]], ...]
    groups: tuple[Group, ...]
    config: tuple[tuple[str, str], ...]
    manifest: tuple[tuple[str, str], ...]


def gather(run: Run) -> Facts:
    """The facts of a run that is finished or half done.

    Raises:
        RunError: this is no run, or a file in it is damaged.
    """
    config, problems = run.config, run.problems
    reading = read(run)
    trained = {name: found.census for name, found in reading.training.items()}
    groups = {"Programs that were learned from": trained} | {
        f"Programs for {split} problems": found for split, found in reading.held_out.items()
    }
    causes = ranking(census for found in groups.values() for census in found.values())
    measures = tuple(dict.fromkeys(_measures(reading)))
    found_costs = costs(reading)
    return Facts(
        model=_named(config, "model", "path"),
        problems=_named(config, "problems", "name"),
        status=_status(config, reading),
        headline=headline(reading.scores, reading.held_out, selected=_selected(run, reading)),
        plots=plots(reading),
        measures=measures,
        sizes=tuple(_sizes(reading)),
        scored=tuple(_scored(name, scores, measures) for name, scores in reading.scores.items()),
        training=tuple(reading.training.values()),
        causes=causes,
        endings=tuple(endings(title, found, causes=causes) for title, found in groups.items()),
        transitions=tuple(
            told for title, found in groups.items() if (told := transitions(title, found, causes=causes))
        ),
        missing=missing(trained),
        doubts=doubts(reading, problems),
        costs=found_costs,
        seconds=tuple(together(found_costs)) if reading.spent else (),
        solved=tuple(solved(title, found) for title, found in groups.items() if found),
        pairs=tuple(pairs(reading, problems)),
        groups=tuple(group for group in groups_shown(reading, problems) if group.shown),
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


def _flat(tree: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    """Dotted names and values, as JSON."""
    for name, value in tree.items():
        if isinstance(value, Mapping) and value:
            yield from _flat(value, f"{prefix}{name}.")
        else:
            yield cut(f"{prefix}{name}", 120), cut(json.dumps(value, ensure_ascii=False), VALUE_CHARS)
