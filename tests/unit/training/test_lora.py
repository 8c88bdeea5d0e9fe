"""Adapters: what moves, what is left on disk, and who can read it."""

from __future__ import annotations

import json
import os
import shutil
import sys
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

from leti.errors import ConfigError, MissingBackend
from leti.sampling import weights as sampling_weights
from leti.training import LoraSettings, TrainerSettings, TrainingPlace, make_trainer
from leti.training.checkpoint import read_tensors
from leti.training.conformance import folder_bytes
from leti.training.tokens import control_ids
from leti.training.weights import MOMENTS, load
from leti.types import Example, Role, Segment
from tiny_models import (
    ARCHITECTURES,
    SIZE,
    tiny_codegen,
    tiny_gpt2,
    tiny_llama,
    tiny_mixtral,
    tiny_starcoder2,
    tiny_tokenizer,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from leti.types import TrainStep

peft = pytest.importorskip("peft", reason="adapters need peft: pip install 'leti[lora]'")

LORA = LoraSettings(rank=2)
FULL = TrainerSettings(epochs=2, batch=3, learning_rate=1e-2, checkpoint_steps=2, pretrain=None)
SETTINGS = replace(FULL, lora=LORA)
IDS = torch.arange(40)[None] * 7 % 324
"""Some text, LETI's tokens (320 to 323) among it."""


def example(number: int) -> Example:
    return Example(
        problem=f"p/{number}",
        sample=number,
        segments=(
            Segment(text="<|bad|>" if number % 2 else "<|good|>", role=Role.REWARD),
            Segment(text='"""\nGive the number.\n"""\n', role=Role.PROBLEM, weight=0.0),
            Segment(text=f"def give():\n    return {number * 7}\n", role=Role.PROGRAM),
        ),
    )


EXAMPLES = [example(number) for number in range(6)]


def place(folder: Path, start: Path | str) -> TrainingPlace:
    return TrainingPlace(
        start=str(start), weights=folder / "weights", checkpoint=folder / "checkpoint", key="seed=0 iteration=1"
    )


def fit(folder: Path, start: Path | str, settings: TrainerSettings = SETTINGS) -> list[TrainStep]:
    return list(make_trainer(settings).fit(EXAMPLES, place(folder, start)))


def read_to_sample(weights: str) -> Any:
    return sampling_weights.load(weights, device=torch.device("cpu"), dtype=torch.float32).model


@torch.no_grad()
def logits(model: Any) -> torch.Tensor:
    found: torch.Tensor = model.eval()(input_ids=IDS, use_cache=False).logits
    return found


@pytest.mark.parametrize("lora", [None, LORA], ids=["full", "lora"])
@pytest.mark.parametrize("build", ARCHITECTURES)
def test_every_architecture_learns_goes_on_and_is_read_back(
    tmp_path: Path, build: Callable[[Path], Path], lora: LoraSettings | None
) -> None:
    start, settings = build(tmp_path / "start"), replace(FULL, lora=lora)
    trainer = make_trainer(settings)
    whole = fit(tmp_path / "whole", start, settings)
    assert whole[-1].loss < whole[0].loss

    killed = place(tmp_path / "killed", start)
    first = list(islice(trainer.fit(EXAMPLES, killed), 3))  # abandoned with a checkpoint after the second
    assert first + list(trainer.fit(EXAMPLES, killed))[1:] == whole
    assert folder_bytes(killed.weights) == folder_bytes(tmp_path / "whole" / "weights")

    trained = str(killed.weights)
    expected = logits(load(trained)[0])
    assert (expected - logits(load(str(start))[0])).abs().max() > 0.01
    torch.testing.assert_close(logits(read_to_sample(trained)), expected)
    torch.testing.assert_close(logits(AutoModelForCausalLM.from_pretrained(trained)), expected, atol=1e-4, rtol=1e-4)
    if lora:
        stock = peft.AutoPeftModelForCausalLM.from_pretrained(trained)
        torch.testing.assert_close(logits(stock), expected, atol=1e-4, rtol=1e-4)


def rows_changed(before: torch.Tensor, after: torch.Tensor) -> list[int]:
    changed = before != after
    return (changed.any(dim=1) if changed.ndim > 1 else changed).nonzero().flatten().tolist()


@pytest.mark.parametrize("build", [tiny_gpt2, tiny_llama, tiny_codegen, tiny_starcoder2])
def test_of_the_tables_exactly_our_rows_move(tmp_path: Path, build: Callable[[Path], Path]) -> None:
    """One table for both, two, and two with a bias."""
    start = build(tmp_path / "start")
    fit(tmp_path, start)
    (before, tokenizer), (after, _) = load(str(start)), load(str(tmp_path / "weights"))
    ours = sorted(control_ids(tokenizer))
    table, head = after.get_input_embeddings(), after.get_output_embeddings()
    assert (head.weight is table.weight) == before.config.tie_word_embeddings
    assert rows_changed(before.get_input_embeddings().weight, table.weight) == ours
    assert rows_changed(before.get_output_embeddings().weight, head.weight) == ours
    if head.bias is not None:
        assert rows_changed(before.get_output_embeddings().bias, head.bias) == ours
    others = dict(before.named_parameters())
    moved = {name for name, parameter in after.named_parameters() if not torch.equal(parameter, others[name])}
    layers = {name for name, module in after.named_modules() if type(module).__name__ in {"Linear", "Conv1D"}}
    assert moved & {f"{name}.weight" for name in layers} == others.keys() & {f"{name}.weight" for name in layers}
    tables = {name for name in moved if any(part in name for part in ("wte", "embed_tokens", "lm_head"))}
    assert moved - {f"{name}.weight" for name in layers} <= tables


def test_our_rows_move_faster_under_an_adapter_too(tmp_path: Path) -> None:
    start = tiny_llama(tmp_path / "start")
    one_step = replace(SETTINGS, epochs=1, batch=6, weight_decay=0.0, learning_rate=1e-3)
    for name, rate in (("plain", 1.0), ("faster", 5.0)):
        fit(tmp_path / name, start, replace(one_step, token_rate=rate))
    before, plain, faster = (load(str(tmp_path / name))[0] for name in ("start", "plain/weights", "faster/weights"))
    for table in ("model.embed_tokens.weight", "lm_head.weight"):
        base = before.get_parameter(table)
        once, often = plain.get_parameter(table) - base, faster.get_parameter(table) - base
        assert once.abs().max() > 1e-4
        torch.testing.assert_close(often, 5 * once, atol=1e-6, rtol=1e-4)
    attention = "model.layers.0.self_attn.q_proj.weight"
    assert torch.equal(plain.get_parameter(attention), faster.get_parameter(attention))


def test_the_next_iteration_goes_on_with_the_same_adapter(tmp_path: Path) -> None:
    start = tiny_mixtral(tmp_path / "start")
    fit(tmp_path / "0", start)
    fit(tmp_path / "1", tmp_path / "0" / "weights")
    tensors = [read_tensors(tmp_path / name / "weights" / "adapter_model.safetensors") for name in "01"]
    assert {name: tensor.shape for name, tensor in tensors[0].items()} == {n: t.shape for n, t in tensors[1].items()}
    assert all(not torch.equal(tensors[0][name], tensors[1][name]) for name in tensors[0])
    names = [json.loads((tmp_path / n / "weights" / "adapter_config.json").read_text()) for n in "01"]
    assert names[0] == names[1]
    assert names[0]["base_model_name_or_path"] == str(start.resolve())
    moments = read_tensors(tmp_path / "1" / "weights" / MOMENTS)
    assert {float(tensor) for name, tensor in moments.items() if name.startswith("step.")} == {8.0}

    again = replace(SETTINGS, learning_rate=0.0, token_rate=1.0)
    fit(tmp_path / "2", tmp_path / "1" / "weights", again)  # what is taken up and left alone stays as it was
    kept = read_tensors(tmp_path / "2" / "weights" / "adapter_model.safetensors")
    assert all(torch.equal(kept[name], tensors[1][name]) for name in kept)


def test_the_folder_is_small_and_holds_a_tokenizer(tmp_path: Path) -> None:
    start = tiny_llama(tmp_path / "start", intermediate_size=2048, hidden_size=256)
    fit(tmp_path, start, replace(SETTINGS, keep_optimizer=False, epochs=1))
    files = folder_bytes(tmp_path / "weights")
    assert set(files) == {
        "adapter_config.json",
        "adapter_model.safetensors",
        "tokenizer.json",
        "tokenizer_config.json",
    }
    assert len(files["adapter_model.safetensors"]) < (start / "model.safetensors").stat().st_size / 50


def test_a_model_that_has_to_grow(tmp_path: Path) -> None:
    """Every row has a token, so LETI's have none in the model on disk: peft gives them some, and so do we."""
    start = tiny_llama(tmp_path / "start", vocab_size=SIZE)
    tiny_tokenizer(control=False).save_pretrained(start)
    fit(tmp_path / "0", start)
    fit(tmp_path / "1", tmp_path / "0" / "weights")
    trained = str(tmp_path / "1" / "weights")
    model, tokenizer = load(trained)
    assert len(tokenizer) == SIZE + 4 == model.config.vocab_size
    assert (tmp_path / "1" / "weights" / "adapter_model.safetensors").stat().st_size < 30_000
    stock = peft.AutoPeftModelForCausalLM.from_pretrained(trained)
    torch.testing.assert_close(logits(stock), logits(model), atol=1e-4, rtol=1e-4)
    torch.testing.assert_close(logits(read_to_sample(trained)), logits(model))


def test_the_base_is_found_from_anywhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tiny_llama(tmp_path / "start")
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path)
    fit(Path("run"), "start")
    monkeypatch.chdir("elsewhere")
    fit(tmp_path / "next", f"..{os.sep}run{os.sep}weights")
    expected = logits(load(str(tmp_path / "next" / "weights"))[0])

    (tmp_path / "start").rename(tmp_path / "moved")
    for read in (load, read_to_sample):
        with pytest.raises(ConfigError, match=r"on the model '.*start', which is not there\. .*base_model_name"):
            read(str(tmp_path / "next" / "weights"))
    file = tmp_path / "next" / "weights" / "adapter_config.json"
    file.write_text(file.read_text().replace(str(tmp_path / "start"), str(tmp_path / "moved")))
    assert torch.equal(logits(load(str(tmp_path / "next" / "weights"))[0]), expected)


