"""LETI, whole: sample -> verify -> say it in words -> train -> score, and again (arXiv 2305.10314, algorithm 1).

What it is: the model is fine-tuned on its own programs, each after a reward token and what the interpreter said of it,
and is then asked for programs that follow the good token. Every iteration learns from its own samples only.
What it is not: there is no value function, no importance ratio and no ground-truth program anywhere in it.

The state of a run is on disk. `learn` may be killed at any point; the same call then does what is still owed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from itertools import chain, tee
from typing import Protocol

from leti.runs import AttemptRow, Place, Programs, Run
from leti.scores import summary, tally
from leti.training.place import TrainingPlace
from leti.types import (
    Attempt,
    Decoding,
    Example,
    Feedback,
    Key,
    Problem,
    SampleRequest,
    Scoring,
    Solution,
    TrainStep,
    Verdict,
    Wanted,
    wanted,
)


class Sampler(Protocol):
    """Writes programs."""

    def sample(self, rows: Sequence[Wanted], request: SampleRequest, *, done: AbstractSet[Key]) -> Iterator[Solution]:
        """Solutions of the rows that are not done, in order; the same whatever is done already."""


class Verifier(Protocol):
    """Decides how programs end."""

    def verify(self, pairs: Iterable[tuple[Problem, Solution]], *, scored: bool) -> Iterator[Verdict]:
        """One verdict per pair, in order; `scored`: they are reported, so nothing that is done for speed counts."""


class Objective(Protocol):
    """Decides what is trained on."""

    @property
    def prefix(self) -> str:
        """What the trained model is asked for good programs with."""

    def examples(self, attempts: Sequence[Attempt], key: str) -> list[Example]:
        """Pure; `key` names the randomness."""


class Trainer(Protocol):
    """Moves weights."""

    def fit(self, examples: Sequence[Example], place: TrainingPlace) -> Iterator[TrainStep]:
        """One item per optimiser step; the weights are there when it ends. Goes on where it was killed."""


@dataclass(frozen=True, kw_only=True)
class Leti:
    """The algorithm and everything it works with."""

    sampler: Sampler
    verifier: Verifier
    render: Callable[[Verdict], Feedback]
    """Says a verdict in words."""
    objective: Objective
    trainer: Trainer
    base: str
    """The weights to begin with: a directory or a Hugging Face model name."""
    problems: Sequence[Problem]
    """What is trained on."""
    samples: int
    """Programs per problem and iteration (the paper's n)."""
    decoding: Decoding
    scoring: Scoring
    iterations: int
    seed: int

    def learn(self, run: Run) -> None:
        """The algorithm. Does what the run still owes: all of it for a new run, nothing for a finished one."""
        weights, prefix = self.base, ""  # the base model has never seen a reward token
        self.score(run.base, weights, prefix=prefix)
        for number in range(self.iterations):
            place = run.iteration(number)
            key = f"seed={self.seed} iteration={number}"
            if not place.weights.exists():
                request = SampleRequest(weights=weights, prefix=prefix, decoding=self.decoding, key=f"{key} sample")
                rows = wanted(self.problems, self.samples)
                attempts = self.attempt(place, rows, request=request)
                place.examples.write(self.objective.examples(attempts, key))
                self.train(place, weights, key=key)
            weights, prefix = str(place.weights), self.objective.prefix
            self.score(place, weights, prefix=prefix)

    def attempt(
        self, place: Programs, rows: Sequence[Wanted], *, request: SampleRequest, scored: bool = False
    ) -> list[Attempt]:
        """Samples programs, verifies them while the next are sampled, and says what became of them."""
        by_id = {problem.id: problem for problem, _ in rows}
        done = place.attempts.keys()
        kept = [solution for solution in place.solutions if solution.key not in done]
        fresh = self.sampler.sample(rows, request, done=place.solutions.keys())
        owed, asked = tee(chain(kept, place.solutions.extending(fresh)))

        verdicts = self.verifier.verify(((by_id[solution.problem], solution) for solution in asked), scored=scored)
        place.attempts.extend(
            AttemptRow(solution=solution, verdict=verdict, feedback=self.render(verdict))
            for verdict, solution in zip(verdicts, owed, strict=True)
        )
        return [row.attempt(by_id) for row in place.attempts]

    def train(self, place: Place, start: str, *, key: str) -> None:
        """Fine-tunes on the iteration's examples."""
        examples = list(place.examples)
        prefix = self.objective.prefix
        training = TrainingPlace(
            start=start, weights=place.weights, checkpoint=place.checkpoint, key=f"{key} train", prefix=prefix
        )
        place.metrics.extend(self.trainer.fit(examples, training))

    def score(self, place: Place, weights: str, *, prefix: str) -> None:
        """pass@k of the weights on each scored split."""
        if place.scores is not None:
            return
        scores = {}
        for split, problems in self.scoring.splits.items():
            request = SampleRequest(
                weights=weights, prefix=prefix, decoding=self.scoring.decoding, key=f"seed={self.seed} score={split}"
            )
            programs, rows = place.scored(split), wanted(problems, self.scoring.samples)
            attempts = self.attempt(programs, rows, request=request, scored=True)
            tallies = tally((attempt.problem.id, attempt.verdict.passed) for attempt in attempts)
            scores[split] = summary(tallies, self.scoring.ks)
        place.write_scores(scores)
