"""What a model card tells, read from a run. Nothing of the machine it ran on goes into it: cards are published."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path, PurePath
from typing import Any

from leti.export.hub import cached_card
from leti.runs import Place, Run
from leti.scores import Estimate, Tally, paired_difference, tally
from leti.vocabulary import CONTROL_TOKENS

SELECTS = "validation"


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """One measure on one split."""

    split: str
    problems: int
    samples: int
    metric: str
    base: Estimate | None
    exported: Estimate | None
    change: Estimate | None
    """Paired over problems; None where the two were not scored on the same ones."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """All that the card tells."""

    base: str
    """A name of the Hub, or what the folder was called."""
    on_hub: bool
    license: str | None
    """The base's, if its card is at hand and says."""
    iteration: str
    iterations: int
    """So many led to these weights."""
    planned: int
    selected: str | None
    """The iteration that scored best on the validation split."""
    problem_set: str
    chat: bool
    """Whether the problems were messages in the chat template."""
    problems: int
    programs: int
    passed: int
    samples: int
    objective: str
    feedback: str
    isolation: str
    first: Sequence[str]
    """What the tokenizer puts before a prompt."""
    good: str
    """Of these the reward token; empty for none."""
    scores: Sequence[Score]
    temperature: float
    """Of the programs that were scored."""
    settings: Sequence[tuple[str, str]]
    versions: Sequence[tuple[str, str]]
    exporter: str


def gather(run: Run, place: Place, *, first: Sequence[str]) -> Facts:
    """The facts about the weights of an iteration.

    Args:
        run: a whole one, or one that goes on later.
        place: the iteration.
        first: the tokens that its tokenizer puts before a prompt.
    """
    config, manifest = run.config, run.manifest
    model = manifest.get("identity", {}).get("model", {})
    until = [one for one in run.iterations() if one.name <= place.name]
    rows = [(row.solution.problem, row.verdict.passed) for one in until for row in one.attempts]
    on_hub = "revision" in model
    return Facts(
        base=config["model"]["path"] if on_hub else PurePath(config["model"]["path"]).name,
        on_hub=on_hub,
        license=_license(model),
        iteration=place.name,
        iterations=len(until),
        planned=config["iterations"],
        selected=_selected(run, place),
        problem_set=config["problems"]["name"],
        chat=config["problems"].get("format") == "chat",
        problems=len({problem for problem, _ in rows}),
        programs=len(rows),
        passed=sum(passed for _, passed in rows),
        samples=config["sampling"]["samples"],
        objective=config["objective"]["name"],
        feedback=config["feedback"]["style"],
        isolation=manifest.get("isolation", "unknown"),
        first=first,
        good=next((token for token in first if token in CONTROL_TOKENS), ""),
        scores=tuple(_scores(run.base, place)),
        temperature=config["score"]["temperature"],
        settings=tuple(_settings(config, on_hub=on_hub)),
        versions=tuple((name, found) for name, found in manifest.get("versions", {}).items() if found),
        exporter=version("leti"),
    )


def _selected(run: Run, place: Place) -> str | None:
    metrics = [name for name in (place.scores or {}).get(SELECTS, {}) if name.startswith("pass@")]
    best = run.selected(SELECTS, metrics[0]) if metrics else None
    return best.name if best else None


def _scores(base: Place, place: Place) -> Iterator[Score]:
    before, after = base.scores or {}, place.scores or {}
    for split in dict.fromkeys((*before, *after)):
        of_base, exported = before.get(split, {}), after.get(split, {})
        either = of_base or exported
        tallies = _tallies(base, split), _tallies(place, split)
        same = bool(of_base and exported) and tallies[0].keys() == tallies[1].keys()
        for metric in (name for name in either if name.startswith("pass@")):
            k = int(metric.removeprefix("pass@"))
            yield Score(
                split=split,
                problems=either["problems"],
                samples=either["samples"],
                metric=metric,
                base=_estimate(of_base.get(metric)),
                exported=_estimate(exported.get(metric)),
                change=paired_difference(*tallies, k=k) if same else None,
            )


def _tallies(place: Place, split: str) -> Mapping[str, Tally]:
    return tally((row.solution.problem, row.verdict.passed) for row in place.scored(split).attempts)


def _estimate(found: Mapping[str, float] | None) -> Estimate | None:
    return None if found is None else Estimate(value=found["value"], low=found["low"], high=found["high"])


def _settings(config: Mapping[str, Any], *, on_hub: bool) -> Iterator[tuple[str, str]]:
    """Every key as `--set` takes it; of a path only the last part."""
    for name, value in config.items():
        for key, inner in value.items() if isinstance(value, Mapping) else [("", value)]:
            dotted = f"{name}.{key}".removesuffix(".")
            private = isinstance(inner, str) and _is_path(inner, dotted, on_hub=on_hub)
            yield dotted, json.dumps(PurePath(inner).name if private else inner, ensure_ascii=False)


def _is_path(text: str, key: str, *, on_hub: bool) -> bool:
    """Whether it says where something is on this machine: a name of the Hub has one slash and no ending."""
    if key == "model.path":
        return not on_hub
    if key in ("problems.path", "pretrain.source"):
        named = re.fullmatch(r"(hf:)?\w[\w.-]*/[\w-]+(:.*)?|\w+", text)
        return not named or Path(text).exists()
    return key == "verify.function" or text.startswith(("/", "~", "./", "../"))


def _license(model: Mapping[str, Any]) -> str | None:
    """What the front matter of the base's card says."""
    if not model:
        return None
    if "revision" in model:
        card = cached_card(model["path"], model["revision"])
    else:
        folder = Path(model["path"])  # of that name there may be another one here: then it holds no model
        there = (folder / "config.json").is_file() and (folder / "README.md").is_file()
        card = (folder / "README.md").read_text("utf-8") if there else None
    lines = (card or "").splitlines()
    if not lines or lines[0] != "---" or "---" not in lines[1:]:
        return None
    found = [line for line in lines[1 : lines.index("---", 1)] if line.startswith("license:")]
    return found[0].removeprefix("license:").strip(" \"'") if found else None
