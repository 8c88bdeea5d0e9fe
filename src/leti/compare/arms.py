"""Which runs belong together, and what they are called. Pure.

Runs whose configuration differs in nothing but the seed, and in what may change between sittings, are one arm. A run
with the configuration and the seed of one before it is no further seed: it begins another arm, because what sets the
two apart stands in no configuration, such as the version that ran.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from itertools import takewhile
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

from leti.page.texts import cut, visible
from leti.runs import MAY_CHANGE

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from leti.compare.sources import Source

NAME_CHARS = 48
KEYS = 2
"""Keys that an arm is named by; the table has all."""
NOT_THERE = "\N{EN DASH}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Arm:
    """Runs of one configuration."""

    sources: tuple[Source, ...]
    name: str
    """From the folders."""
    settings: Mapping[str, str]
    """What sets it apart, by key, as words."""

    @property
    def gloss(self) -> str:
        """The first of the settings."""
        shown = [f"{key} = {value}" for key, value in [*self.settings.items()][:KEYS]]
        more = len(self.settings) - len(shown)
        return cut(", ".join(shown), 2 * NAME_CHARS) + (f" and {more} more" if more else "")


def arms(sources: Sequence[Source]) -> list[Arm]:
    """The arms, in the order of their first runs."""
    groups = _grouped(sources)
    keys = _differing([group[0].config for group in groups])
    names = [_name(group) for group in groups]
    plain = [name if names.count(name) == 1 else "" for name in names]
    return [
        Arm(
            sources=tuple(group),
            name=visible(cut(name or _listed(group), NAME_CHARS)),
            settings={key: _words(group[0].config, key) for key in keys},
        )
        for group, name in zip(groups, plain, strict=True)
    ]


def _grouped(sources: Sequence[Source]) -> list[list[Source]]:
    groups: list[tuple[str, list[Source]]] = []
    for source in sources:
        same = _identity(source.config)
        found = next((group for known, group in groups if known == same and _lacks(group, source.seed)), None)
        if found is None:
            groups.append((same, [source]))
        else:
            found.append(source)
    return [group for _, group in groups]


def _lacks(group: Sequence[Source], seed: str) -> bool:
    return all(source.seed != seed for source in group)


def _identity(config: Mapping[str, Any]) -> str:
    kept = {key: value for key, value in config.items() if key != "seed" and key not in MAY_CHANGE}
    return json.dumps(kept, sort_keys=True)


def _differing(configs: Sequence[Mapping[str, Any]]) -> list[str]:
    """The keys in which they differ, those first that tell the most of them apart."""
    keys = dict.fromkeys(key for config in configs for key in config if key != "seed" and key not in MAY_CHANGE)
    values = {key: {json.dumps(c[key], sort_keys=True) if key in c else "" for c in configs} for key in keys}
    return sorted((key for key in keys if len(values[key]) > 1), key=lambda key: -len(values[key]))


def _words(config: Mapping[str, Any], key: str) -> str:
    if key not in config:
        return NOT_THERE
    value = config[key]
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return visible(cut(text, NAME_CHARS))


def _name(group: Sequence[Source]) -> str:
    """What the names of its runs have in common: `text` of text/0 and text/1, `a-seed` of a-seed0 and a-seed1."""
    if len(group) == 1:
        return group[0].name
    parts = [PurePath(source.name).parts for source in group]
    folders = _leading(parts)
    rest = _leading([next(iter(each[len(folders) :]), "") for each in parts])
    name = PurePath(*folders, "".join(rest).rstrip("0123456789").rstrip("-_. "))
    return str(name) if name.parts else group[0].run.path.absolute().parent.name


def _leading(sequences: Sequence[Sequence[str]]) -> list[str]:
    """What all of them begin with."""
    return [column[0] for column in takewhile(lambda column: len({*column}) == 1, zip(*sequences, strict=False))]


def _listed(group: Sequence[Source]) -> str:
    return group[0].name + (f" and {len(group) - 1} more" if len(group) > 1 else "")
