"""Who does one whole iteration: LETI, and TRL's GRPOTrainer with a reward that runs the programs."""

from __future__ import annotations

import tempfile
import time
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import executor
import peers
from calls import written
from contest import Turn

from leti import build
from leti.config import Config, load_config
from leti.problems import TRAIN
from leti.runs import AttemptRow, Run
from leti.types import Ending, SampleRequest, Solution, wanted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tasks import Iterating

    from leti.loop import Leti
    from leti.runs import Place
    from leti.types import Attempt, Problem, Wanted

RATE = 1e-5


def configured(task: Iterating) -> Config:
    """The built-in run, less what only one side has: every program is learned once, and no plain code between."""
    return load_config(
        "pocket",
        [
            f"model.path={task.weights}",
            f"model.device={task.device.name}",
            f"model.precision={task.device.precision}",
            f"sampling.samples={task.samples}",
            f"sampling.max_new_tokens={task.max_new_tokens}",
            "sampling.min_p=0.0",
            f"problems.limits.train={task.problems}",
            "objective.dedupe=false",
            "objective.balance=0.0",
            "pretrain.ratio=0.0",
            "training.epochs=1",
            f"training.batch={task.batch}",
            f"training.learning_rate={RATE}",
            "training.keep_optimizer=false",
        ],
    )


class Ours:
    """An iteration of `leti learn`: rows and weights go to disk, as they always do."""

    def __init__(self, task: Iterating) -> None:
        self._task, self._turns = task, 0
        self._config = configured(task)
        how = "verified while the next are sampled" if task.overlapped else "sampled all, then verified all"
        self.about = f"leti {version('leti')}, {how}"

    def turn(self, request: None) -> Turn:  # noqa: ARG002 - there is one thing to ask for
        """An iteration from the same weights, with its own random numbers."""
        self._turns += 1
        now = self._task.device.now
        with tempfile.TemporaryDirectory(prefix="leti-bench-") as folder, build.verifier(self._config) as verifier:
            loop = build.leti(self._config, verifier)
            _warm(loop)
            place = Run(Path(folder)).iteration(0)
            rows = wanted(loop.problems, loop.samples)
            key = f"seed=0 turn={self._turns}"
            asked = SampleRequest(weights=loop.base, prefix="", decoding=loop.decoding, key=key)
            began = now()
            if self._task.overlapped:
                made, sampled = loop.attempt(place, rows, request=asked), now()
            else:
                made, sampled = _one_after_the_other(loop, place, rows, asked)
            attempted = now()
            place.examples.write(loop.objective.examples(made, key))
            loop.train(place, loop.base, key=key)
            ended = now()
        amounts = {
            "sampling": sampled - began,
            "verifying": attempted - sampled,
            "attempts": attempted - began,
            "training": ended - attempted,
            "less verifying": ended - began - (attempted - sampled),
        }
        return Turn(seconds=ended - began, amounts=amounts | _counted(made))


def _warm(loop: Leti) -> None:
    """Starts what stays alive from iteration to iteration: the lanes of the verifier, with references."""
    known = [
        Solution(
            problem=problem.id,
            sample=0,
            completion="",
            tokens=(),
            program=problem.reference or problem.prompt,
            ending=Ending.TOKEN,
        )
        for problem in loop.problems
    ]
    for _ in loop.verifier.verify(zip(loop.problems, known, strict=True), scored=False):
        pass


def _one_after_the_other(
    loop: Leti, place: Place, rows: Sequence[Wanted], asked: SampleRequest
) -> tuple[list[Attempt], float]:
    """What `Leti.attempt` does, without overlap; and when sampling was done."""
    solutions = list(place.solutions.extending(loop.sampler.sample(rows, asked, done=frozenset())))
    sampled = time.perf_counter()
    pairs = [(problem, solution) for (problem, _), solution in zip(rows, solutions, strict=True)]
    verdicts = loop.verifier.verify(pairs, scored=False)
    place.attempts.extend(
        AttemptRow(solution=solution, verdict=verdict, feedback=loop.render(verdict))
        for solution, verdict in zip(solutions, verdicts, strict=True)
    )
    by_id = {problem.id: problem for problem, _ in rows}
    return [row.attempt(by_id) for row in place.attempts], sampled


def _counted(made: Sequence[Attempt]) -> dict[str, float]:
    return {
        "programs": len(made),
        "tokens": sum(len(attempt.solution.tokens) for attempt in made),
        "passed": sum(attempt.verdict.passed for attempt in made),
    }


class Policy:
    """TRL's GRPOTrainer: the same problems, programs per problem and programs per optimiser step."""

    def __init__(self, task: Iterating) -> None:
        self._trl = peers.trl()
        peers.hush()
        from datasets import Dataset
        from transformers import AutoTokenizer

        self._task = task
        config = configured(task)
        problems: Sequence[Problem] = build.split(config, build.problem_set(config), name=TRAIN)
        self._tests = {problem.prompt: problem.check.text for problem in problems}
        self._timeout = config.verify.timeout
        self._data = Dataset.from_dict({"prompt": list(self._tests)})
        self._tokenizer = AutoTokenizer.from_pretrained(task.weights)
        self._spent = dict.fromkeys(("rewards", "programs", "tokens", "passed"), 0.0)
        self.about = f"trl {version('trl')}, loss `{self._options('.').loss_type}`, no vLLM"

    def turn(self, request: None) -> Turn:  # noqa: ARG002 - there is one thing to ask for
        """One generation for all problems and the optimiser steps on it, from the same weights."""
        import torch
        from transformers import AutoModelForCausalLM

        model = AutoModelForCausalLM.from_pretrained(self._task.weights, dtype=torch.float32)
        self._spent = dict.fromkeys(self._spent, 0.0)
        with tempfile.TemporaryDirectory(prefix="leti-bench-") as folder:
            trainer = self._trl.GRPOTrainer(
                model=model,
                reward_funcs=self._reward,
                args=self._options(folder),
                train_dataset=self._data,
                processing_class=self._tokenizer,
            )
            peers.mute(trainer)
            began = self._task.device.now()
            trainer.train()
            seconds = self._task.device.now() - began
        less = {"less verifying": seconds - self._spent["rewards"]}
        return Turn(seconds=seconds, amounts=self._spent | less)

    def _reward(
        self, prompts: list[str], completions: list[str], completion_ids: list[list[int]], **_: Any
    ) -> list[float]:
        began = time.perf_counter()
        pairs = [
            (prompt + completion, self._tests[prompt]) for prompt, completion in zip(prompts, completions, strict=True)
        ]
        found = executor.rewards(pairs, timeout=self._timeout)
        self._spent["rewards"] += time.perf_counter() - began
        self._spent["programs"] += len(found)
        self._spent["passed"] += sum(found)
        ends = [self._tokenizer.eos_token_id]
        self._spent["tokens"] += sum(len(written(ids, ends)) for ids in completion_ids)
        return found

    def _options(self, folder: str) -> Any:
        task = self._task
        programs = len(self._tests) * task.samples
        return self._trl.GRPOConfig(
            output_dir=folder,
            num_generations=task.samples,
            generation_batch_size=programs,
            per_device_train_batch_size=task.batch,
            max_steps=programs // task.batch,
            max_completion_length=task.max_new_tokens,
            temperature=1.0,
            num_iterations=1,
            beta=0.0,
            learning_rate=RATE,
            lr_scheduler_type="constant",
            weight_decay=0.01,
            max_grad_norm=1.0,
            bf16=task.device.precision == "bfloat16",
            use_cpu=not task.device.is_gpu,
            **peers.quiet(),
        )
