"""From a configuration to objects."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from leti import build
from leti.config import load_config
from leti.errors import ConfigError, MissingBackend
from leti.training import LayerSettings, LoraSettings


def sampler_of(*overrides: str) -> str:
    return type(build.sampler(load_config("defaults", overrides))).__name__


def test_the_engine_is_the_configured_one(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("torch", reason="samplers of models need torch: pip install 'leti[train]'")
    assert sampler_of() == "HFSampler"
    monkeypatch.syspath_prepend(str(Path(__file__).parents[1] / "fakes"))
    assert sampler_of("sampling.engine=vllm", "model.device=cuda") == "VLLMSampler"


def test_a_server_is_asked_where_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("openai", reason="asking servers needs openai: pip install 'leti[openai]'")
    monkeypatch.setenv("OPENAI_BASE_URL", "http://localhost:8000/v1")
    assert sampler_of("sampling.engine=openai") == "OpenAISampler"
    for wrong in ("", "localhost:8000/v1"):
        monkeypatch.setenv("OPENAI_BASE_URL", wrong)
        with pytest.raises(ConfigError, match=rf"is '{wrong}' and .* export OPENAI_BASE_URL=http"):
            sampler_of("sampling.engine=openai")


def test_an_engine_that_is_not_installed_says_what_to_type(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("torch", reason="samplers of models need torch: pip install 'leti[train]'")
    monkeypatch.setattr("leti.sampling.vllm.find_spec", lambda _: None)
    with pytest.raises(MissingBackend, match=r"'vllm'.*pip install 'leti\[vllm\]'"):
        sampler_of("sampling.engine=vllm")


def test_a_trainer_has_the_adapter_that_is_configured() -> None:
    pytest.importorskip("torch", reason="trainers need torch: pip install 'leti[train]'")
    assert build.trainer(load_config("defaults")).settings.lora is None
    pytest.importorskip("peft", reason="adapters need peft: pip install 'leti[lora]'")
    words = ['model.lora={rank = 4, targets = ["q_proj"]}', 'training.layers={recompute = true, attention = "sdpa"}']
    settings = build.trainer(load_config("defaults", words)).settings
    assert settings.lora == LoraSettings(rank=4, targets=("q_proj",))
    assert settings.layers == LayerSettings(recompute=True, attention="sdpa")


def test_an_adapter_is_known_by_its_files(tmp_path: Path) -> None:
    config = load_config("defaults", [f"model.path={tmp_path}"])
    (tmp_path / "adapter_config.json").write_text(json.dumps({"base_model_name_or_path": "x"}))
    (tmp_path / "adapter_model.safetensors").write_bytes(b"1")
    first = build.manifest(config, "none")["identity"]["model"]
    assert first["path"] == str(tmp_path)
    (tmp_path / "adapter_model.safetensors").write_bytes(b"2")
    assert build.manifest(config, "none")["identity"]["model"]["sha256"] != first["sha256"]


def test_a_run_is_bound_to_the_files_that_it_rests_on(tmp_path: Path) -> None:
    (tmp_path / "judge.py").write_text("def verify(problem, program): return True")
    (tmp_path / "text").mkdir()
    (tmp_path / "text" / "a.py").write_text("a = 1")
    words = [f"verify.function={tmp_path}/judge.py:verify", f"pretrain.source={tmp_path}/text"]
    first = build.manifest(load_config("pocket", words), "none")["identity"]
    assert build.manifest(load_config("pocket", words), "none")["identity"] == first
    (tmp_path / "judge.py").write_text("def verify(problem, program): return False")
    (tmp_path / "text" / "a.py").write_text("a = 10")
    second = build.manifest(load_config("pocket", words), "none")["identity"]
    assert {name for name in first if first[name] != second[name]} == {"function", "pretraining"}
    assert not {"function", "pretraining"} & build.manifest(load_config("pocket"), "none")["identity"].keys()


def test_a_run_is_bound_to_its_splits_and_to_the_references_that_limit_its_programs(tmp_path: Path) -> None:
    file = tmp_path / "own.jsonl"
    row = {"prompt": "x", "tests": ["assert f()"], "id": 1, "reference": "def f(): return 1"}
    others = [row | {"id": 2, "split": "validation"}, row | {"id": 3, "split": "test"}]
    words = ["problems.name=jsonl", f"problems.path={file}"]

    def identity(*rows: dict[str, Any], slack: float = 20.0) -> dict[str, Any]:
        file.write_text("".join(json.dumps(one) + "\n" for one in rows))
        found = build.manifest(load_config("pocket", [*words, f"verify.slack={slack}"]), "none")["identity"]
        return dict(found)

    def changed(first: dict[str, Any], second: dict[str, Any]) -> set[str]:
        return {name for name in first.keys() | second.keys() if first.get(name) != second.get(name)}

    first = identity(row, row | {"id": 4}, *others)
    assert changed(first, identity(row, row | {"id": 4, "split": "validation"}, *others)) == {"splits"}
    assert changed(first, identity(row, row | {"id": 4, "reference": "def f(): return 2"}, *others)) == {"references"}
    assert changed(first, identity(row, row | {"id": 4}, *others, slack=0)) == {"references"}


def test_a_run_is_bound_to_the_moments_that_it_begins_with(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text("{}")
    (tmp_path / "optimizer").mkdir()
    config = load_config("defaults", [f"model.path={tmp_path}"])
    found = []
    for content in (b"1", b"2"):
        (tmp_path / "optimizer" / "moments.safetensors").write_bytes(content)
        found.append(build.manifest(config, "none")["identity"]["model"]["sha256"])
    assert found[0] != found[1]


def test_a_limit_for_a_split_that_there_is_not_is_told() -> None:
    with pytest.raises(ConfigError, match=r"limits names 'tran': the problem set 'pocket' has train, validation"):
        build.problem_set(load_config("pocket", ["problems.limits={tran = 1}"]))


def test_a_built_in_set_takes_no_path() -> None:
    with pytest.raises(ConfigError, match="takes no path"):
        build.named_problems(["pocket=somewhere"])
