"""The sampler that asks a server keeps the promises of every sampler, with a real server that draws real tokens."""

from __future__ import annotations

import shutil
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

pytest.importorskip("torch", reason="serving models needs torch: pip install 'leti[train]'")
pytest.importorskip("openai", reason="asking servers needs openai: pip install 'leti[openai]'")
sys.path.insert(0, str(Path(__file__).parents[1]))

import tiny_models
from leti.errors import SamplingError
from leti.kinds import Tests
from leti.sampling import check_sampler
from leti.sampling.conformance import check_prefix
from leti.sampling.hf import HFSampler
from leti.sampling.openai import OpenAISampler
from leti.types import Decoding, Ending, Problem, SampleRequest
from leti.vocabulary import GOOD
from served import transformers_serve

if TYPE_CHECKING:
    from collections.abc import Iterator

PROBLEMS = [
    Problem(id=f"p/{name}", prompt=f"# {name}\ndef {name}(", check=Tests(tests=("assert True",)), source="p")
    for name in ("add", "multiply_all_the_numbers", "f")
]
ROWS = [(problem, sample) for problem in PROBLEMS for sample in range(4)]
NOTHING_DONE: frozenset[tuple[str, int]] = frozenset()


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with transformers_serve(tmp_path_factory.mktemp("serve")) as address:
        yield address


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> str:
    return str(tiny_models.tiny_llama(tmp_path_factory.mktemp("llama")))


def request_for(weights: str, **decoding: object) -> SampleRequest:
    limits = {"max_new_tokens": 12} | decoding
    return SampleRequest(weights=weights, prefix="", decoding=Decoding(**limits), key="seed=0")  # type: ignore[arg-type]


def test_the_promises_of_every_sampler(url: str, weights: str) -> None:
    sampler = OpenAISampler(url)
    check_sampler(sampler, PROBLEMS, request=request_for(weights))
    check_prefix(sampler, [(problem, 0) for problem in PROBLEMS], request=request_for(weights), prefix=GOOD)


@pytest.mark.parametrize("prefix", ["", GOOD])
@pytest.mark.parametrize("decoding", [{}, {"stop": ("e", "\n")}, {"total_tokens": 135}])
def test_greedy_texts_are_those_of_the_default_sampler(
    url: str, weights: str, prefix: str, decoding: dict[str, object]
) -> None:
    request = replace(request_for(weights, temperature=0.0, **decoding), prefix=prefix)
    ours = list(HFSampler(device="cpu").sample(ROWS, request, done=NOTHING_DONE))
    theirs = list(OpenAISampler(url).sample(ROWS, request, done=NOTHING_DONE))
    assert [(s.key, s.completion, s.ending) for s in theirs] == [(s.key, s.completion, s.ending) for s in ours]


def test_texts_are_drawn_with_the_settings_that_were_asked_for(url: str, weights: str) -> None:
    greedy = {s.completion for s in OpenAISampler(url).sample(ROWS, request_for(weights, temperature=0.0), done=set())}

    def greedy_among(**decoding: object) -> int:
        found = OpenAISampler(url).sample(ROWS, request_for(weights, **decoding), done=NOTHING_DONE)
        return sum(solution.completion in greedy for solution in found)

    assert greedy_among() < len(ROWS)  # by default this server takes the likeliest token
    assert greedy_among(top_p=0.001) == len(ROWS)
    assert greedy_among(min_p=0.999999) == len(ROWS)
    assert greedy_among(temperature=1e-6) == len(ROWS)


def test_tokens_that_are_never_drawn_are_not_drawn_by_a_server(url: str, weights: str) -> None:
    hot = request_for(weights, temperature=8.0, max_new_tokens=60)
    found = list(OpenAISampler(url).sample(ROWS, hot, done=NOTHING_DONE))
    assert all(solution.completion for solution in found if solution.ending is Ending.LENGTH)
    assert len({solution.completion for solution in found}) == len(ROWS)


def test_the_weights_are_those_of_the_request(url: str, weights: str, tmp_path: Path) -> None:
    other = str(tiny_models.tiny_qwen2(tmp_path))
    sampler = OpenAISampler(url)
    first, second, third = (
        [s.completion for s in sampler.sample(ROWS, request_for(place, temperature=0.0), done=NOTHING_DONE)]
        for place in (weights, other, weights)
    )
    assert first == third
    assert first != second


def test_weights_written_anew_under_the_same_name_are_loaded_anew(url: str, weights: str, tmp_path: Path) -> None:
    place = tmp_path / "weights"
    shutil.copytree(weights, place)
    request = request_for(str(place), temperature=0.0)
    before = [s.completion for s in OpenAISampler(url).sample(ROWS, request, done=NOTHING_DONE)]
    shutil.rmtree(place)
    tiny_models.tiny_qwen2(place)
    assert [s.completion for s in OpenAISampler(url).sample(ROWS, request, done=NOTHING_DONE)] != before


@pytest.mark.slow
def test_a_server_with_other_weights_is_refused_with_what_to_type(weights: str, tmp_path: Path) -> None:
    other = str(tiny_models.tiny_gpt2(tmp_path / "gpt2"))
    (tmp_path / "serve").mkdir()
    with transformers_serve(tmp_path / "serve", other) as url:
        assert len(list(OpenAISampler(url).sample(ROWS[:1], request_for(other), done=NOTHING_DONE))) == 1
        with pytest.raises(SamplingError, match="pinned") as caught:
            list(OpenAISampler(url).sample(ROWS[:1], request_for(weights), done=NOTHING_DONE))
    assert f"vllm serve {Path(weights).resolve()}" in str(caught.value)
    assert "the same command" in str(caught.value)


def test_a_prompt_that_spells_a_special_token_is_not_read_as_one(url: str, weights: str) -> None:
    spelled = replace(PROBLEMS[0], prompt=f"print('{GOOD}')\n")
    with pytest.raises(SamplingError, match=r"reads the prompt of 'p/add' as \d+ tokens"):
        list(OpenAISampler(url).sample([(spelled, 0)], request_for(weights), done=NOTHING_DONE))