def test_without_reward_tokens_no_row_is_trained(tmp_path: Path) -> None:
    start = tiny_codegen(tmp_path / "start")
    tiny_tokenizer(control=False).save_pretrained(start)
    examples = [replace(one, segments=one.segments[1:]) for one in EXAMPLES]
    list(make_trainer(SETTINGS).fit(examples, replace(place(tmp_path, start), prefix="")))
    tensors = read_tensors(tmp_path / "weights" / "adapter_model.safetensors")
    assert all(".lora_" in name for name in tensors)
    before, after = load(str(start))[0], load(str(tmp_path / "weights"))[0]
    assert torch.equal(before.get_input_embeddings().weight, after.get_input_embeddings().weight)


def test_the_frozen_weights_have_the_type_of_the_arithmetic(tmp_path: Path) -> None:
    from leti.training import lora

    start, settings = tiny_codegen(tmp_path / "start"), replace(SETTINGS, precision="bfloat16")
    model, _ = lora.begin(place(tmp_path, start), settings, device=torch.device("cpu"), seed=0)
    kinds = {(parameter.requires_grad, parameter.dtype) for parameter in model.parameters()}
    assert kinds == {(True, torch.float32), (False, torch.bfloat16)}

    steps = fit(tmp_path / "bfloat16", start, settings)
    exact = fit(tmp_path / "float32", start)
    assert [step.loss for step in steps] == pytest.approx([step.loss for step in exact], rel=0.02)
    assert steps != exact
    fit(tmp_path / "next", tmp_path / "bfloat16" / "weights", replace(settings, learning_rate=0.0))
    kept = [read_tensors(tmp_path / n / "weights" / "adapter_model.safetensors") for n in ("bfloat16", "next")]
    assert {tensor.dtype for tensor in kept[0].values()} == {torch.float32}
    assert all(torch.equal(kept[0][name], kept[1][name]) for name in kept[0])


