"""For any point at which `learn` is killed: the same call again ends in the bytes of a run that nobody disturbed.

Each run is a child process that leaves without a word (`os._exit`, so that nothing is flushed, closed or cleaned up)
at its n-th event. Events are what a run does to the disk (a write, half a write, a rename, a folder) and the work of
its parts (a program written, a verdict, an optimiser step), so n counts through everything that can be interrupted.
The default run takes three points of every eight, `-m slow` the others.
"""

from __future__ import annotations

import builtins
import io
import os
import random
import shutil
import signal
import time
import traceback
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import pytest

import leti.rows
import leti.scores
from leti.kinds import Tests
from leti.loop import Leti, Scoring, Wanted
from leti.objectives import Objective
from leti.runs import Run
from leti.scores import Tally, estimate
from leti.training.place import TrainingPlace
from leti.types import (
    Decoding,
    Ending,
    Example,
    Feedback,
    Key,
    Outcome,
    Problem,
    SampleRequest,
    Solution,
    TrainStep,
    Verdict,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from collections.abc import Set as AbstractSet

KILLED, WRONG = 9, 1
estimate([Tally(2, 1)], 1)  # numpy finishes its imports here, once, and not in every child
SHARDS = 8
STEPS, CHECKPOINT_EVERY = 5, 2


def chance(*parts: object) -> str:
    return sha256(repr(parts).encode()).hexdigest()


def content(weights: str) -> str:
    """What the weights are, wherever they stand."""
    return (Path(weights) / "model.txt").read_text() if weights != "base" else weights


@dataclass(frozen=True)
class Writer:
    """A sampler whose programs follow from the weights, the request and the row, and from nothing else."""

    event: Callable[[], None]

    def sample(self, rows: Sequence[Wanted], request: SampleRequest, *, done: AbstractSet[Key]) -> Iterator[Solution]:
        for problem, sample in rows:
            if (problem.id, sample) in done:
                continue
            self.event()
            text = chance(content(request.weights), request.prefix, request.key, problem.id, sample)
            completion = f"\nü\u2028{text[: int(text[0], 16) + 3]}\n"
            yield Solution(
                problem=problem.id,
                sample=sample,
                completion=completion,
                tokens=tuple(text.encode()[:3]),
                program=problem.prompt + completion,
                ending=Ending.TOKEN,
            )


@dataclass(frozen=True)
class Judge:
    """A verifier that passes every third program or so, and whose clock never says the same twice."""

    event: Callable[[], None]

    def verify(self, pairs: Iterable[tuple[Problem, Solution]], *, scored: bool) -> Iterator[Verdict]:  # noqa: ARG002
        for problem, solution in pairs:
            self.event()
            passed = int(chance(problem.id, solution.program)[0], 16) < 5
            outcome = Outcome.PASSED if passed else Outcome.RAISED
            yield Verdict(outcome=outcome, output="ü", seconds=random.random())


def render(verdict: Verdict) -> Feedback:
    return Feedback(good=verdict.passed, text=None if verdict.passed else "NameError: name 'x' is not defined\n")


@dataclass(frozen=True)
class Learner:
    """A trainer of weights that remember every example, with a checkpoint every other step."""

    event: Callable[[], None]

    def fit(self, examples: Sequence[Example], place: TrainingPlace) -> Iterator[TrainStep]:
        saved = place.checkpoint / "state.json"
        state = leti.rows.read_json(saved) or {"step": 0, "memory": content(place.start)}
        memory = state["memory"]
        for step in range(state["step"] + 1, STEPS + 1):
            self.event()
            batch = examples[step % len(examples)] if examples else None
            memory = chance(memory, place.key, step, batch)
            yield TrainStep(
                step=step,
                kind="examples",
                loss=int(memory[:8], 16) / 7,
                learning_rate=1e-5,
                gradient_norm=0.1 * step,
                tokens=step,
                sequences=len(examples),
            )
            if step % CHECKPOINT_EVERY == 0:  # after the step's row is on disk
                leti.rows.write_json(saved, {"step": step, "memory": memory})
        beside = place.weights.with_name(".weights.part")
        beside.mkdir(parents=True, exist_ok=True)
        leti.rows.write(beside / "model.txt", memory.encode())
        shutil.rmtree(place.checkpoint, ignore_errors=True)  # first: who sees the weights never comes back to clean up
        self.event()
        beside.replace(place.weights)


def problems(name: str, count: int) -> tuple[Problem, ...]:
    return tuple(
        Problem(id=f"{name}/{n}", prompt=f'"""\n{name} {n}\n"""', check=Tests(tests=("assert f()",)), source=name)
        for n in range(count)
    )


def learn(path: Path, event: Callable[[], None]) -> None:
    train, validation = problems("train", 2), problems("validation", 1)
    run = Run(path)
    run.begin({"seed": 2, "sampling": {"samples": 2}}, {"identity": {"model": "base"}}, problems=[*train, *validation])
    Leti(
        sampler=Writer(event),
        verifier=Judge(event),
        render=render,
        objective=Objective("fcft"),
        trainer=Learner(event),
        base="base",
        problems=train,
        samples=2,
        decoding=Decoding(),
        scoring=Scoring(splits={"validation": validation}, samples=2, ks=(1, 2), decoding=Decoding(temperature=0.1)),
        iterations=2,
        seed=2,
    ).learn(run)


class Count:
    """Counts events, and leaves at the last one: on the spot, or with half of a write on disk."""

    def __init__(self, last: int | None) -> None:
        self.seen = 0
        self.last = last

    def reached(self) -> bool:
        self.seen += 1
        return self.seen == self.last

    def __call__(self) -> None:
        if self.reached():
            os._exit(KILLED)

    def through(self, action: Callable[..., Any]) -> Callable[..., Any]:
        """The same action, with an event before and one after it."""

        def watched(*arguments: Any, **options: Any) -> Any:
            self()
            result = action(*arguments, **options)
            self()
            return result

        return watched


def torn_files(count: Count) -> Callable[..., Any]:
    """`open`, such that each write to a file is three events: before it, in the middle of it, and after it."""
    whole_open = io.open

    def opened(file: Any, mode: str = "r", *arguments: Any, **options: Any) -> Any:
        stream = whole_open(file, mode, *arguments, **options)
        return Torn(stream, count) if mode in ("ab", "wb") else stream

    return opened


class Torn:
    """A file whose writes may stop in the middle."""

    def __init__(self, stream: Any, count: Count) -> None:
        self.stream = stream
        self.count = count

    def write(self, line: bytes) -> int:
        self.count()
        if self.count.reached():
            self.stream.flush()  # the rows before it are not in question here
            os.write(self.stream.fileno(), line[: random.Random(self.count.seen).randrange(len(line) + 1)])
            os._exit(KILLED)
        return self.stream.write(line)

    def flush(self) -> None:
        self.stream.flush()
        self.count()

    def truncate(self, size: int) -> int:
        self.count()
        return self.stream.truncate(size)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.stream, name)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stream.close()


