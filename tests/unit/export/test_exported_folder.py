"""An exported folder, used by someone who has transformers and no LETI."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
import torch
from made_run import BASES, PROBLEM, make_base, make_run, make_slow
from transformers import AutoModelForCausalLM, AutoTokenizer

from leti.errors import ConfigError, ExportError
from leti.export import chosen, export_run
from leti.sampling.hf import HFSampler
from leti.sampling.prompts import prompts_of
from leti.sampling.weights import Loaded, load
from leti.types import Decoding, Problem, SampleRequest
from leti.vocabulary import CONTROL_TOKENS, GOOD

if TYPE_CHECKING:
    from pathlib import Path

    from leti.runs import Run

PROMPTS = ["def f(x):\n", '"""\nGive the naïve sum: 数.\n"""', " \n  x", "a"]
CHAT = [
    {"role": "user", "content": "one"},
    {"role": "assistant", "content": "two"},
    {"role": "user", "content": "three"},
]
NEW = 6
STRANGER = """
import json, sys

class NoLeti:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] == "leti":
            raise ModuleNotFoundError(name)

sys.meta_path.insert(0, NoLeti())
import torch
from transformers import AutoModelForCausalLM, AutoTokenizer, pipeline
from transformers.pipelines.text_generation import Chat

torch.set_num_threads(1)
order = json.loads(sys.argv[1])
for folder in order["folders"]:
    write = pipeline("text-generation", model=folder)
    tokenizer, model = AutoTokenizer.from_pretrained(folder), AutoModelForCausalLM.from_pretrained(folder)
    ids = [tokenizer(prompt).input_ids for prompt in order["prompts"]]
    with torch.no_grad():
        logits = [model(torch.tensor([row])).logits[0, -1].tolist() for row in ids]
    pipe = [write.preprocess(prompt)["input_ids"][0].tolist() for prompt in order["prompts"]]
    text = write(order["prompts"][0], do_sample=False, max_new_tokens=order["new"])[0]["generated_text"]
    chat = None
    if tokenizer.chat_template:
        chat = tokenizer.apply_chat_template(order["chat"], add_generation_prompt=True).input_ids
        assert chat == write.preprocess(Chat(order["chat"]))["input_ids"][0].tolist()
    print(json.dumps({"ids": ids, "logits": logits, "pipe": pipe, "text": text, "chat": chat,
                      "leti": "leti" in sys.modules}))
"""


def ask_a_stranger(folders: list[Path]) -> list[dict[str, Any]]:
    """What a fresh process that cannot import LETI makes of some folders."""
    order = {"folders": [str(folder) for folder in folders], "prompts": PROMPTS, "chat": CHAT, "new": NEW}
    ended = subprocess.run(
        [sys.executable, "-I", "-c", STRANGER, json.dumps(order)], capture_output=True, text=True, check=False
    )
    assert ended.returncode == 0, ended.stderr
    return [json.loads(line) for line in ended.stdout.splitlines() if line.startswith("{")]


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Run]:
    folder = tmp_path_factory.mktemp("runs")
    return {name: make_run(folder / f"{name}-run", make_base(name, folder / name)) for name in BASES}


@pytest.fixture(scope="module")
def exported(runs: dict[str, Run], tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("exported")
    for name, run in runs.items():
        export_run(run, chosen(run, None), folder=folder / name)
    return {name: folder / name for name in runs}


@pytest.fixture(scope="module")
def seen(exported: dict[str, Path]) -> dict[str, dict[str, Any]]:
    return dict(zip(exported, ask_a_stranger(list(exported.values())), strict=True))


def weights_of(run: Run) -> Loaded:
    return load(str(chosen(run, None).weights), device=torch.device("cpu"), dtype=torch.float32)


def problem(number: int) -> Problem:
    return Problem(id=f"p/{number}", prompt=PROMPTS[number], check=PROBLEM.check, source="p")


def sampled_with(loaded: Loaded, weights: str, prefix: str = GOOD) -> list[list[int]]:
    """The ids that LETI's sampler begins with."""
    request = SampleRequest(weights=weights, prefix=prefix, decoding=Decoding(), key="")
    rows = [(problem(number), 0) for number in range(len(PROMPTS))]
    return [list(one.tokens) for one in prompts_of(rows, request, tokenizer=loaded.tokenizer, window=None)]


