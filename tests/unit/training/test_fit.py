"""The trainer: what it keeps, what it refuses, and where it goes on."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors import safe_open
from transformers import AutoModelForCausalLM, AutoTokenizer

from leti.errors import ConfigError, TrainingError
from leti.training import PretrainSettings, TrainerSettings, TrainingPlace, make_trainer
from leti.training.checkpoint import read_tensors
from leti.training.conformance import folder_bytes
from leti.training.optimizer import make_optimizer
from leti.training.weights import MOMENTS, save
from leti.types import Example, Role, Segment, TrainStep
from tiny_models import tiny_gpt2, tiny_llama, tiny_tokenizer

CODE = PretrainSettings(source=str(Path(__file__).parent), block_tokens=48, ratio=0.5)
SETTINGS = TrainerSettings(epochs=2, batch=3, learning_rate=1e-3, checkpoint_steps=2, pretrain=CODE)


@pytest.fixture(scope="module")
def start(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_llama(tmp_path_factory.mktemp("start"))


def example(number: int, *, weight: float = 1.0, program: str = "") -> Example:
    return Example(
        problem=f"p/{number}",
        sample=number,
        segments=(
            Segment(text="<|bad|>", role=Role.REWARD),
            Segment(text='"""\nGive the number.\n"""\n', role=Role.PROBLEM, weight=0.0),
            Segment(text=program or f"def give():\n    return {number * 7}\n" * (1 + number % 4), role=Role.PROGRAM),
        )
        if weight
        else (Segment(text="x = 1", role=Role.PROGRAM, weight=0.0),),
    )


EXAMPLES = [example(number) for number in range(8)]


def fit(
    folder: Path, start: Path | str, settings: TrainerSettings = SETTINGS, examples: list[Example] = EXAMPLES
) -> list[TrainStep]:
    return list(make_trainer(settings).fit(examples, place(folder, start)))


def place(folder: Path, start: Path | str) -> TrainingPlace:
    return TrainingPlace(
        start=str(start), weights=folder / "weights", checkpoint=folder / "checkpoint", key="seed=0 iteration=1"
    )


def test_the_micro_batches_change_nothing(tmp_path: Path, start: Path) -> None:
    whole = fit(tmp_path / "a", start, replace(SETTINGS, row_tokens=512, micro_tokens=4096))
    for name, row_tokens, micro_tokens in (("b", 1, 1), ("c", 64, 256)):
        steps = fit(tmp_path / name, start, replace(SETTINGS, row_tokens=row_tokens, micro_tokens=micro_tokens))
        assert [step.loss for step in steps] == pytest.approx([step.loss for step in whole], abs=1e-6, rel=1e-6)
        assert [step.tokens for step in steps] == [step.tokens for step in whole]


def test_a_fit_that_is_done_does_nothing(tmp_path: Path, start: Path) -> None:
    assert len(fit(tmp_path, start)) == 9
    before = folder_bytes(tmp_path)
    assert fit(tmp_path, start) == []
    assert folder_bytes(tmp_path) == before


def test_a_checkpoint_of_other_settings_is_ignored(tmp_path: Path, start: Path) -> None:
    whole = fit(tmp_path / "whole", start, replace(SETTINGS, learning_rate=2e-3))
    for _ in islice(make_trainer(SETTINGS).fit(EXAMPLES, place(tmp_path, start)), 4):
        pass
    with pytest.warns(UserWarning, match="other examples or settings"):
        steps = fit(tmp_path, start, replace(SETTINGS, learning_rate=2e-3))
    assert steps == whole


FIT = """
import sys
from test_fit import EXAMPLES, SETTINGS, make_trainer, place
from pathlib import Path
for step in make_trainer(SETTINGS).fit(EXAMPLES, place(Path(sys.argv[1]), sys.argv[2])):
    print(step.step, flush=True)
    if str(step.step) == sys.argv[3]:
        import time; time.sleep(60)  # to be killed here, with a checkpoint after step 4
