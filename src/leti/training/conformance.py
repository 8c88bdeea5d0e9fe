"""What every trainer must do, as a check that whoever writes one can run.

    from leti.training.conformance import check_trainer
    check_trainer(lambda: MyTrainer(...), examples, start="path/to/a/small/model", tmp=tmp_path)

The trainer should write a checkpoint at every step, and take few: the check fits once more for each of them.
"""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Protocol

from leti.training.place import TrainingPlace
from leti.vocabulary import CONTROL_TOKENS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from leti.types import Example, TrainStep


class _Trainer(Protocol):
    def fit(self, examples: Sequence[Example], place: TrainingPlace) -> Iterator[TrainStep]: ...


class ConformanceError(AssertionError):
    """A trainer does not do what the loop relies on."""


def check_trainer(make_trainer: Callable[[], _Trainer], examples: Sequence[Example], *, start: str, tmp: Path) -> None:
    """Runs the whole suite on a CPU; `tmp` is an empty folder it may fill.

    Raises:
        ConformanceError: says which property does not hold.
    """
    place = _place(start, tmp / "whole")
    steps = list(make_trainer().fit(examples, place))
    _check_steps(steps)
    _check_weights(place)
    _check_learns(make_trainer, examples[0], start, tmp / "learns")
    for taken in range(len(steps)):
        _check_goes_on(make_trainer, examples, place, steps, _place(start, tmp / f"killed-{taken}"))


def folder_bytes(folder: Path) -> dict[str, bytes]:
    """Every file below a folder, by its relative name."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def _place(start: str, folder: Path) -> TrainingPlace:
    return TrainingPlace(start=start, weights=folder / "weights", checkpoint=folder / "checkpoint", key="conformance")


def _require(condition: bool, sentence: str) -> None:  # noqa: FBT001 - reads as a sentence
    if not condition:
        raise ConformanceError(sentence)


def _check_steps(steps: Sequence[TrainStep]) -> None:
    _require(bool(steps), "there is at least one step")
    _require([step.step for step in steps] == list(range(1, len(steps) + 1)), "steps are numbered from 1, without gaps")
    _require(all(step.tokens > 0 for step in steps), "every step saw tokens that bear loss")


def _check_weights(place: TrainingPlace) -> None:
    from transformers import AutoModelForCausalLM, AutoTokenizer

    _require(place.weights.is_dir(), "the weights are there when the steps are over")
    left = sorted(path.name for path in place.weights.parent.iterdir() if path != place.weights)
    _require(not left, f"nothing is left beside the weights: {left}")
    model = AutoModelForCausalLM.from_pretrained(place.weights)
    tokenizer = AutoTokenizer.from_pretrained(place.weights)
    _require(set(CONTROL_TOKENS) <= set(tokenizer.get_added_vocab()), "LETI's tokens are in the saved tokenizer")
    _require(len(tokenizer) <= model.get_input_embeddings().weight.shape[0], "every token has a row")


def _check_learns(make_trainer: Callable[[], _Trainer], example: Example, start: str, folder: Path) -> None:
    losses = [step.loss for step in make_trainer().fit([example] * 4, _place(start, folder)) if step.kind == "examples"]
    _require(losses[-1] < losses[0], f"the loss goes down on a repeated example: {losses}")


def _check_goes_on(
    make_trainer: Callable[[], _Trainer],
    examples: Sequence[Example],
    whole: TrainingPlace,
    steps: Sequence[TrainStep],
    killed: TrainingPlace,
) -> None:
    """Abandons a fit after some steps (none, in the first folder: same input, same bytes) and starts again."""
    taken = int(killed.weights.parent.name.rpartition("-")[2])
    generator = make_trainer().fit(examples, killed)
    first = list(islice(generator, taken))
    del generator
    _require(not killed.weights.exists(), "there are no weights before the steps are over")
    again = list(make_trainer().fit(examples, killed))
    _require(first == list(steps[:taken]), "the same input gives the same steps")
    _require(bool(again) and again == list(steps[-len(again) :]), f"after {taken} steps: goes on with the same steps")
    _require(len(first) + len(again) >= len(steps), f"after {taken} steps: no step is skipped")
    _require(folder_bytes(killed.weights) == folder_bytes(whole.weights), f"after {taken} steps: the same weights")
