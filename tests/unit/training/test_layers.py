"""Computing layers twice, or compiled, changes no loss and no gradient."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
import torch
from test_batches import CPU, SEQUENCES
from transformers import AutoModelForCausalLM

from leti.errors import ConfigError
from leti.training import LayerSettings, LoraSettings, TrainerSettings, TrainingPlace, make_trainer
from leti.training.batches import micro_batches, tensors, weighted_loss
from leti.training.conformance import folder_bytes
from leti.training.layers import compile_layers, recompute_layers
from leti.types import Example, Role, Segment
from tiny_models import ARCHITECTURES, tiny_gpt2, tiny_llama

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def loss_and_gradients(model: Any, dtype: torch.dtype | None) -> tuple[list[float], dict[str, torch.Tensor]]:
    losses = []
    for rows in micro_batches(SEQUENCES, row_tokens=64, micro_tokens=128):
        with torch.autocast("cpu", dtype, enabled=dtype is not None):
            loss = weighted_loss(model, tensors(rows, CPU))
        loss.backward()
        losses.append(loss.item())
    return losses, {name: parameter.grad for name, parameter in model.named_parameters()}


@pytest.mark.parametrize("build", ARCHITECTURES)
def test_losses_and_gradients_are_the_same_to_the_bit(tmp_path: Path, build: Callable[[Path], Path]) -> None:
    folder = build(tmp_path)
    plain, twice = (AutoModelForCausalLM.from_pretrained(folder).eval() for _ in range(2))
    recompute_layers(twice)
    read = []
    twice.get_submodule(
        next(name for name, _ in twice.named_modules() if name.endswith(("attn", "attention")))
    ).register_forward_hook(lambda *_: read.append(1))
    for dtype in (None, torch.bfloat16):
        losses, gradients = loss_and_gradients(plain, dtype)
        again, others = loss_and_gradients(twice, dtype)
        assert again == losses
        assert all(torch.equal(gradient, others[name]) for name, gradient in gradients.items())
        assert len(read) == 2 * len(losses)
        read.clear()


@pytest.mark.parametrize("lora", [None, LoraSettings(rank=2)], ids=["full", "lora"])
def test_a_fit_leaves_the_same_bytes(tmp_path: Path, lora: LoraSettings | None) -> None:
    """GPT-2 has dropout in its settings: it stays off."""
    if lora:
        pytest.importorskip("peft", reason="adapters need peft: pip install 'leti[lora]'")
    start = tiny_gpt2(tmp_path / "start")
    settings = TrainerSettings(epochs=2, batch=2, learning_rate=1e-3, pretrain=None, lora=lora)
    text = Segment(text="def give():\n    return 7\n", role=Role.PROGRAM)
    examples = [Example(problem="p", sample=n, segments=(text,) * (n + 1)) for n in range(4)]
    for name, recompute in (("once", False), ("twice", True)):
        place = TrainingPlace(
            start=str(start), weights=tmp_path / name, checkpoint=tmp_path / "checkpoint", key="seed=0 iteration=1"
        )
        assert (
            len(list(make_trainer(replace(settings, layers=LayerSettings(recompute=recompute))).fit(examples, place)))
            == 4
        )
    assert folder_bytes(tmp_path / "once") == folder_bytes(tmp_path / "twice")


@pytest.mark.parametrize("recompute", [False, pytest.param(True, marks=pytest.mark.slow)])
def test_compiled_layers_say_the_same_and_leave_the_same_names(tmp_path: Path, *, recompute: bool) -> None:
    """Rows of several lengths; the compiler's front, without the part that takes a minute."""
    plain, compiled = (AutoModelForCausalLM.from_pretrained(tiny_llama(tmp_path)).eval() for _ in range(2))
    compile_layers(compiled, backend="aot_eager")
    if recompute:
        recompute_layers(compiled)
    losses, gradients = loss_and_gradients(plain, None)
    again, others = loss_and_gradients(compiled, None)
    assert again == pytest.approx(losses, rel=1e-5)
    assert list(others) == list(gradients)
    for name, gradient in gradients.items():
        torch.testing.assert_close(others[name], gradient, rtol=1e-3, atol=1e-4)
    assert list(compiled.state_dict()) == list(plain.state_dict())


def test_a_model_without_such_layers_is_refused() -> None:
    model = torch.nn.Linear(2, 2)
    model.config = type("Config", (), {"model_type": "odd"})()  # type: ignore[assignment]
    with pytest.raises(ConfigError, match=r"no layers in 'odd'.*--set training\.layers\.recompute=false"):
        recompute_layers(model)
