from __future__ import annotations

from pathlib import Path

import pytest

from leti import build
from leti.config import load_config
from leti.errors import ConfigError, MissingBackend


def sampler_of(*overrides: str) -> str:
    return type(build.sampler(load_config("defaults", overrides))).__name__


def test_the_engine_is_the_configured_one(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("torch", reason="samplers of models need torch: pip install 'leti[train]'")
    assert sampler_of() == "HFSampler"
    monkeypatch.syspath_prepend(str(Path(__file__).parents[1] / "fakes"))
    assert sampler_of("sampling.engine=vllm", "model.device=cuda") == "VLLMSampler"


def test_a_server_is_asked_where_it_is() -> None:
    pytest.importorskip("openai", reason="asking servers needs openai: pip install 'leti[openai]'")
    assert sampler_of("sampling.engine=openai", "sampling.url=http://localhost:8000/v1") == "OpenAISampler"
    with pytest.raises(ConfigError, match=r"sampling.url does not say where .* --set sampling.url=http"):
        sampler_of("sampling.engine=openai")
    with pytest.raises(ConfigError, match=r"sampling.url = 'localhost:8000/v1': "):
        sampler_of("sampling.engine=openai", "sampling.url=localhost:8000/v1")


def test_an_engine_that_is_not_installed_says_what_to_type(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("torch", reason="samplers of models need torch: pip install 'leti[train]'")
    monkeypatch.setattr("leti.sampling.vllm.find_spec", lambda _: None)
    with pytest.raises(MissingBackend, match=r"'vllm'.*pip install 'leti\[vllm\]'"):
        sampler_of("sampling.engine=vllm")
