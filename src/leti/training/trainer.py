"""The trainer for Hugging Face models: AdamW on weighted cross-entropy, step by step."""

from __future__ import annotations

import hashlib
import math
import warnings
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from accelerate import Accelerator

from leti.errors import ConfigError, TrainingError
from leti.training.batches import micro_batches, takes_one_row, tensors, weighted_loss
from leti.training.checkpoint import Checkpoints, beside, publish
from leti.training.crosstalk import refuse_crosstalk
from leti.training.layers import prepare
from leti.training.optimizer import OwnRows, faster, make_optimizer
from leti.training.place import PretrainSettings, TrainingPlace
from leti.training.plan import EXAMPLES, PlannedStep, learning_rate, plan
from leti.training.pretrain import blocks
from leti.training.tokens import Encoded, add_control_tokens, control_rows, encode, end_of
from leti.training.weights import load, load_moments, longest, narrow, save, save_moments
from leti.turns import turns_of
from leti.types import TrainStep

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from leti.training.place import TrainerSettings
    from leti.types import Example


@dataclass(frozen=True, slots=True)
class Machine:
    """What moves: a model and its optimiser, on one device."""

    accelerator: Accelerator
    model: Any
    optimizer: torch.optim.AdamW
    own_rows: OwnRows


@dataclass(frozen=True, slots=True)
class HFTrainer:
    """Fine-tunes any `AutoModelForCausalLM` whose only memory is attention (packed rows are told apart by its mask)."""

    settings: TrainerSettings

    def fit(self, examples: Sequence[Example], place: TrainingPlace) -> Iterator[TrainStep]:
        """Trains, and leaves the weights in `place.weights` when it ends.

        A step's checkpoint is written only after the caller asked for the next step, so a caller that stores each step
        has all steps up to the checkpoint. After a kill the same call goes on from there. On a CPU, with the same
        number of threads, the weights are then the same bytes, and so is every step that is yielded twice.

        Yields:
            One item per optimiser step. None if the weights are there already, or there is nothing to learn from.

        Raises:
            TrainingError: the loss or the gradient is not a number. Nothing of that step is kept.
            ConfigError: the model or the source of pre-training text is not there, or an adapter does not fit it.
        """
        if place.weights.exists():
            return
        machine, tokenizer = self._machine(place)
        model = machine.model
        limit = longest(model, self.settings)
        encoded = encode_all(examples, tokenizer, max_tokens=limit)
        checkpoints = Checkpoints(place.checkpoint, _digest(encoded, self.settings, place))
        done = checkpoints.restore(model, machine.optimizer)

        steps = plan(len(encoded), self.settings, key=place.key)
        for planned, sequences in self._batches(steps, encoded, tokenizer, limit, key=place.key):
            if planned.step <= done:
                continue
            rate = learning_rate(self.settings, step=planned.step, total=len(steps))
            yield self._step(machine, planned, sequences, rate)
            every = self.settings.checkpoint_steps
            if every and planned.step % every == 0 and planned.step < len(steps):
                checkpoints.save(planned.step, model=model, optimizer=machine.optimizer)

        partial = beside(place.weights)
        self._save(model, tokenizer, partial)
        if self.settings.keep_optimizer:
            save_moments(model, machine.optimizer, folder=partial)
        checkpoints.remove()  # before the weights appear: who sees them never comes back to clean up
        publish(partial, place.weights)

    def refuse_unfit(self, start: str, *, prefix: str, chat: bool, end: bool) -> None:
        """Loads a model as for a fit, and lets go of it: a fit comes after hours of sampling.

        Args:
            start: the weights, as `TrainingPlace` has them.
            prefix: what it will be asked with once it is trained.
            chat: problems are messages, for which it needs a template.
            end: programs are learned with the token that ends them.

        Raises:
            ConfigError: there is no such model, or it cannot be trained with these settings.
            TrainingError: it has no token that ends a text.
        """
        nowhere = Path("never-written")
        place = TrainingPlace(start=start, weights=nowhere, checkpoint=nowhere, key="", prefix=prefix)
        _, tokenizer = self._machine(place)
        turns = turns_of(tokenizer, chat=chat)
        if end:
            end_of(turns)

    def _machine(self, place: TrainingPlace) -> tuple[Machine, Any]:
        """With the tokenizer."""
        accelerator = Accelerator()
        if accelerator.num_processes > 1:
            raise ConfigError(
                f"This trainer works in one process and was started in {accelerator.num_processes}. "
                "Start it without `accelerate launch` or `torchrun`."
            )
        name = self.settings.device
        model, tokenizer, own_rows = self._model(place, accelerator.device if name == "auto" else torch.device(name))
        model.eval()  # no dropout, as in the paper (section 1.6): the data is the only randomness
        with self._arithmetic(model):
            refuse_crosstalk(model)
        prepare(model, self.settings.layers)
        optimizer = make_optimizer(model, self.settings)
        if self.settings.keep_optimizer:
            load_moments(model, optimizer, start=place.start)
        return Machine(accelerator, model, optimizer, own_rows), tokenizer

    def _model(self, place: TrainingPlace, device: torch.device) -> tuple[Any, Any, OwnRows]:
        """On its device, with its tokenizer and what moves at `token_rate`."""
        if self.settings.lora:
            from leti.training import lora

            model, tokenizer = lora.begin(place, self.settings, device=device, seed=_seed(place.key))
            return model, tokenizer, lora.own_rows(model, tokenizer)
        model, tokenizer = load(place.start, attention=self.settings.layers.attention)
        if place.prefix:
            add_control_tokens(model, tokenizer, seed=_seed(place.key))
        return model.to(device), tokenizer, control_rows(model, tokenizer)

    def _arithmetic(self, model: Any) -> torch.autocast:
        """Within it, the model computes in the type that the settings name."""
        bfloat16 = narrow(self.settings.precision, model.device)
        return torch.autocast(model.device.type, torch.bfloat16, enabled=bfloat16)

    def _save(self, model: Any, tokenizer: Any, folder: Path) -> None:
        if self.settings.lora:
            from leti.training import lora

            lora.save_adapter(model, tokenizer, folder=folder)
        else:
            save(model, tokenizer, folder=folder)

    def _batches(
        self, steps: Sequence[PlannedStep], encoded: Sequence[Encoded], tokenizer: Any, limit: int, *, key: str
    ) -> Iterator[tuple[PlannedStep, list[Encoded]]]:
        """Each step with its sequences. Pre-training text is read when its step is reached."""
        pretrain = self.settings.pretrain or PretrainSettings(ratio=0)
        source: Iterator[Encoded] | None = None
        epoch = 0
        for planned in steps:
            if planned.kind == EXAMPLES:
                yield planned, [encoded[member] for member in planned.members]
                continue
            if source is None or (planned.epoch != epoch and not pretrain.fresh):
                source = blocks(pretrain, tokenizer, block_tokens=min(limit, pretrain.block_tokens), key=key)
            epoch = planned.epoch
            yield planned, list(islice(source, self.settings.batch))

    def _step(self, machine: Machine, planned: PlannedStep, sequences: Sequence[Encoded], rate: float) -> TrainStep:
        """One optimiser step on the token mean over all of its sequences (paper's normalisation, section 1.4)."""
        settings = self.settings
        tokens = sum(sequence.bearing for sequence in sequences)
        losses = []
        row_tokens = settings.micro_tokens if takes_one_row(machine.model) else settings.row_tokens
        for rows in micro_batches(sequences, row_tokens=row_tokens, micro_tokens=settings.micro_tokens):
            batch = tensors(rows, machine.model.device)
            with self._arithmetic(machine.model):
                loss = weighted_loss(machine.model, batch) / tokens
            machine.accelerator.backward(loss)
            losses.append(loss.detach())
        loss_value = math.fsum(float(loss) for loss in losses)
        norm = float(machine.accelerator.clip_grad_norm_(machine.model.parameters(), settings.clip or math.inf))
        if not (math.isfinite(loss_value) and math.isfinite(norm)):
            raise TrainingError(
                f"Training step {planned.step} ({planned.kind}) has loss {loss_value} and gradient norm {norm}. "
                "Nothing of it was kept: the weights before this iteration and the last checkpoint are as they were. "
                f"Begin a new run with a lower learning rate (it is {settings.learning_rate:g}) or clipping (it is "
                f"{settings.clip:g}): --run OTHER --set training.learning_rate={settings.learning_rate / 4:g} "
                "--set training.clip=1.0"
            )
        for group in machine.optimizer.param_groups:
            group["lr"] = rate
        with faster(machine.own_rows, times=settings.token_rate):
            machine.optimizer.step()
        machine.optimizer.zero_grad()
        return TrainStep(
            step=planned.step,
            kind=planned.kind,
            loss=loss_value,
            learning_rate=rate,
            gradient_norm=norm,
            tokens=tokens,
            sequences=len(sequences),
        )


