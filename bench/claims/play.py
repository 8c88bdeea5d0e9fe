"""One arm with one seed: learn, then score what was held out; what came of it goes into one small JSON file.

    python bench/claims/play.py text --seed 0

May be killed and started again: the run and the scores go on where they were. `--complete` adds what is measured now to
a result from before, of weights that are still there.
"""

from __future__ import annotations

import argparse
import fcntl
import json
import os
import platform
import time
from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from contextlib import contextmanager
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from random import Random
from typing import Any

from arms import HERE, SECOND, Arm, arms
from gate import MASK
from measures import Scored, ends, gate_of, passes, tell

from leti import build
from leti.config import Config, load_config, resolved
from leti.loop import Leti, Objective, Sampler
from leti.problems import TEST, VALIDATION, load_problems
from leti.problems.pocket import PLAIN
from leti.runs import Place, Programs, Run
from leti.sampling.scripted import ScriptedSampler
from leti.types import Attempt, Example, Key, Problem, SampleRequest, Solution, Wanted
from leti.watch import watching

MASKED = "masked"
"""The test problems again, drawn without the tail of the distribution."""
COLD = "cold"
"""The test problems again, drawn at the temperature at which the paper scores MBPP."""
SAMPLES = {TEST: 20, PLAIN: 10, MASKED: 5, COLD: 4}
DRAWN: dict[str, dict[str, float]] = {MASKED: {"min_p": MASK}, COLD: {"temperature": 0.1}}
"""What else differs in how the test problems are drawn again."""
ON_THE_WAY = 10
"""Programs per test problem after an iteration that is not the last."""


@dataclass(frozen=True, slots=True)
class References:
    """Answers with the reference solutions where programs to train on are wanted; else asks the model."""

    model: Sampler
    written: ScriptedSampler

    def sample(self, rows: Sequence[Wanted], request: SampleRequest, *, done: AbstractSet[Key]) -> Iterator[Solution]:
        """As the protocol says."""
        chosen = self.written if request.key.endswith(" sample") else self.model  # the loop's key for training
        return chosen.sample(rows, request, done=done)


@dataclass(frozen=True, slots=True)
class Scrambled:
    """An objective that is given the failed programs with their feedback dealt out anew."""

    objective: Objective

    @property
    def prefix(self) -> str:
        """As the protocol says."""
        return self.objective.prefix

    def examples(self, attempts: Sequence[Attempt], key: str) -> list[Example]:
        """As the protocol says."""
        failed = [attempt for attempt in attempts if not attempt.feedback.good]
        words = [attempt.feedback for attempt in failed]
        Random(f"{key} scrambled").shuffle(words)
        dealt = {attempt.solution.key: feedback for attempt, feedback in zip(failed, words, strict=True)}
        return self.objective.examples(
            [replace(a, feedback=dealt.get(a.solution.key, a.feedback)) for a in attempts], key
        )


def play(arm: Arm, seed: int, runs: Path) -> dict[str, Any]:
    """Learns, scores, and returns what is kept."""
    config = load_config("pocket", arm.overrides(seed))
    run = Run(runs / arm.name / str(seed))
    with build.verifier(config) as verifier:
        loop = build.leti(config, verifier)
        if arm.references:
            loop = replace(loop, sampler=References(loop.sampler, written(loop.problems)))
        if arm.scrambled:
            loop = replace(loop, objective=Scrambled(loop.objective))
        run.begin(
            resolved(config),
            build.manifest(config, build.isolation(verifier)),
            problems=build.all_problems(config),
            defaults=resolved(Config()),
        )
        whole, began = not run.iterations(), time.monotonic()
        with watching(run, build.expected(config, loop)):
            loop.learn(run)
        seconds = time.monotonic() - began if whole else None  # of one sitting only
        places = score_held_out(loop, config, run, curve=arm.curve, shared=runs / "base")
        meaning = gate_of(config, places, loop.objective.prefix)
        told = [tell(place, verifier) for place in places]
    return {
        "arm": arm.name,
        "seed": seed,
        "config": run.config,
        "identity": run.manifest["identity"],
        "date": time.strftime("%Y-%m-%d"),
        "versions": {"python": platform.python_version(), **run.manifest["versions"]},
        "learning_seconds": seconds,
        "reward_token": meaning,
        "places": told,
    }


