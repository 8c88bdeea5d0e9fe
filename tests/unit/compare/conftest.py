"""Runs that the tests of comparing look at."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from hand_made_run import CONFIG, MANIFEST, HandMade
from leti.runs import Run
from leti.types import Spell, Work

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

PROBLEMS = tuple(f"hand/{number}" for number in range(8))
SAMPLES = 4


@dataclass(frozen=True)
class Maker:
    """Makes runs of which it is known how many programs passed."""

    folder: Path

    def run(
        self,
        name: str,
        passed: Sequence[int],
        *,
        seed: int = 0,
        objective: str = "fcft",
        steps: int = 3,
        **more: Any,
    ) -> Path:
        """A run scored at the base and after each iteration.

        Args:
            name: its folder.
            passed: programs of four that passed for each problem: at the base, then after each iteration.
            seed: the run's.
            objective: sets it apart.
            steps: optimiser steps on examples, of each iteration.
            more: `config` keys over the others', `splits`, `problems`, `seconds` of each iteration, `begun`.
        """
        config = {
            **CONFIG,
            "seed": seed,
            "iterations": len(passed) - 1,
            "objective": {"name": objective},
            **more.get("config", {}),
        }
        hand = HandMade(Run(self.folder / name))
        names = more.get("problems", PROBLEMS)
        manifest = MANIFEST | {"identity": {"seed": seed, "model": more.get("model", "pocket")}}
        hand.run.begin(config, manifest, problems=[hand.problem(each) for each in names])
        for number, count in enumerate(passed):
            place = hand.run.iteration(number - 1) if number else hand.run.base
            if number:
                hand.train(place, [hand.attempt(each, 0, "passed") for each in names], [1.0] * (steps + 1))
            endings = {each: _endings(count, index) for index, each in enumerate(names)}
            hand.score(place, dict.fromkeys(more.get("splits", ("test",)), endings))
            if number and "seconds" in more:
                for work, seconds in ((Work.SAMPLING, more["seconds"]), (Work.TRAINING, 1.0), (Work.SCORING, 9.0)):
                    hand.run.clock.extend([Spell(place=place.name, work=work, seconds=seconds, ended=number + seconds)])
        return hand.run.path

    def set(self, path: Path, values: Mapping[str, Any]) -> None:
        """Writes over keys of a run's configuration."""
        file = path / "config.json"
        file.write_text(json.dumps(json.loads(file.read_text()) | dict(values)))


def _endings(passed: int, index: int) -> list[str]:
    """Every other problem is solved more often by one program, the others less often."""
    count = max(0, min(SAMPLES, passed + (1 if index % 2 else -1)))
    return ["passed"] * count + ["failed"] * (SAMPLES - count)


@pytest.fixture
def maker(tmp_path: Path) -> Maker:
    return Maker(tmp_path / "runs")
