"""A run that is written row by row, as the loop does it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from leti.config import Config, resolved
from leti.kinds import Tests
from leti.runs import AttemptRow, Programs, Run
from leti.types import (
    Ending,
    ErrorRecord,
    Example,
    Feedback,
    Outcome,
    Problem,
    Role,
    Segment,
    Solution,
    TrainStep,
    Verdict,
)
from leti.watch.expected import Expected

if TYPE_CHECKING:
    from pathlib import Path

PROBLEM = Problem(id="p/1", prompt="x", check=Tests(tests=("assert x",)), source="p")
SCORES = {"problems": 1, "samples": 2, "pass@1": {"value": 0.5, "low": 0.0, "high": 1.0}}
EXPECTED = Expected(programs=4, scored={"validation": 2}, epochs=2, batch=2, pretrain_ratio=0.5)


class Writing:
    """A run, and what is put into it."""

    def __init__(self, path: Path) -> None:
        self.run = Run(path)
        config = Config.model_validate({"score": {"splits": ["validation"]}})
        self.run.begin(resolved(config), {"identity": {}}, problems=[PROBLEM])

    def solved(self, programs: Programs, sample: int) -> Solution:
        solution = Solution(problem="p/1", sample=sample, completion="", tokens=(), program="x", ending=Ending.TOKEN)
        programs.solutions.extend([solution])
        return solution

    def judged(self, programs: Programs, sample: int, error: str | None = None) -> None:
        verdict = Verdict(
            outcome=Outcome.RAISED if error else Outcome.PASSED, error=ErrorRecord(type=error) if error else None
        )
        solution = self.solved(programs, sample)
        row = AttemptRow(solution=solution, verdict=verdict, feedback=Feedback(good=not error, text=error))
        programs.attempts.extend([row])

    def examples(self, number: int, count: int) -> None:
        segment = Segment(text="x", role=Role.PROGRAM)
        rows = [Example(problem="p/1", sample=sample, segments=(segment,)) for sample in range(count)]
        self.run.iteration(number).examples.write(rows)

    def stepped(self, number: int, step: int, loss: float = 1.0) -> None:
        row = TrainStep(
            step=step, kind="examples", loss=loss, learning_rate=1e-3, gradient_norm=2.0, tokens=5, sequences=2
        )
        self.run.iteration(number).metrics.extend([row])