def written(problems: Sequence[Problem]) -> ScriptedSampler:
    """The references of the problems, as completions of their prompts."""
    return ScriptedSampler({p.id: [(p.reference or "").removeprefix(p.prompt)] for p in problems})


def score_held_out(loop: Leti, config: Config, run: Run, *, curve: bool, shared: Path) -> list[Scored]:
    """Scores the test split and the second family: the base, the last iteration, and for a curve the others too.

    The base's programs lie in `shared`: arms of one seed begin with the same ones.
    """
    by_id = {problem.id: problem for problem in build.all_problems(config)}
    places = [run.base, *run.iterations()]
    found = []
    for place in places:
        at_an_end = place in (run.base, places[-1])
        splits: dict[str, Programs] = {VALIDATION: place.scored(VALIDATION)}
        for split in SAMPLES if at_an_end else (TEST,) if curve else ():
            asked = _asked(config, split)
            by_id |= {problem.id: problem for problem in asked}
            samples = SAMPLES[split] if at_an_end else ON_THE_WAY
            splits[split] = _programs(loop, (config, run, place), split=split, samples=samples, shared=shared)
        weights = loop.base if place == run.base else str(place.weights)
        found.append(Scored(place=place, weights=weights, splits=splits, problems=by_id, ends=at_an_end))
    return found


def _asked(config: Config, split: str) -> Sequence[Problem]:
    """Of the built-in problems, whatever was trained on."""
    name = TEST if split in DRAWN else split
    return load_problems("pocket").split(name, config.problems.limits.get(name))


def _programs(loop: Leti, where: tuple[Config, Run, Place], *, split: str, samples: int, shared: Path) -> Programs:
    """The judged programs of the weights of a place for a split; drawn once."""
    config, run, place = where
    weights, prefix = (loop.base, "") if place == run.base else (str(place.weights), loop.objective.prefix)
    decoding = replace(loop.scoring.decoding, **DRAWN.get(split, {}))
    scoring = replace(loop.scoring, splits={split: _asked(config, split)}, samples=samples, decoding=decoding)
    folder = run.path / "held-out" / place.name / split
    if place == run.base:
        folder = shared / _name_of(run.manifest["identity"]["model"], config.seed, scoring)
    aside = Place(folder, folder, place.name)
    with alone(folder):
        replace(loop, scoring=scoring).score(aside, weights, prefix=prefix)
    return aside.scored(split)


def complete(arm: Arm, seed: int, runs: Path, result: dict[str, Any]) -> dict[str, Any]:
    """Adds to a result what was not measured yet when it was made: at the base, and at the last weights."""
    config = load_config("pocket", arm.overrides(seed))
    run = Run(runs / arm.name / str(seed))
    with build.verifier(config) as verifier:
        loop = build.leti(config, verifier)
        for place, told in ((run.base, result["places"][0]), (run.iterations()[-1], result["places"][-1])):
            for split in SAMPLES.keys() - told.keys():
                found = _programs(loop, (config, run, place), split=split, samples=SAMPLES[split], shared=runs / "base")
                told[split] = passes(found) | {"ends": ends(found)}
    return result


def _name_of(*parts: object) -> str:
    return sha256(repr(parts).encode()).hexdigest()[:16]


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Waits until no other process is at work in the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    lock = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
    finally:
        os.close(lock)


def main() -> None:
    """Read the switches, play, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("arm")
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--second", type=Path, default=SECOND)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--complete", action="store_true")
    options = parser.parse_args()
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    os.environ["ATEN_CPU_CAPABILITY"] = "avx2"  # wider vectors round differently
    folder = Path("runs", "claims-quick" if options.quick else "claims")
    arm = arms(options.second, quick=options.quick)[options.arm]
    file = (folder / "results" if options.quick else HERE / "results") / options.arm / f"{options.seed}.json"
    if options.complete:
        result = complete(arm, options.seed, folder, json.loads(file.read_text("utf-8")))
    else:
        result = play(arm, options.seed, folder)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(result, separators=(",", ":")) + "\n", "utf-8")


if __name__ == "__main__":
    main()
