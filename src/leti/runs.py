"""A run on disk; the only module that knows a file name inside a run.

    RUN/config.json            resolved; going on with a different one is refused
        manifest.json          versions, seeds, digests, the isolation level in force
        problems.jsonl         every problem that is trained or scored on
        base/                  the untouched model: scores.json, scored/
        iterations/000/        solutions.jsonl attempts.jsonl examples.jsonl metrics.jsonl weights/ scores.json scored/
        clock.jsonl            where the time went; the only measured file
        report.html

Rows are appended and keyed, and one operation, *append what is owed*, is the whole of resuming: a torn last line is cut
off and owed again, a row that is there is not written twice. Everything else is written beside and renamed. No clock
enters any other file, so that two runs of one configuration are the same bytes.
"""

from __future__ import annotations

import fcntl
import json
import os
import shlex
import shutil
import weakref
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from leti.errors import RunError
from leti.rows import Rows, read_json, write_json
from leti.types import Attempt, Example, Feedback, Key, Problem, Solution, Spell, TrainStep, Verdict, Work


@dataclass(frozen=True, slots=True, kw_only=True)
class AttemptRow:
    """An attempt as it is stored: its problem stands once, in problems.jsonl."""

    solution: Solution
    verdict: Verdict
    feedback: Feedback

    @property
    def key(self) -> Key:
        """The solution's."""
        return self.solution.key

    def attempt(self, problems: Mapping[str, Problem]) -> Attempt:
        """The whole attempt."""
        return Attempt(
            problem=problems[self.solution.problem],
            solution=self.solution,
            verdict=self.verdict,
            feedback=self.feedback,
        )


SOLUTION = TypeAdapter(Solution)
ATTEMPT = TypeAdapter(AttemptRow)
EXAMPLE = TypeAdapter(Example)
STEP = TypeAdapter(TrainStep)
PROBLEM = TypeAdapter(Problem)
SPELL = TypeAdapter(Spell)


@dataclass(frozen=True)
class Programs:
    """Solutions and what became of them: of an iteration, or of one scored split."""

    path: Path
    owner: Path
    """The folder of the iteration, or of the base model, that they belong to."""

    @cached_property
    def solutions(self) -> Rows[Solution]:
        """In the order of the rows that were asked for."""
        return Rows(self.path / "solutions.jsonl", SOLUTION, lambda row: row.key, part_of=self.owner)

    @cached_property
    def attempts(self) -> Rows[AttemptRow]:
        """In the order of the solutions."""
        hidden = {"verdict": {"seconds"}}
        return Rows(self.path / "attempts.jsonl", ATTEMPT, lambda row: row.key, hidden=hidden, part_of=self.owner)


@dataclass(frozen=True)
class Place(Programs):
    """The folder of one iteration, or of the base model."""

    name: str

    @property
    def examples(self) -> Rows[Example]:
        """What the model was trained on."""
        return Rows(self.path / "examples.jsonl", EXAMPLE, lambda row: row.key, part_of=self.owner)

    @property
    def metrics(self) -> Rows[TrainStep]:
        """One row per optimiser step; on the disk before a checkpoint is, that no step before it is made again for."""
        return Rows(self.path / "metrics.jsonl", STEP, lambda row: row.step, part_of=self.owner, lasting=True)

    @property
    def weights(self) -> Path:
        """The trained model; whole if it is there."""
        return self.path / "weights"

    @property
    def checkpoint(self) -> Path:
        """The trainer's scratch folder; gone when training is done."""
        return self.path / "checkpoint"

    def scored(self, split: str) -> Programs:
        """The programs that were sampled to score a split."""
        return Programs(self.path / "scored" / split, self.path)

    @property
    def splits(self) -> tuple[str, ...]:
        """The splits that have begun to be scored."""
        folder = self.path / "scored"
        return tuple(sorted(child.name for child in folder.iterdir() if child.is_dir())) if folder.exists() else ()

    @property
    def scores(self) -> dict[str, Any] | None:
        """By split; None until every split is scored."""
        return read_json(self.path / "scores.json")

    def write_scores(self, scores: Mapping[str, Any]) -> None:
        """Once; they are there only when whole."""
        write_json(self.path / "scores.json", scores)