def encode_all(examples: Sequence[Example], tokenizer: Any, *, max_tokens: int) -> list[Encoded]:
    """The examples that can be learned from, as ids; a warning counts the ones that are left out, and names the first.

    Left out is what is too long even without feedback, and what has no token with a weight.
    """
    encoded: list[Encoded] = []
    left_out: list[str] = []
    for example in examples:
        sequence = encode(example, tokenizer, max_tokens=max_tokens)
        if sequence is None or not sequence.bearing:
            why = f"longer than {max_tokens} tokens" if sequence is None else "no token with a weight"
            left_out.append(f"{example.problem}#{example.sample} ({why})")
        else:
            encoded.append(sequence)
    if left_out:
        warnings.warn(
            f"{len(left_out)} of {len(examples)} examples are not trained on; the first is {left_out[0]}.", stacklevel=2
        )
    if not encoded:
        warnings.warn("There is no example to train on: the weights stay as they are.", stacklevel=2)
    return encoded


def _seed(key: str) -> int:
    return int.from_bytes(hashlib.sha256(key.encode()).digest()[:6], "big")


def _digest(encoded: Sequence[Encoded], settings: TrainerSettings, place: TrainingPlace) -> str:
    """Of everything that decides a fit. Weights count by their files' names and sizes: they may be many gigabytes."""
    start = Path(place.start)
    files = sorted((path.name, path.stat().st_size) for path in start.glob("*.safetensors"))
    digest = hashlib.sha256(repr((asdict(settings), place.key, files or place.start)).encode())
    for sequence in encoded:
        digest.update(repr((sequence.ids, sequence.weights)).encode())
    return digest.hexdigest()
