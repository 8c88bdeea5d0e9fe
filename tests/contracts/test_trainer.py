"""The shipped trainer does what the loop relies on."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from leti.training import LoraSettings, PretrainSettings, TrainerSettings, make_trainer
from leti.training.conformance import ConformanceError, check_trainer
from leti.types import Example, Role, Segment
from tiny_models import tiny_codegen, tiny_llama

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from leti.training import TrainingPlace
    from leti.types import TrainStep

SETTINGS = TrainerSettings(
    epochs=1,
    batch=3,
    learning_rate=1e-3,
    schedule="cosine",
    checkpoint_steps=1,
    pretrain=PretrainSettings(source=str(Path(__file__).parent), ratio=0.5, block_tokens=32),
)


def examples(count: int) -> list[Example]:
    return [
        Example(
            problem=f"p/{number}",
            sample=0,
            segments=(
                Segment(text="<|good|>", role=Role.REWARD),
                Segment(text='"""\nGive the number.\n"""\n', role=Role.PROBLEM),
                Segment(text=f"def give():\n    return {number}\n" * (1 + number % 3), role=Role.PROGRAM),
                Segment(text="", role=Role.END),
            ),
        )
        for number in range(count)
    ]


@pytest.mark.parametrize("build", [tiny_llama, tiny_codegen])
def test_the_trainer_conforms(tmp_path: Path, build: Callable[[Path], Path]) -> None:
    model = build(tmp_path / "model")
    check_trainer(lambda: make_trainer(SETTINGS), examples(6), start=str(model), tmp=tmp_path)


@pytest.mark.parametrize("build", [tiny_llama, tiny_codegen])
def test_the_trainer_conforms_with_an_adapter(tmp_path: Path, build: Callable[[Path], Path]) -> None:
    pytest.importorskip("peft", reason="adapters need peft: pip install 'leti[lora]'")
    model, settings = build(tmp_path / "model"), replace(SETTINGS, lora=LoraSettings(rank=2))
    check_trainer(lambda: make_trainer(settings), examples(6), start=str(model), tmp=tmp_path)


class Restless:
    """Its randomness depends on where it works, not on the key alone."""

    def fit(self, examples: Sequence[Example], place: TrainingPlace) -> Iterator[TrainStep]:
        return make_trainer(SETTINGS).fit(examples, replace(place, key=str(place.weights)))


def test_the_suite_finds_a_fault(tmp_path: Path) -> None:
    model = tiny_llama(tmp_path / "model")
    with pytest.raises(ConformanceError, match="the same"):
        check_trainer(Restless, examples(6), start=str(model), tmp=tmp_path)