class Run:
    """One run directory."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._let_go: Callable[[], object] = lambda: None

    @property
    def config(self) -> dict[str, Any]:
        """The resolved configuration.

        Raises:
            RunError: this is no run.
        """
        found = read_json(self.path / "config.json")
        if found is None:
            raise RunError(f"{self.path} is no run: it has no config.json. Type the directory that `leti learn` made.")
        return found

    @property
    def manifest(self) -> dict[str, Any]:
        """What ran: versions, seeds, digests, isolation."""
        return read_json(self.path / "manifest.json") or {}

    @property
    def problems(self) -> dict[str, Problem]:
        """Every problem of the run, by id."""
        return {row.id: row for row in Rows(self.path / "problems.jsonl", PROBLEM, lambda row: row.id)}

    @property
    def clock(self) -> Rows[Spell]:
        """Where the time went, sitting after sitting; nothing where nobody watched."""
        return Rows(self.path / "clock.jsonl", SPELL, lambda row: (row.ended, row.place, row.work))

    def spent(self) -> dict[str, dict[Work, float]]:
        """Seconds by place and work, as far as they are known."""
        found: dict[str, dict[Work, float]] = {}
        for spell in self.clock:
            place = found.setdefault(spell.place, {})
            place[spell.work] = place.get(spell.work, 0.0) + spell.seconds
        return found

    @property
    def base(self) -> Place:
        """The untouched model."""
        return _place(self.path / "base")

    @property
    def report(self) -> Path:
        """The HTML file."""
        return self.path / "report.html"

    def iteration(self, number: int) -> Place:
        """The folder of an iteration, whether it is there or not."""
        return _place(self.path / "iterations" / f"{number:03d}")

    def iterations(self) -> list[Place]:
        """The iterations that have begun, in order."""
        folder = self.path / "iterations"
        names = sorted(child.name for child in folder.iterdir() if child.name.isdigit()) if folder.exists() else []
        return [self.iteration(int(name)) for name in names]

    def selected(self, split: str, metric: str = "pass@1") -> Place | None:
        """The iteration with the best score on a split (the earliest of equals), or None where nothing is scored."""
        scored = [place for place in self.iterations() if split in (place.scores or {})]
        return max(scored, key=lambda place: place.scores[split][metric]["value"], default=None)  # type: ignore[index]

    def begin(
        self,
        config: Mapping[str, Any],
        manifest: Mapping[str, Any],
        *,
        problems: Sequence[Problem],
        defaults: Mapping[str, Any] | None = None,
    ) -> list[str]:
        """Starts the run, or goes on with it.

        Args:
            config: resolved; what `MAY_CHANGE` names may differ between sittings.
            manifest: `identity` must not change between sittings; the rest may, and is told.
            problems: every problem that is trained or scored on.
            defaults: what a key is where the run was begun before there was such a key.

        Returns:
            What differs from the first sitting without harm, in words.

        Raises:
            RunError: the directory cannot be written, is in use, or belongs to another configuration or other data.
        """
        try:
            self._claim(config)
            if self._holds_nothing():
                self._start_anew(config, manifest)
            self._refuse_other_config(config, defaults or {})
            return self._go_on(manifest, problems)
        except RunError:
            self._let_go()
            raise

    def _go_on(self, manifest: Mapping[str, Any], problems: Sequence[Problem]) -> list[str]:
        before = self.manifest
        if before and "identity" not in before:
            raise RunError(
                f"{self.path}/manifest.json: damaged. Put it back, or begin a new run: --run OTHER_DIRECTORY"
            )
        now = manifest["identity"]
        # what an earlier version did not note down differs from nothing
        if before and any(now.get(name) != value for name, value in before["identity"].items()):
            raise RunError(
                f"{self.path} was begun with other {_differences(before['identity'], now)}. "
                "Go on with the same model, data and files, or begin a new run: --run OTHER_DIRECTORY"
            )
        Rows(self.path / "problems.jsonl", PROBLEM, lambda row: row.id).write(problems)
        if not before:
            write_json(self.path / "manifest.json", manifest)
        was, is_now = (flat({**found, "identity": {}}) for found in (before, manifest))
        return [f"{name} was {was[name]}, is now {is_now.get(name)}" for name in was if was[name] != is_now.get(name)]

    def _claim(self, config: Mapping[str, Any]) -> None:
        """Makes the directory and holds it, so that two processes never write one run."""
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            self._let_go()
            lock = os.open(self.path, os.O_RDONLY)
            self._let_go = weakref.finalize(self, os.close, lock)  # with the run, not only with the process
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if not (self.path / "config.json").exists():
                if any(child for child in self.path.iterdir() if not child.name.startswith(".")):
                    raise RunError(
                        f"{self.path} is not empty and no run. Type another directory: --run OTHER_DIRECTORY"
                    )
                write_json(self.path / "config.json", config)
        except BlockingIOError:
            raise RunError(f"{self.path} is in use by another process. Wait for it, or type --run OTHER.") from None
        except OSError as error:
            raise RunError(f"{self.path} cannot be written: {error.strerror}. Type another: --run DIRECTORY") from None

    def _holds_nothing(self) -> bool:
        """Whether no program was written yet: folders, and files with nothing in them, may be there."""
        folders = (self.base.path, self.path / "iterations")
        return not any(file.stat().st_size for folder in folders for file in folder.rglob("*") if file.is_file())

    def _start_anew(self, config: Mapping[str, Any], manifest: Mapping[str, Any]) -> None:
        """Nothing was done under what stands here, such as after a model that did not load: it binds nobody."""
        if self.config == config and self.manifest.get("identity") == manifest["identity"]:
            return
        for name in ("manifest.json", "problems.jsonl"):
            (self.path / name).unlink(missing_ok=True)
        for folder in filter(Path.exists, (self.base.path, self.path / "iterations")):
            shutil.rmtree(folder)
        write_json(self.path / "config.json", config)

    def _refuse_other_config(self, config: Mapping[str, Any], defaults: Mapping[str, Any]) -> None:
        before, after = flat(defaults) | flat(self.config), flat(config)
        other = sorted(name for name in before.keys() | after.keys() if before.get(name) != after.get(name))
        hard = [name for name in other if name not in MAY_CHANGE]
        if gone := [name for name in hard if name not in after]:
            raise RunError(
                f"{self.path} was begun by another version of leti, with keys that this one does not have: "
                f"{', '.join(gone)}. Go on with that version, or begin anew: --run OTHER_DIRECTORY"
            )
        if hard:
            told = ", ".join(f"{name} (was {before.get(name)!r}, is now {after.get(name)!r})" for name in hard)
            back = " ".join(f"--set {shlex.quote(f'{name}={json.dumps(before.get(name))}')}" for name in hard)
            raise RunError(
                f"{self.path} was begun with another configuration: {told}. "
                f"To go on with it, add: {back}   To begin anew, type another directory: --run OTHER_DIRECTORY"
            )
        if other:
            write_json(self.path / "config.json", config)


MAY_CHANGE = frozenset({"iterations", "verify.workers", "tracker"})
"""Configuration that may change between sittings: more iterations, and what does not touch a result."""


def learning_seconds(spent: Mapping[Work, float]) -> float | None:
    """Of one iteration's seconds those that went into learning, not into scoring; None where some are not known."""
    if not {Work.SAMPLING, Work.TRAINING} <= spent.keys():
        return None
    return sum(seconds for work, seconds in spent.items() if work is not Work.SCORING)


def _place(folder: Path) -> Place:
    return Place(folder, folder, folder.name)


def flat(tree: Mapping[str, Any]) -> dict[str, Any]:
    """Dotted names to values: what stands in a section is a value, be it a list or a table."""
    found: dict[str, Any] = {}
    for name, value in tree.items():
        found |= (
            {f"{name}.{key}": inner for key, inner in value.items()} if isinstance(value, Mapping) else {name: value}
        )
    return found


def _differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> str:
    return " and ".join(sorted(name for name in before if before[name] != after.get(name)))