def test_named_targets_are_the_only_ones(tmp_path: Path) -> None:
    start = tiny_llama(tmp_path / "start")
    named = replace(SETTINGS, lora=LoraSettings(rank=3, alpha=1.5, targets=("q_proj", "v_proj")))
    fit(tmp_path, start, named)
    tensors = read_tensors(tmp_path / "weights" / "adapter_model.safetensors")
    assert {name.split(".")[-3] for name in tensors if ".lora_" in name} == {"q_proj", "v_proj"}
    config = json.loads((tmp_path / "weights" / "adapter_config.json").read_text())
    assert (config["r"], config["lora_alpha"]) == (3, 1.5)
    with pytest.raises(ConfigError, match=r"model\.lora\.targets = \['qq'\] does not fit .*all-linear"):
        fit(tmp_path / "wrong", start, replace(SETTINGS, lora=LoraSettings(targets=("qq",))))


@pytest.mark.parametrize(
    "other",
    [
        LoraSettings(rank=4),
        LoraSettings(rank=2, alpha=3.0),
        LoraSettings(rank=2, targets=("q_proj",)),
    ],
)
def test_an_adapter_of_another_shape_is_refused(tmp_path: Path, other: LoraSettings) -> None:
    fit(tmp_path / "0", tiny_llama(tmp_path / "start"))
    with pytest.raises(ConfigError, match=r"has rank 2, alpha 4 .*model\.lora asks for rank \d.*Type the same"):
        fit(tmp_path / "1", tmp_path / "0" / "weights", replace(SETTINGS, lora=other))
    assert not (tmp_path / "1" / "weights").exists()


