"""What is compared: the experiments' TOML files, and the arms that they share.

An arm is `leti learn pocket` with some keys set. Arms are named once, in `arms.toml`; an experiment names the arms it
compares, so that an arm two experiments need is run once.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

HERE = Path(__file__).parent
SECOND = Path("runs", "pocket-second", "model")
"""The second scale, as `recipes/pocket/make.py --second --out runs/pocket-second` makes it."""
EARLY = Path("runs", "pocket-early", "model")
"""A base that has read less, as `recipes/pocket/make.py --reads 16000 --out runs/pocket-early` makes it."""
FURTHER = Path("runs", "pocket-further", "pocket.jsonl")
"""More problems, as `recipes/pocket/further.py --out runs/pocket-further` makes them."""
QUICK = {
    "problems.limits": {"train": 60, "validation": 20, "test": 60, "plain": 20},
    "sampling.samples": 8,
    "iterations": 2,
}
"""What a quick look sets over every arm."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Arm:
    """One way of learning."""

    name: str
    about: str
    set: Mapping[str, Any]
    """Configuration keys, dotted, over the built-in configuration and those that all arms share."""
    references: bool = False
    """Train on the reference solutions in place of programs the model wrote (supervised fine-tuning)."""
    scrambled: bool = False
    """Give every program that failed the feedback of another one: words without meaning, of the same kind."""
    curve: bool = False
    """Score the test split after every iteration, not only after the last."""

    def overrides(self, seed: int) -> list[str]:
        """As `--set` takes them."""
        return [f"{key}={_toml(value)}" for key, value in {**self.set, "seed": seed}.items()]


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """One experiment."""

    name: str
    title: str
    paper: str
    arms: Sequence[str]
    reading: str = ""
    """What the tables say, in words."""


def arms(second: Path = SECOND, *, quick: bool = False) -> dict[str, Arm]:
    """Every arm by name; `{second}` and `{early}` in a value are folders of other models, `{further}` more problems."""
    made = {"{second}": str(second), "{early}": str(EARLY), "{further}": str(FURTHER)}
    table = tomllib.loads((HERE / "arms.toml").read_text("utf-8"))
    shared = table.pop("all")
    found = {}
    for name, row in table.items():
        keys = {**shared, **row.pop("set", {}), **(QUICK if quick else {})}
        keys = {k: made.get(v, v) if isinstance(v, str) else v for k, v in keys.items()}
        found[name] = Arm(name=name, about=row.pop("about"), set=keys, **row)
    return found


def claims() -> list[Claim]:
    """Every experiment, in order."""
    files = sorted(HERE.glob("[0-9]*.toml"))
    return [Claim(name=file.stem, **tomllib.loads(file.read_text("utf-8"))) for file in files]


def _toml(value: Any) -> str:
    """A value as TOML writes it."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key} = {_toml(inner)}" for key, inner in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_toml, value)) + "]"
    return f'"{value}"' if isinstance(value, str) else str(value)