@pytest.mark.parametrize("name", BASES)
def test_a_stranger_reads_a_plain_prompt_as_leti_samples_it(
    name: str, runs: dict[str, Run], seen: dict[str, dict[str, Any]]
) -> None:
    found, loaded = seen[name], weights_of(runs[name])
    expected = sampled_with(loaded, name)
    good = loaded.tokenizer.convert_tokens_to_ids(GOOD)
    assert [row.index(good) for row in expected] == [1 if name.startswith("llama") else 0] * len(PROMPTS)
    assert found["ids"] == found["pipe"] == expected
    assert not found["leti"]
    for ids, logits in zip(expected, found["logits"], strict=True):
        ours = loaded.model(torch.tensor([ids])).logits[0, -1]
        assert logits == pytest.approx(ours.tolist(), abs=1e-6)


@pytest.mark.parametrize("name", BASES)
def test_the_text_that_comes_back_shows_no_token(name: str, seen: dict[str, dict[str, Any]]) -> None:
    text = seen[name]["text"]
    assert text.startswith(PROMPTS[0])
    assert not any(token in text for token in CONTROL_TOKENS)


def test_the_python_in_the_model_card_runs(exported: dict[str, Path], capsys: pytest.CaptureFixture[str]) -> None:
    card = (exported["gpt2"] / "README.md").read_text("utf-8")
    code = card.partition("```python\n")[2].partition("```")[0]
    exec(code.replace("THIS_FOLDER_OR_NAME", str(exported["gpt2"])), {})
    assert capsys.readouterr().out.startswith("def is_even(n):\n")


def test_a_stranger_writes_what_leti_writes(runs: dict[str, Run], seen: dict[str, dict[str, Any]]) -> None:
    """Of GPT-2, whose every row has a token: LETI draws none that has not, which generate does not know."""
    request = SampleRequest(
        weights=str(chosen(runs["gpt2"], None).weights),
        prefix=GOOD,
        decoding=Decoding(temperature=0, max_new_tokens=NEW),
        key="",
    )
    (ours,) = HFSampler(device="cpu").sample([(problem(0), 0)], request, done=frozenset())
    assert seen["gpt2"]["text"] == PROMPTS[0] + ours.completion


def test_generate_never_draws_a_token_of_leti(exported: dict[str, Path]) -> None:
    tokenizer = AutoTokenizer.from_pretrained(exported["gpt2"])
    model = AutoModelForCausalLM.from_pretrained(exported["gpt2"])
    own = tokenizer.convert_tokens_to_ids(list(CONTROL_TOKENS))
    tempting = torch.zeros(model.config.vocab_size).index_fill(0, torch.tensor(own), 1000.0)
    model.lm_head.register_forward_hook(lambda _, __, logits: logits + tempting)
    prompt = tokenizer(PROMPTS[0], return_tensors="pt")
    drawn = model.generate(**prompt, do_sample=False, max_new_tokens=NEW)[0, prompt.input_ids.shape[1] :].tolist()
    assert drawn
    assert not {*drawn} & {*own}


@pytest.mark.parametrize("name", ["qwen2", "llama", "llama3"])
def test_a_conversation_has_the_token_once_where_the_model_learned_it(
    name: str, runs: dict[str, Run], seen: dict[str, dict[str, Any]]
) -> None:
    tokenizer = weights_of(runs[name]).tokenizer
    good = tokenizer.convert_tokens_to_ids(GOOD)
    plain = tokenizer.apply_chat_template(CHAT, add_generation_prompt=True).input_ids
    place = 0 if name == "qwen2" else 1
    if place:
        assert plain[0] == tokenizer.bos_token_id
    assert seen[name]["chat"] == [*plain[:place], good, *plain[place:]]