def sitting(path: Path, last: int | None = None) -> tuple[int, int]:
    """Runs `learn` in a child that is killed at its n-th event. Returns how it ended and how many events there were."""
    log = path.with_name(f"{path.name}.log")
    child = os.fork()
    if child == 0:
        count = Count(last)
        try:
            with log.open("w") as words:
                os.dup2(words.fileno(), 1)
                os.dup2(words.fileno(), 2)
            io.open = builtins.open = torn_files(count)
            Path.replace = count.through(Path.replace)
            os.fsync = lambda _: None
            leti.scores.RESAMPLES = 500
            learn(path, count)
            log.write_text(str(count.seen))
            os._exit(0)
        except BaseException:  # noqa: BLE001 - a child never goes back into the test
            log.write_text(traceback.format_exc())
            os._exit(WRONG)
    status = ended(child)
    if status is None:  # a fork of a process with threads may find a lock held for good: it is killed, and sat again
        return sitting(path, last)
    code = os.waitstatus_to_exitcode(status)
    assert code != WRONG, log.read_text()
    return code, int(log.read_text()) if code == 0 else 0


def ended(child: int, seconds: float = 30) -> int | None:
    """The child's status; None for one that hung and was killed, which is a kill like any other."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            return status
        time.sleep(0.001)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return None


def tree(path: Path) -> dict[str, bytes | None]:
    return {str(p.relative_to(path)): p.read_bytes() if p.is_file() else None for p in sorted(path.rglob("*"))}


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, bytes | None], int]:
    """The files of a run that nobody disturbed, and the number of its events."""
    path = tmp_path_factory.mktemp("undisturbed") / "run"
    _, events = sitting(path)
    return tree(path), events


def differences(path: Path, whole: dict[str, bytes | None]) -> list[str]:
    found = tree(path)
    return sorted(name for name in found.keys() | whole.keys() if found.get(name, b"?") != whole.get(name, b"?"))


def test_the_fakes_make_a_run_worth_disturbing(undisturbed: tuple[dict[str, bytes | None], int]) -> None:
    whole, events = undisturbed
    assert events >= 200
    assert {"base/scores.json", "iterations/001/weights/model.txt", "iterations/001/scores.json"} <= whole.keys()
    assert whole["iterations/000/weights/model.txt"] != whole["iterations/001/weights/model.txt"]
    for number in ("000", "001"):
        verdicts = (whole[f"iterations/{number}/attempts.jsonl"] or b"").splitlines()
        assert {b'"passed"' in verdict for verdict in verdicts} == {True, False}


def test_two_runs_are_the_same_bytes_whatever_the_clock_says(
    tmp_path: Path, undisturbed: tuple[dict[str, bytes | None], int]
) -> None:
    sitting(tmp_path / "run")
    assert differences(tmp_path / "run", undisturbed[0]) == []


def test_a_finished_run_is_not_touched_again(tmp_path: Path) -> None:
    path = tmp_path / "run"
    sitting(path)
    before = {p: p.stat().st_mtime_ns for p in path.rglob("*")}
    sitting(path)
    assert {p: p.stat().st_mtime_ns for p in path.rglob("*")} == before


def test_only_what_is_owed_is_done_again(tmp_path: Path) -> None:
    path = tmp_path / "run"
    sitting(path)
    place = Run(path).iteration(1)
    for folder in (place.weights, place.path / "scored"):
        shutil.rmtree(folder)
    for file in (place.metrics.path, place.path / "scores.json"):
        file.unlink()
    first, *_ = place.attempts.path.read_bytes().splitlines(keepends=True)
    place.attempts.path.write_bytes(first)

    done: list[str] = []
    learn(path, lambda: done.append("work"))
    sampled, verified, trained = 2, 3 + 2, STEPS + 1  # of 4 solutions all were there, of 4 verdicts one
    assert len(done) == sampled + verified + trained


@pytest.mark.parametrize(
    "shard", [*range(3), *(pytest.param(shard, marks=pytest.mark.slow) for shard in range(3, SHARDS))]
)
def test_a_run_killed_at_any_point_ends_in_the_same_bytes(
    tmp_path: Path, undisturbed: tuple[dict[str, bytes | None], int], shard: int
) -> None:
    whole, events = undisturbed
    for last in range(1 + shard, events + 1, SHARDS):
        path = tmp_path / str(last)
        assert sitting(path, last)[0] == KILLED
        assert sitting(path)[0] == 0
        assert differences(path, whole) == [], f"killed at event {last} of {events}"
        shutil.rmtree(path)


@pytest.mark.parametrize("seed", range(6))
def test_a_run_killed_again_and_again_ends_in_the_same_bytes(
    tmp_path: Path, undisturbed: tuple[dict[str, bytes | None], int], seed: int
) -> None:
    whole, events = undisturbed
    pick = random.Random(seed)
    path = tmp_path / "run"
    kills = 0
    while sitting(path, pick.randint(1, events // 6))[0] == KILLED:
        kills += 1
    assert kills >= 2
    assert differences(path, whole) == []
