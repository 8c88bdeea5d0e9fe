"""Which runs are still to be made: those without a result that still holds."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from pydantic import ValidationError

from leti import build
from leti.config import Config, load_config

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from arms import Arm


def owed(names: Sequence[str], known: dict[str, Arm], results: Path, seeds: Sequence[int]) -> list[tuple[str, int]]:
    """The (arm, seed) pairs without a result that still holds; all arms of a seed before the next seed."""
    pairs = [(name, seed) for seed in seeds for name in names]
    return [(name, seed) for name, seed in pairs if not _same(known[name], seed, results / name / f"{seed}.json")]


def _same(arm: Arm, seed: int, file: Path) -> bool:
    """Whether the file holds what a run would give now: the same configuration, model and problems.

    A key that came later has its default in an older file, and of what was not noted down then nothing is asked; a key
    that is gone makes the file another one's.
    """
    if not file.exists():
        return False
    result, config = json.loads(file.read_text("utf-8")), load_config("pocket", arm.overrides(seed))
    try:
        then = Config.model_validate(result["config"])
    except ValidationError:
        return False
    identity = json.loads(json.dumps(build.manifest(config, "")["identity"]))
    return then == config and bool(result["identity"].items() <= identity.items())