@pytest.mark.parametrize("name", BASES)
def test_nothing_of_the_machine_and_of_training_is_in_the_folder(name: str, exported: dict[str, Path]) -> None:
    names = {file.name for file in exported[name].iterdir()}
    chat = {"chat_template.jinja"} if name not in {"codegen", "gpt2"} else set()
    assert names == chat | {
        "README.md",
        "config.json",
        "generation_config.json",
        "model.safetensors",
        "tokenizer.json",
        "tokenizer_config.json",
    }
    for file in exported[name].iterdir():
        if file.suffix != ".safetensors":
            assert str(exported[name].parents[1]) not in file.read_text("utf-8"), file


@pytest.mark.parametrize("name", ["gpt2", "llama"])
def test_leti_itself_samples_an_exported_folder_alike(
    name: str, runs: dict[str, Run], exported: dict[str, Path]
) -> None:
    loaded = load(str(exported[name]), device=torch.device("cpu"), dtype=torch.float32)
    for prefix in (GOOD, ""):
        assert sampled_with(loaded, name, prefix) == sampled_with(weights_of(runs[name]), name, prefix)


@pytest.mark.parametrize("name", ["qwen2", "llama"])
def test_training_on_passing_programs_only_adds_nothing(name: str, tmp_path: Path) -> None:
    run = make_run(tmp_path / "run", make_base(name, tmp_path / "base"), "passing-only")
    export_run(run, chosen(run, None), folder=tmp_path / "out")
    found, tokenizer = AutoTokenizer.from_pretrained(tmp_path / "out"), weights_of(run).tokenizer
    assert [found(prompt).input_ids for prompt in PROMPTS] == [tokenizer(prompt).input_ids for prompt in PROMPTS]
    assert found.apply_chat_template(CHAT) == tokenizer.apply_chat_template(CHAT)
    assert GOOD not in (tmp_path / "out" / "README.md").read_text("utf-8")


@pytest.mark.parametrize(("objective", "good"), [("fcft", 1), ("passing-only", 0)])
def test_a_run_that_begins_at_an_exported_folder_is_exported_as_it_was_trained(
    objective: str, good: int, exported: dict[str, Path], tmp_path: Path
) -> None:
    run = make_run(tmp_path / "run", exported["llama"], objective)
    export_run(run, chosen(run, None), folder=tmp_path / "out")
    found, loaded = AutoTokenizer.from_pretrained(tmp_path / "out"), weights_of(run)
    assert [found(prompt).input_ids for prompt in PROMPTS] == sampled_with(loaded, "llama", GOOD if good else "")
    assert found.apply_chat_template(CHAT, tokenize=False).count(GOOD) == good


@pytest.mark.parametrize("objective", ["fcft", "passing-only"])  # the one of this test ends every text with a token
def test_a_slow_tokenizer_is_refused_with_what_to_do(objective: str, tmp_path: Path) -> None:
    run = make_run(tmp_path / "run", make_slow(tmp_path / "base"), objective)
    with pytest.raises(ExportError, match=r"slow one: it has no tokenizer.json.*Take the weights as they are.*weights"):
        export_run(run, chosen(run, None), folder=tmp_path / "out")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["base", "run"]


def test_a_failure_leaves_nothing_and_what_was_there_stays(
    runs: dict[str, Run], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = runs["gpt2"]
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "mine").touch()
    with pytest.raises(ConfigError, match="is not empty"):
        export_run(run, chosen(run, None), folder=tmp_path / "out")
    assert [path.name for path in tmp_path.rglob("*")] == ["out", "mine"]
    (tmp_path / "out" / "mine").unlink()
    monkeypatch.setattr("leti.export.folder.condition", lambda *_, **__: None)  # a tokenizer that cannot be changed
    with pytest.raises(ExportError, match="still does not read a prompt as LETI samples it"):
        export_run(run, chosen(run, None), folder=tmp_path / "out")
    assert [path.name for path in tmp_path.rglob("*")] == ["out"]
