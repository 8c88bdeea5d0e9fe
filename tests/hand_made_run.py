"""A run directory made by hand: a few problems, a few programs, every ending."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from leti.kinds import Tests
from leti.runs import AttemptRow, Place, Run
from leti.scores import summary, tally
from leti.types import (
    Ending,
    ErrorRecord,
    Example,
    Feedback,
    Frame,
    Outcome,
    Problem,
    Role,
    Segment,
    Solution,
    Spell,
    TestResult,
    TestStatus,
    TrainStep,
    Verdict,
    Work,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

CONFIG: dict[str, Any] = {
    "seed": 0,
    "iterations": 2,
    "problems": {"name": "jsonl", "path": "problems.jsonl", "limits": {}},
    "model": {"path": "pocket", "device": "auto"},
    "score": {"splits": ["validation", "test"], "samples": 2, "ks": [1, 2]},
}
MANIFEST: dict[str, Any] = {
    "identity": {"seed": 0, "model": {"path": "pocket", "sha256": "9f3c"}, "problems": "ab41"},
    "versions": {"python": "3.11.2"},
    "isolation": "process",
}


@dataclass(frozen=True)
class HandMade:
    """Writes a run, row by row."""

    run: Run

    def begin(self, names: Sequence[str], config: Mapping[str, Any] = CONFIG) -> None:
        self.run.begin(config, MANIFEST, problems=[self.problem(name) for name in names])

    def problem(self, name: str) -> Problem:
        prompt = 'def double(x):\n    """Twice x."""\n'
        return Problem(
            id=name, prompt=prompt, check=Tests(tests=("assert double(2) == 4", "assert double(0) == 0")), source="hand"
        )

    def attempt(self, name: str, sample: int, ending: str, body: str = "") -> AttemptRow:
        """An attempt that passed, `failed`, was `timed-out`, or raised the error that `ending` names."""
        prompt = self.problem(name).prompt
        body = body or {"passed": "    return 2 * x\n", "failed": "    return x\n"}.get(ending, "    return y + x\n")
        verdict = _verdict(ending, prompt + body)
        said = None if verdict.passed else f"{verdict.error.type}: {verdict.error.message}" if verdict.error else ending
        return AttemptRow(
            solution=Solution(
                problem=name,
                sample=sample,
                completion=body,
                tokens=(1, 2, 3),
                program=prompt + body,
                ending=Ending.TOKEN,
            ),
            verdict=verdict,
            feedback=Feedback(good=verdict.passed, text=said),
        )

    def example(self, row: AttemptRow) -> Example:
        solution, text = row.solution, row.feedback.text
        spoken = (
            Segment(text="<|lang_feedback|>", role=Role.MARKER, weight=0.5),
            Segment(text=text or "", role=Role.FEEDBACK, weight=0.5),
            Segment(text="<|/lang_feedback|>", role=Role.MARKER, weight=0.5),
        )
        prompt = solution.program.removesuffix(solution.completion)
        return Example(
            problem=solution.problem,
            sample=solution.sample,
            segments=(
                Segment(text="<|good|>" if row.feedback.good else "<|bad|>", role=Role.REWARD),
                *(spoken if text else ()),
                Segment(text=prompt, role=Role.PROBLEM, weight=0.0),
                Segment(text=solution.completion, role=Role.PROGRAM, tokens=solution.tokens),
                Segment(text="", role=Role.END),
            ),
        )

    def score(self, place: Place, splits: Mapping[str, Mapping[str, Sequence[str]]]) -> None:
        """Scores a place: by split, by problem, how each sample ended."""
        scores = {}
        for split, endings in splits.items():
            rows = [
                self.attempt(name, sample, end) for name, ends in endings.items() for sample, end in enumerate(ends)
            ]
            place.scored(split).attempts.extend(rows)
            scores[split] = summary(tally((row.solution.problem, row.verdict.passed) for row in rows), (1, 2))
        place.write_scores(scores)

    def train(self, place: Place, rows: Sequence[AttemptRow], losses: Sequence[float] = ()) -> None:
        """An iteration's training; without losses it has not come to the trainer."""
        place.attempts.extend(rows)
        if losses:
            place.examples.write([self.example(row) for row in rows])
            place.metrics.extend(_step(step, loss) for step, loss in enumerate(losses, start=1))
            place.weights.mkdir()

    def finish(self) -> None:
        """The run that most tests look at."""
        self.begin(["hand/a", "hand/b", "hand/c", "hand/v", "hand/t", "hand/u"])
        name_error, ok, failed, slow = "NameError", "passed", "failed", "timed-out"
        base = {"hand/a": [name_error, failed], "hand/b": [failed, slow], "hand/c": [ok, failed]}
        first = {"hand/a": [ok, failed], "hand/b": [ok, ok], "hand/c": [ok, failed]}
        last = {"hand/a": [failed, ok], "hand/b": [failed, ok], "hand/c": [failed, failed]}
        self.score(self.run.base, {"validation": {"hand/v": [failed, slow]}, "test": base})
        for number, (validation, test) in enumerate([([ok, ok], first), ([ok, failed], last)]):
            place = self.run.iteration(number)
            endings = [("hand/t", [ok, name_error, failed]), ("hand/u", ["SyntaxError", slow, "my.Own"])]
            rows = [self.attempt(name, sample, end) for name, ends in endings for sample, end in enumerate(ends)]
            self.train(place, rows, [1.5, 0.9, 1.25 - number])
            self.score(place, {"validation": {"hand/v": validation}, "test": test})
            self.spend(place.name, sampling=40.0, verifying=2.5 * number, training=61.25, scoring=14.0)
        self.spend("base", scoring=13.0)

    def spend(self, place: str, **seconds: float) -> None:
        """Time that went into a place, in two sittings."""
        rows = [(Work(work), spent) for work, spent in seconds.items() if spent]
        self.run.clock.extend(
            Spell(place=place, work=work, seconds=spent / 2, ended=float(sitting))
            for sitting in range(2)
            for work, spent in rows
        )


def _verdict(ending: str, program: str) -> Verdict:
    after = program.count("\n") + 2
    test = Frame(line=after, function="<module>", source="assert double(2) == 4")
    inside = Frame(line=3, function="double", source="return y + x")
    rest = (TestResult(status=TestStatus.NOT_REACHED),)
    match ending:
        case "passed":
            return Verdict(outcome=Outcome.PASSED, tests=(TestResult(status=TestStatus.PASSED),) * 2)
        case "failed":
            error = ErrorRecord(type="AssertionError", frames=(test,), expected="4", got="2")
            return Verdict(outcome=Outcome.FAILED, tests=(TestResult(status=TestStatus.FAILED), *rest), error=error)
        case "timed-out":
            return Verdict(outcome=Outcome.TIMED_OUT, tests=rest * 2)
        case "SyntaxError":
            error = ErrorRecord(type=ending, message="invalid syntax", syntax=inside)
            return Verdict(outcome=Outcome.RAISED, tests=rest * 2, error=error)
        case _:
            error = ErrorRecord(type=ending, message="name 'y' is not defined", frames=(test, inside))
            return Verdict(outcome=Outcome.RAISED, tests=(TestResult(status=TestStatus.RAISED), *rest), error=error)


def _step(step: int, loss: float) -> TrainStep:
    kind = "pretrain" if step == 2 else "examples"
    return TrainStep(step=step, kind=kind, loss=loss, learning_rate=1e-5, gradient_norm=1.0, tokens=100, sequences=8)
