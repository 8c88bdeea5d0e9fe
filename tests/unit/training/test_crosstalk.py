"""Sequences that share a row do not see each other, whatever tells them apart; a model where they do is refused."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
import torch
from test_batches import CPU, SEQUENCES, WINDOW, alone
from transformers import AutoModelForCausalLM, MambaConfig, MambaForCausalLM, Qwen3NextConfig, Qwen3NextForCausalLM

import flash_by_hand
from leti.errors import ConfigError
from leti.training import LayerSettings, TrainerSettings, TrainingPlace, make_trainer
from leti.training.batches import micro_batches, tensors, weighted_loss
from leti.training.crosstalk import refuse_crosstalk
from leti.types import Example, Role, Segment
from tiny_models import ARCHITECTURES, tiny_codegen, tiny_gemma2, tiny_gpt2, tiny_llama, tiny_tokenizer

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

WITHOUT_FLASH = {tiny_codegen, tiny_gpt2, tiny_gemma2}
"""Transformers has none for it; has one in half precision only; caps scores, which the kernel by hand does not."""


@pytest.mark.parametrize("build", ARCHITECTURES)
def test_models_that_are_told_apart_by_a_mask_are_taken(tmp_path: Path, build: Callable[[Path], Path]) -> None:
    model = AutoModelForCausalLM.from_pretrained(build(tmp_path)).eval()
    refuse_crosstalk(model)
    with torch.autocast("cpu", torch.bfloat16):
        refuse_crosstalk(model)


@pytest.mark.parametrize("build", ARCHITECTURES)
def test_a_model_that_takes_no_notice_of_its_mask_is_refused(tmp_path: Path, build: Callable[[Path], Path]) -> None:
    model = AutoModelForCausalLM.from_pretrained(build(tmp_path)).eval()
    forward = model.forward

    def deaf(**given: Any) -> Any:
        return forward(**given | {"attention_mask": None, "position_ids": None})

    model.forward = deaf
    with pytest.raises(ConfigError, match=r"share a row see each other, .*--set training\.layers\.attention=eager"):
        refuse_crosstalk(model)


def hybrid() -> Any:
    """Qwen3-Next: one layer with a state that runs on, one with attention."""
    sizes = {"hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2, "num_attention_heads": 4}
    linear = {"linear_num_value_heads": 2, "linear_num_key_heads": 2, "linear_key_head_dim": 8}
    experts = {"num_experts": 4, "num_experts_per_tok": 2, "moe_intermediate_size": 16}
    shape = {"linear_value_head_dim": 8, "head_dim": 8, "num_key_value_heads": 2, "initializer_range": 0.06}
    kinds = {"layer_types": ["linear_attention", "full_attention"], "shared_expert_intermediate_size": 16}
    return Qwen3NextForCausalLM(Qwen3NextConfig(vocab_size=320, **sizes, **linear, **experts, **shape, **kinds))


def state() -> Any:
    """Mamba: nothing but states that run on."""
    return MambaForCausalLM(MambaConfig(vocab_size=320, hidden_size=32, num_hidden_layers=2, state_size=4))


@pytest.mark.parametrize("build", [hybrid, state])
def test_a_model_that_remembers_by_other_means_is_refused_before_it_is_trained(
    tmp_path: Path, build: Callable[[], Any]
) -> None:
    torch.manual_seed(0)
    build().save_pretrained(tmp_path / "start")
    tiny_tokenizer().save_pretrained(tmp_path / "start")
    place = TrainingPlace(start=str(tmp_path / "start"), weights=tmp_path / "w", checkpoint=tmp_path / "c", key="k")
    examples = [Example(problem="p", sample=0, segments=(Segment(text="def give(): 7", role=Role.PROGRAM),))]
    with pytest.raises(ConfigError, match="remember by other means"):
        list(make_trainer(TrainerSettings(pretrain=None, device="cpu")).fit(examples, place))
    assert not (tmp_path / "w").exists()


@pytest.mark.parametrize("build", [each for each in ARCHITECTURES if each not in WITHOUT_FLASH])
def test_flash_attention_is_told_where_sequences_begin(
    tmp_path: Path, build: Callable[[Path], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The kernel is made up; what it is told, and what it has to give, is not."""
    flash_by_hand.install(monkeypatch)
    folder = build(tmp_path)
    plain = AutoModelForCausalLM.from_pretrained(folder, attn_implementation="eager").eval()
    flash = AutoModelForCausalLM.from_pretrained(folder, attn_implementation=flash_by_hand.NAME).eval()
    refuse_crosstalk(flash)
    groups = micro_batches(SEQUENCES, row_tokens=64, micro_tokens=64)
    assert all(len(rows) == 1 for rows in groups)  # one row: no padding, and no mask
    assert any(len(rows[0]) > 1 for rows in groups)
    assert any(len(item.ids) > WINDOW for rows in groups for item in rows[0])
    for rows in groups:
        expected = sum(alone(plain, item) for item in rows[0])
        found = weighted_loss(flash, tensors(rows, CPU))
        found.backward()
        expected.backward()
        assert found.item() == pytest.approx(expected.item(), rel=1e-5)
    for (name, one), other in zip(flash.named_parameters(), plain.parameters(), strict=True):
        torch.testing.assert_close(one.grad, other.grad, rtol=1e-3, atol=1e-3, msg=name)


def test_a_fit_with_flash_attention_learns_the_same_from_one_row_at_a_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    flash_by_hand.install(monkeypatch)
    monkeypatch.setattr(torch.accelerator, "is_available", lambda: True)  # the kernel by hand needs none
    start = tiny_llama(tmp_path / "start")
    settings = TrainerSettings(epochs=1, batch=4, learning_rate=1e-3, pretrain=None, micro_tokens=64, precision="auto")
    text = Segment(text="def give():\n    return 7\n", role=Role.PROGRAM)
    examples = [Example(problem="p", sample=n, segments=(text,) * (n + 1)) for n in range(4)]
    losses = {}
    for attention in ("sdpa", flash_by_hand.NAME):
        place = TrainingPlace(
            start=str(start), weights=tmp_path / attention, checkpoint=tmp_path / "checkpoint", key="seed=0"
        )
        changed = replace(settings, layers=LayerSettings(attention=attention))
        losses[attention] = [step.loss for step in make_trainer(changed).fit(examples, place)]
    assert losses[flash_by_hand.NAME] == pytest.approx(losses["sdpa"], rel=1e-5)


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        (
            {"attention": "flash_attention_2"},
            r"training\.layers\.attention .* on the CPU.*--set training\.layers\.attention=sdpa",
        ),
        ({"liger": True}, r"liger"),
    ],
)
def test_kernels_for_a_gpu_are_refused_without_one_before_the_work(asked: dict[str, Any], words: str) -> None:
    with pytest.raises(Exception, match=words):
        make_trainer(TrainerSettings(device="cpu", pretrain=None, layers=LayerSettings(**asked)))


def test_flash_attention_in_float32_is_refused_before_the_work(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.accelerator, "is_available", lambda: True)
    with pytest.raises(ConfigError, match=r"bfloat16 only.*--set model\.precision=bfloat16"):
        make_trainer(
            TrainerSettings(layers=LayerSettings(attention="flash_attention_2"), precision="float32", pretrain=None)
        )


def test_an_attention_that_is_not_there_is_said_with_the_models_name(tmp_path: Path) -> None:
    from leti.training.weights import load

    with pytest.raises(ConfigError, match=r"cannot be loaded: .*[Ff]lash"):
        load(str(tiny_gpt2(tmp_path)), attention="flash_attention_2")
