"""From a configuration to objects."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

pytest.importorskip("torch", reason="trainers need torch: pip install 'leti[train]'")

from leti import build
from leti.config import load_config
from leti.training import LoraSettings


def test_a_trainer_has_the_adapter_that_is_configured() -> None:
    assert build.trainer(load_config("defaults")).settings.lora is None
    pytest.importorskip("peft", reason="adapters need peft: pip install 'leti[lora]'")
    words = ['model.lora={rank = 4, targets = ["q_proj"]}', "training.recompute=true"]
    settings = build.trainer(load_config("defaults", words)).settings
    assert settings.lora == LoraSettings(rank=4, targets=("q_proj",))
    assert settings.recompute


def test_an_adapter_is_known_by_its_files(tmp_path: Path) -> None:
    config = load_config("defaults", [f"model.path={tmp_path}"])
    (tmp_path / "adapter_config.json").write_text(json.dumps({"base_model_name_or_path": "x"}))
    (tmp_path / "adapter_model.safetensors").write_bytes(b"1")
    first = build.manifest(config, "none")["identity"]["model"]
    assert first["path"] == str(tmp_path)
    (tmp_path / "adapter_model.safetensors").write_bytes(b"2")
    assert build.manifest(config, "none")["identity"]["model"]["sha256"] != first["sha256"]
