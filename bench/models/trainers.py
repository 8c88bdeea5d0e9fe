"""Who trains on the same texts: our trainer, and TRL's SFTTrainer in several ways."""

from __future__ import annotations

import gc
import tempfile
from dataclasses import dataclass, field
from importlib.metadata import version
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import peers
import texts
from contest import NotThereError, Turn

if TYPE_CHECKING:
    from tasks import Training

RATE = 1e-5
CLIP = 1.0


class Ours:
    """`leti.training`, without pre-training text and without checkpoints."""

    def __init__(self, task: Training) -> None:
        from leti.training import TrainerSettings, make_trainer

        self._task = task
        self._settings = TrainerSettings(
            epochs=1,
            batch=task.batch,
            max_tokens=task.max_tokens,
            micro_tokens=task.micro_tokens,
            learning_rate=RATE,
            clip=CLIP,
            precision=task.device.precision,
            keep_optimizer=False,
            checkpoint_steps=0,
            device=task.device.name,
            pretrain=None,
        )
        self._trainer = make_trainer(self._settings)  # which imports torch: what comes on top is training's
        self._before = task.device.peak()
        self._lengths = [len(text.ids) for text in texts.read(task.ids)]
        self.about = f"leti {version('leti')}, at most {task.micro_tokens} tokens at once"

    def turn(self, request: None) -> Turn:  # noqa: ARG002 - there is one thing to ask for
        """A fit from the same weights; its weights are not kept."""
        from leti.training import TrainingPlace
        from leti.training.plan import plan

        task = self._task
        with tempfile.TemporaryDirectory(prefix="leti-bench-") as folder:
            place = TrainingPlace(
                start=task.weights, weights=Path(folder) / "weights", checkpoint=Path(folder) / "part", key="bench"
            )
            fit = self._trainer.fit(task.examples, place)
            moments = [task.device.now() for _ in islice(fit, task.steps + 1)]
            fit.close()  # before it saves
        steps = plan(len(self._lengths), self._settings, key="bench")[1 : task.steps + 1]
        tokens = [sum(self._lengths[member] for member in step.members) for step in steps]
        return _turn(self._task, moments, tokens, self._before)


class Supervised:
    """TRL's SFTTrainer."""

    def __init__(self, task: Training) -> None:
        assert task.way, "TRL has to be told how"
        self._task, self._way = task, task.way
        trl = peers.trl()
        peers.hush()
        import torch
        from datasets import Dataset
        from transformers import AutoTokenizer

        self._before = self._task.device.peak()
        found = texts.read(self._task.ids)
        self._data = Dataset.from_dict({"input_ids": [t.ids for t in found], "labels": [t.labels for t in found]})
        self._mean = sum(len(text.ids) for text in found) / len(found)
        self._tokenizer = AutoTokenizer.from_pretrained(self._task.weights)
        self._trl, self._torch = trl, torch
        self.about = f"trl {version('trl')}, {self._way.name}"

    def turn(self, request: None) -> Turn:  # noqa: ARG002 - there is one thing to ask for
        """A training from the same weights."""
        from transformers import AutoModelForCausalLM

        model = AutoModelForCausalLM.from_pretrained(self._task.weights, dtype=self._torch.float32)
        moments: list[float] = []
        with tempfile.TemporaryDirectory(prefix="leti-bench-") as folder:
            trainer = self._trl.SFTTrainer(
                model=model,
                args=self._options(folder),
                train_dataset=self._data,
                processing_class=self._tokenizer,
                callbacks=[_watch(self._task, moments)],
            )
            trainer.data_collator = counting = _Counting(trainer.data_collator)
            peers.mute(trainer)
            trainer.train()
        micros = trainer.args.gradient_accumulation_steps
        del trainer, model  # they know each other
        gc.collect()
        sums = [sum(counting.tokens[start : start + micros]) for start in range(0, len(counting.tokens), micros)]
        return _turn(self._task, moments, sums[1 : self._task.steps + 1], self._before)

    def _options(self, folder: str) -> Any:
        """The same optimiser, rate, clipping and tokens per step as ours; nothing but training takes time."""
        task, way = self._task, self._way
        rows = max(1, round(task.batch * self._mean / way.packed)) if way.packed else task.batch
        micro = min(way.micro or rows, rows)
        return self._trl.SFTConfig(
            output_dir=folder,
            packing=bool(way.packed),
            padding_free=way.padding_free,
            max_length=way.packed or (None if way.padding_free else task.max_tokens),
            per_device_train_batch_size=micro,
            gradient_accumulation_steps=rows // micro,
            max_steps=task.steps + 1,
            learning_rate=RATE,
            lr_scheduler_type="constant",
            weight_decay=0.01,
            max_grad_norm=CLIP,
            bf16=task.device.precision == "bfloat16",
            use_cpu=not task.device.is_gpu,
            **peers.quiet(),
        )


@dataclass(slots=True)
class _Counting:
    """A collator that remembers how many real tokens it was given, micro-batch by micro-batch."""

    collate: Any
    tokens: list[int] = field(default_factory=list)

    def __call__(self, rows: list[dict[str, Any]]) -> Any:
        self.tokens.append(sum(len(row["input_ids"]) for row in rows))
        return self.collate(rows)


def _watch(task: Training, moments: list[float]) -> Any:
    """Notes when each optimiser step is done."""
    from transformers import TrainerCallback

    class Watch(TrainerCallback):
        def on_step_end(self, *_: Any, **__: Any) -> None:
            moments.append(task.device.now())

    return Watch()


def _turn(task: Training, moments: list[float], tokens: list[int], before: float) -> Turn:
    """From the end of the first step to the end of the last."""
    if len(moments) != task.steps + 1 or len(tokens) != task.steps:
        raise NotThereError(f"{len(moments)} steps were taken, and {len(tokens)} counted, of {task.steps + 1}")
    peak = task.device.peak()
    amounts = {"tokens": sum(tokens), "steps": task.steps, "peak": peak, "grown": peak - before}
    return Turn(seconds=moments[-1] - moments[0], amounts=amounts)