def test_an_adapter_can_be_trained_whole_and_whole_weights_can_have_an_adapter(tmp_path: Path) -> None:
    fit(tmp_path / "0", tiny_llama(tmp_path / "start"))
    fit(tmp_path / "1", tmp_path / "0" / "weights", FULL)
    assert (tmp_path / "1" / "weights" / "model.safetensors").is_file()
    fit(tmp_path / "2", tmp_path / "1" / "weights")
    config = json.loads((tmp_path / "2" / "weights" / "adapter_config.json").read_text())
    assert config["base_model_name_or_path"] == str((tmp_path / "1" / "weights").resolve())
    moments = read_tensors(tmp_path / "2" / "weights" / MOMENTS)
    assert {float(tensor) for name, tensor in moments.items() if name.startswith("step.")} == {4.0}


def test_a_torn_adapter_is_a_clear_error(tmp_path: Path) -> None:
    fit(tmp_path, tiny_llama(tmp_path / "start"))
    shutil.copytree(tmp_path / "weights", tmp_path / "torn")
    (tmp_path / "torn" / "adapter_model.safetensors").write_bytes(b"torn")
    with pytest.raises(ConfigError, match="cannot be loaded"):
        load(str(tmp_path / "torn"))
    with pytest.raises(ConfigError, match="cannot be read"):
        read_to_sample(str(tmp_path / "torn"))
    with pytest.raises(ConfigError, match="cannot be loaded"):
        fit(tmp_path / "next", tmp_path / "torn")


def test_without_peft_the_line_to_type_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fit(tmp_path, tiny_llama(tmp_path / "start"))
    monkeypatch.setitem(sys.modules, "peft", None)
    monkeypatch.delitem(sys.modules, "leti.training.lora")
    with pytest.raises(MissingBackend, match=r"'peft'.* pip install 'leti\[lora\]'"):
        make_trainer(SETTINGS)
    with pytest.raises(MissingBackend, match=r"'peft'.* pip install 'leti\[lora\]'"):
        load(str(tmp_path / "weights"))
    with pytest.raises(MissingBackend, match=r"'peft'.* pip install 'leti\[lora\]'"):
        read_to_sample(str(tmp_path / "weights"))


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU here")
def test_four_bits_without_a_gpu_are_refused_before_anything_is_done() -> None:
    with pytest.raises(ConfigError, match=r"model\.lora\.bits = 4 .* takes a CUDA GPU.*model\.lora = \{ rank = 16 \}"):
        make_trainer(replace(SETTINGS, lora=LoraSettings(bits=4)))


def test_four_bits_without_bitsandbytes_say_the_line_to_type(monkeypatch: pytest.MonkeyPatch) -> None:
    from leti.training import lora

    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(lora, "find_spec", lambda _: None)
    with pytest.raises(MissingBackend, match=r"'bitsandbytes'.* pip install 'leti\[qlora\]'"):
        make_trainer(replace(SETTINGS, lora=LoraSettings(bits=4)))


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="four bits need a CUDA GPU")
def test_four_bits_learn_go_on_and_are_read_back(tmp_path: Path) -> None:
    pytest.importorskip("bitsandbytes", reason="four bits need bitsandbytes: pip install 'leti[qlora]'")
    from leti.training import lora

    start = tiny_llama(tmp_path / "start", hidden_size=128, intermediate_size=256)
    four = replace(SETTINGS, lora=replace(LORA, bits=4), precision="bfloat16", device="cuda")
    model, _ = lora.begin(place(tmp_path, start), four, device=torch.device("cuda"), seed=0)
    assert model.get_submodule("base_model.model.model.layers.0.mlp.up_proj.base_layer").weight.dtype == torch.uint8
    steps = fit(tmp_path / "0", start, four)
    assert steps[-1].loss < steps[0].loss
    more = fit(tmp_path / "1", tmp_path / "0" / "weights", four)
    assert more[0].loss < steps[0].loss
    merged = load(str(tmp_path / "1" / "weights"))[0]
    tokenizer = AutoTokenizer.from_pretrained(tmp_path / "1" / "weights")
    assert rows_changed(load(str(start))[0].lm_head.weight, merged.lm_head.weight) == sorted(control_ids(tokenizer))