"""


def test_a_killed_process_is_gone_on_from(tmp_path: Path, start: Path) -> None:
    """All three in processes of their own: the same bytes are promised for the same number of threads."""
    here = Path(__file__).parent
    environment = os.environ | {"PYTHONPATH": f"{here}{os.pathsep}{here.parents[1]}"}

    def process(name: str, stop: str) -> subprocess.Popen[str]:
        command = [sys.executable, "-c", FIT, str(tmp_path / name), str(start), stop]
        return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment)

    with process("whole", "never") as whole:
        assert whole.communicate(timeout=120)[0].split() == [str(step) for step in range(1, 10)]
    with process("killed", "6") as killed:
        assert killed.stdout is not None
        seen = [int(next(killed.stdout)) for _ in range(6)]
        time.sleep(0.1)
        killed.send_signal(signal.SIGKILL)
    assert seen == [1, 2, 3, 4, 5, 6]
    assert not (tmp_path / "killed" / "weights").exists()
    with process("killed", "never") as again:
        assert again.communicate(timeout=120)[0].split() == ["5", "6", "7", "8", "9"]
    one, other = folder_bytes(tmp_path / "killed"), folder_bytes(tmp_path / "whole")
    assert one.keys() == other.keys()
    assert [name for name in one if one[name] != other[name]] == []


@pytest.mark.parametrize("clip", [0.0, 1.0])
def test_a_loss_that_is_no_number_stops(tmp_path: Path, start: Path, clip: float) -> None:
    wild = replace(SETTINGS, learning_rate=1e30, clip=clip, checkpoint_steps=1)
    before = folder_bytes(start)
    with pytest.raises(TrainingError, match=r"Training step \d+ .* has loss .*training\.learning_rate"):
        fit(tmp_path, start, wild)
    assert not (tmp_path / "weights").exists()
    assert folder_bytes(start) == before
    stored = [path for path in (tmp_path / "checkpoint").iterdir() if path.is_dir()]
    assert len(stored) == 1  # of the last step that was taken


def test_nothing_to_learn_from_gives_the_weights_back(tmp_path: Path) -> None:
    start = tiny_llama(tmp_path / "start")
    with pytest.warns(UserWarning, match="no example to train on"):
        assert fit(tmp_path, start, examples=[]) == []
    assert folder_bytes(tmp_path / "weights")["model.safetensors"] == folder_bytes(start)["model.safetensors"]
    assert not (tmp_path / "checkpoint").exists()


def test_examples_that_cannot_be_learned_from_are_counted(tmp_path: Path, start: Path) -> None:
    examples = [*EXAMPLES, example(98, program="x = 1\n" * 100), example(99, weight=0.0)]
    with pytest.warns(
        UserWarning, match=r"2 of 10 examples are not trained on; the first is p/98#98 \(longer than 140"
    ):
        steps = fit(tmp_path, start, replace(SETTINGS, max_tokens=140), examples)
    assert sum(step.sequences for step in steps if step.kind == "examples") == 16


def test_moments_go_on_or_begin_afresh(tmp_path: Path, start: Path) -> None:
    fit(tmp_path / "0", start)
    steps = read_tensors(tmp_path / "0" / "weights" / MOMENTS)
    assert {float(tensor) for name, tensor in steps.items() if name.startswith("step.")} == {9.0}
    fit(tmp_path / "1", tmp_path / "0" / "weights")
    steps = read_tensors(tmp_path / "1" / "weights" / MOMENTS)
    assert {float(tensor) for name, tensor in steps.items() if name.startswith("step.")} == {18.0}

    afresh = replace(SETTINGS, keep_optimizer=False)
    fit(tmp_path / "2", tmp_path / "0" / "weights", afresh)
    assert not (tmp_path / "2" / "weights" / MOMENTS).exists()
    changed = [(tmp_path / name / "weights" / "model.safetensors").read_bytes() for name in "12"]
    assert changed[0] != changed[1]


def dtypes(path: Path) -> set[torch.dtype]:
    with safe_open(path, framework="pt") as file:
        return {file.get_tensor(name).dtype for name in file.keys()}  # noqa: SIM118 - not a mapping


def test_bfloat16_keeps_float32_weights(tmp_path: Path, start: Path) -> None:
    steps = fit(tmp_path / "bfloat16", start, replace(SETTINGS, precision="bfloat16"))
    exact = fit(tmp_path / "float32", start)
    assert dtypes(tmp_path / "bfloat16" / "weights" / "model.safetensors") == {torch.float32}
    assert dtypes(tmp_path / "bfloat16" / "weights" / MOMENTS) == {torch.float32}
    assert [step.loss for step in steps] == pytest.approx([step.loss for step in exact], rel=0.02)
    assert steps != exact


def test_whoever_may_read_the_folder_may_read_what_is_in_it(tmp_path: Path, start: Path) -> None:
    fit(tmp_path, start)
    folder = tmp_path / "weights"
    written = [path for path in folder.rglob("*") if path.is_file()]
    assert {path.suffix for path in written} >= {".safetensors", ".json"}
    assert {path.stat().st_mode & 0o777 for path in written} == {folder.stat().st_mode & 0o666}


def test_weights_are_a_plain_folder(tmp_path: Path, start: Path) -> None:
    model = AutoModelForCausalLM.from_pretrained(start, dtype=torch.bfloat16)
    model.generation_config.max_new_tokens = 77
    save(model, AutoTokenizer.from_pretrained(start), folder=tmp_path / "start")
    fit(tmp_path, tmp_path / "start")
    loaded = AutoModelForCausalLM.from_pretrained(tmp_path / "weights")
    assert loaded.generation_config.max_new_tokens == 77
    assert loaded.dtype == torch.float32
    top = {path.name for path in (tmp_path / "weights").glob("*.safetensors")}
    assert top == {"model.safetensors"}  # vLLM loads all that stand here


def test_vectors_do_not_decay(tmp_path: Path) -> None:
    model = AutoModelForCausalLM.from_pretrained(tiny_gpt2(tmp_path))
    decayed, free = make_optimizer(model, replace(SETTINGS, weight_decay=0.1)).param_groups
    names = {id(parameter): name for name, parameter in model.named_parameters()}
    assert (decayed["weight_decay"], free["weight_decay"]) == (0.1, 0.0)
    assert all("ln_" in names[id(p)] or names[id(p)].endswith("bias") for p in free["params"])
    assert not any("ln_" in names[id(p)] or names[id(p)].endswith("bias") for p in decayed["params"])
    assert len(decayed["params"]) + len(free["params"]) == len(names)


def test_dropout_is_off(tmp_path: Path) -> None:
    start: Any = tiny_gpt2(tmp_path / "start", resid_pdrop=0.5, embd_pdrop=0.5)
    assert fit(tmp_path / "a", start) == fit(tmp_path / "b", start)


def test_a_model_that_is_not_there_says_what_to_type(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"--set model\.path=NAME"):
        fit(tmp_path, tmp_path / "nothing")


def test_the_rows_of_our_tokens_move_faster_and_no_other_row_does(tmp_path: Path, start: Path) -> None:
    one_step = replace(SETTINGS, epochs=1, batch=8, pretrain=None, weight_decay=0.0)
    tables = {}
    for name, settings in (
        ("still", replace(one_step, learning_rate=1e-12)),
        ("plain", one_step),
        ("faster", replace(one_step, token_rate=5.0)),
    ):
        fit(tmp_path / name, start, settings)
        model = AutoModelForCausalLM.from_pretrained(tmp_path / name / "weights")
        tables[name] = model.get_input_embeddings().weight.detach()
    ours = AutoTokenizer.from_pretrained(tmp_path / "plain" / "weights").get_added_vocab()["<|bad|>"]
    moved = {name: table - tables["still"] for name, table in tables.items()}
    assert torch.allclose(moved["faster"][ours], 5 * moved["plain"][ours], atol=1e-6)
    assert moved["plain"][ours].abs().max() > 1e-4
    others = [row for row in range(ours - 3) if row != ours]
    assert torch.equal(moved["faster"][others], moved["plain"][others])


def test_moments_of_rows_that_were_there_go_on_where_rows_have_come_since(tmp_path: Path) -> None:
    tokenizer = tiny_tokenizer(control=False)
    tokenizer.save_pretrained(tiny_llama(tmp_path / "tight", vocab_size=len(tokenizer)))
    bare = replace(place(tmp_path / "bare", tmp_path / "tight"), prefix="")
    programs = [replace(one, segments=one.segments[1:]) for one in EXAMPLES]  # no reward token
    list(make_trainer(SETTINGS).fit(programs, bare))
    before = read_tensors(bare.weights / MOMENTS)
    fit(tmp_path / "grown", bare.weights, replace(SETTINGS, epochs=1))
    after = read_tensors(tmp_path / "grown" / "weights" / MOMENTS)
    table = "exp_avg_sq.model.embed_tokens.weight"
    assert len(after[table]) == len(before[table]) + 4
    assert after[table][: len(before[table])].sum() > 0
    assert float(after["step.model.embed_tokens.weight"]) > float(before["step.model.embed_tokens.weight"])


def test_a_model_that_could_not_be_trained_is_told_without_a_step(tmp_path: Path, start: Path) -> None:
    trainer = make_trainer(SETTINGS)
    trainer.refuse_unfit(str(start), prefix="<|good|>", chat=False, end=True)
    with pytest.raises(ConfigError, match="no chat template"):
        trainer.refuse_unfit(str(start), prefix="<|good|>", chat=True, end=True)
    endless = tmp_path / "endless"
    shutil.copytree(start, endless)
    tokenizer = AutoTokenizer.from_pretrained(endless)
    tokenizer.eos_token = None
    tokenizer.save_pretrained(endless)
    with pytest.raises(TrainingError, match=r"objective\.weights\.end=0"):
        trainer.refuse_unfit(str(endless), prefix="<|good|>", chat=False, end=True)
    trainer.refuse_unfit(str(endless), prefix="<|good|>", chat=False, end=False)
