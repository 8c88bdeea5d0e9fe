"""What a reader has to know before a difference is believed. Pure, but for the problems that are read."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from leti.compare.measured import altered
from leti.compare.sources import SECONDS
from leti.page.texts import cut
from leti.page.words import FEW, counted

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from leti.compare.measured import Measured

FEW_SEEDS = 5
SCORED_WITH = ("score.", "verify.", "problems.format", "problems.setup_code", "model.precision")
"""Keys, or how they begin, that decide what a score is; with these of sampling, which scoring shares:"""
DRAWN_WITH = ("engine", "top_p", "guidance", "max_new_tokens", "total_tokens", "stop", "cut")


def notes(found: Sequence[Measured], problems: Sequence[str], *, split: str) -> tuple[str, ...]:
    """In the order of their weight."""
    return tuple(
        note
        for kind in (
            _models(found),
            _problems(found, problems, split),
            _measured_otherwise(found),
            _alike(found),
            _seeds(found),
            _behind(found),
            _seconds(found),
            _versions(found),
        )
        for note in kind
    )


def _models(found: Sequence[Measured]) -> Iterator[str]:
    if len({_identity(source.run.manifest, "model") for one in found for source in one.sources}) > 1:
        yield (
            "The runs did not begin with the same model, so a difference after learning is not one of learning alone: "
            "look at the change of each from its base."
        )


def _problems(found: Sequence[Measured], problems: Sequence[str], split: str) -> Iterator[str]:
    there = {name for one in found for runs in one.tallies for tallies in runs for name in tallies}
    if len(there) > len(problems):
        yield (
            f"Compared on the {counted(len(problems), 'problem')} of {split} that every run was scored on; "
            f"{len(there) - len(problems):,} more are in some of them only."
        )
    if other := altered(found, problems):
        yield (
            f"{other:,} of the {counted(len(problems), 'problem')} of {split} have the same name but another prompt or "
            "another check in some run: part of a difference may be that."
        )
    if len(problems) < FEW:
        yield f"With only {counted(len(problems), 'problem')} intervals are rough, and likely too narrow."


def _measured_otherwise(found: Sequence[Measured]) -> Iterator[str]:
    drawn = {f"sampling.{name}" for name in DRAWN_WITH}
    keys = [key for key in found[0].arm.settings if key in drawn or key.startswith(SCORED_WITH)]
    if keys := [key for key in keys if key != "score.splits"]:
        yield f"The arms were not scored the same way ({cut(', '.join(keys), 90)}): part of a difference may be that."


def _alike(found: Sequence[Measured]) -> Iterator[str]:
    names: dict[str, list[str]] = {}
    for one in found:
        names.setdefault(json.dumps(dict(one.arm.settings)), []).append(one.arm.name)
    for same in names.values():
        if len(same) > 1:
            yield f"{' and '.join(same)} have the same configuration: what sets them apart does not stand in it."


def _seeds(found: Sequence[Measured]) -> Iterator[str]:
    single = [one.arm.name for one in found if len(one.seeds) == 1]
    if single:
        yield (
            f"One seed each: {', '.join(single)}. An interval then covers the choice of problems, not of seeds: "
            "another seed may end elsewhere."
        )
    if any(1 < len(one.seeds) < FEW_SEEDS for one in found):
        yield f"With fewer than {FEW_SEEDS} seeds, what an interval says of seeds is rough, and likely too little."
    if len(found) > 2:
        yield "Each interval is of one pair by itself: of twenty pairs that do not differ, one looks as if it did."


def _behind(found: Sequence[Measured]) -> Iterator[str]:
    for one in found:
        if one.behind:
            names = cut(", ".join(source.name for source in one.behind), 200)
            yield f"Left out, as they have not got as far as the others of {one.arm.name}: {names}."


def _seconds(found: Sequence[Measured]) -> Iterator[str]:
    if unknown := [one.arm.name for one in found if SECONDS not in one.took]:
        yield f"Nothing is counted in seconds: those of {', '.join(unknown)} are not all known."
    elif len({_identity(source.run.manifest, "machine") for one in found for source in one.sources}) > 1:
        yield "The runs were not made on the same kind of machine: their seconds do not compare."


def _versions(found: Sequence[Measured]) -> Iterator[str]:
    manifests = [source.run.manifest for one in found for source in one.sources]
    versions = [manifest.get("versions") for manifest in manifests]
    known: list[dict[str, Any]] = [each for each in versions if isinstance(each, dict)]
    other = sorted({name for each in known for name in each if each.get(name) != known[0].get(name)})
    if other:
        yield f"The runs were made with different versions of {cut(', '.join(other), 120)}."
    if len({json.dumps(manifest.get("isolation")) for manifest in manifests}) > 1:
        yield "The runs' programs were not isolated at the same level."


def _identity(manifest: Any, name: str) -> str:
    """What a manifest says of one thing, to be compared."""
    identity = manifest.get("identity")
    found = identity if name == "model" and isinstance(identity, dict) else manifest
    return json.dumps(found.get(name), sort_keys=True)
