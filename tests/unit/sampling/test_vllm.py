from __future__ import annotations

import importlib
import os
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

torch = pytest.importorskip("torch")

from leti.errors import ConfigError, MissingBackend, SamplingError  # noqa: E402
from leti.sampling import check_sampler  # noqa: E402
from leti.sampling.conformance import check_prefix  # noqa: E402
from leti.sampling.encoding import encoding_of  # noqa: E402
from leti.sampling.outside import asked_of  # noqa: E402
from leti.sampling.vllm import VLLMSampler, engine_settings, environment, sampling_params  # noqa: E402
from leti.types import Decoding, Ending, Problem, SampleRequest  # noqa: E402
from leti.vocabulary import GOOD  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Iterator

FAKES = Path(__file__).parents[2] / "fakes"


@pytest.fixture
def sampler(monkeypatch: pytest.MonkeyPatch) -> Iterator[VLLMSampler]:
    """The sampler with what stands in for vLLM behind it, in a process of its own as always."""
    monkeypatch.syspath_prepend(str(FAKES))
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(FAKES), *filter(None, sys.path)]))
    importlib.invalidate_caches()
    yield VLLMSampler(batch_rows=4)
    sys.modules.pop("vllm", None)


def request_for(weights: str, **decoding: Any) -> SampleRequest:
    return SampleRequest(
        weights=weights, prefix="", decoding=Decoding(**{"max_new_tokens": 24} | decoding), key="seed=0"
    )


def sampled(sampler: VLLMSampler, problems: list[Problem], request: SampleRequest) -> list[Any]:
    rows = [(problem, sample) for problem in problems for sample in range(4)]
    return list(sampler.sample(rows, request, done=frozenset()))


def test_the_promises_of_every_sampler(sampler: VLLMSampler, llama: str, problems: list[Problem]) -> None:
    check_sampler(sampler, problems[:2], request=request_for(llama))
    rows = [(problem, 0) for problem in problems]
    check_prefix(sampler, rows, request=request_for(llama), prefix=GOOD)


def test_an_end_of_text_token_is_no_part_of_a_completion(
    sampler: VLLMSampler, llama: str, problems: list[Problem]
) -> None:
    found = sampled(sampler, problems, request_for(llama))
    assert {solution.ending for solution in found} == {Ending.TOKEN, Ending.LENGTH}
    assert all(0 not in solution.tokens for solution in found)
    assert all(len(solution.tokens) == 24 for solution in found if solution.ending is Ending.LENGTH)


def test_rows_without_a_budget_are_not_asked_for(sampler: VLLMSampler, llama: str, problems: list[Problem]) -> None:
    found = sampled(sampler, problems, request_for(llama, total_tokens=128))
    assert {(s.completion, s.tokens, s.ending) for s in found} == {("", (), Ending.LENGTH)}


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ("no memory", r"(?s)ended with exit status 1 .* Its last words:.*Free memory on device \(1\.2/79\.6 GiB\)"),
        ("killed", r"was killed by SIGKILL before its work was done\. .*Its last words:\nloading "),
        ("abort", "ended a text for problem 'p/0' with 'abort'"),
    ],
)
def test_a_process_that_fails_is_quoted(
    fault: str,
    words: str,
    sampler: VLLMSampler,
    llama: str,
    problems: list[Problem],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("FAKE_VLLM", fault)
    with pytest.raises(SamplingError, match=words):
        sampled(sampler, problems, request_for(llama))


def children() -> set[str]:
    return set(Path(f"/proc/self/task/{os.getpid()}/children").read_text().split())


@pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="processes are counted in /proc")
def test_the_process_is_gone_when_the_call_is(sampler: VLLMSampler, llama: str, problems: list[Problem]) -> None:
    before = children()
    rows = [(problem, 0) for problem in problems]
    solutions = sampler.sample(rows, request_for(llama), done=frozenset())
    next(solutions)
    assert len(children() - before) == 1
    solutions.close()  # type: ignore[attr-defined] # a generator, as all samplers of the package return
    assert children() == before
    assert len(list(sampler.sample(rows, request_for(llama), done=frozenset()))) == len(rows)
    assert children() == before


def test_what_is_done_needs_no_engine(sampler: VLLMSampler, problems: list[Problem]) -> None:
    done = {(problem.id, 0) for problem in problems}
    assert list(sampler.sample([(p, 0) for p in problems], request_for("/no/such/place"), done=done)) == []


def test_a_request_becomes_the_arguments_of_the_documented_classes(llama: str, problems: list[Problem]) -> None:
    request = request_for(llama, temperature=0.7, top_p=0.9, min_p=0.1, stop=("\n\n",))
    encoding = encoding_of(llama)
    one, other = asked_of([(problems[0], 0), (problems[0], 1)], request, encoding=encoding)
    assert sampling_params(one, request.decoding, encoding=encoding) == {
        "n": 1,
        "temperature": 0.7,
        "top_p": 0.9,
        "top_k": -1,
        "min_p": 0.1,
        "seed": one.seed,
        "max_tokens": 24,
        "stop": ["\n\n"],
        "stop_token_ids": [0],
        "logit_bias": dict.fromkeys(range(320, 384), -100.0),
        "detokenize": True,
    }
    assert one.seed != other.seed
    assert one.tokens == other.tokens
    assert engine_settings(llama, dtype="bfloat16")["model"] == llama


def test_a_build_for_the_cpu_is_for_the_cpu(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("leti.sampling.vllm.is_for_the_cpu", lambda: True)
    assert environment("auto") == environment("cpu") == {}
    with pytest.raises(ConfigError, match=r"'cuda:1', .* built for the CPU.*--set model\.device=auto"):
        environment("cuda:1")


def test_the_device_is_chosen_among_the_visible_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    assert environment("auto") == environment("cuda") == {}
    assert environment("cuda:1") == {"CUDA_VISIBLE_DEVICES": "1"}
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "4,6")
    assert environment("cuda:1") == {"CUDA_VISIBLE_DEVICES": "6"}


def test_what_cannot_be_is_said_with_what_to_type(
    sampler: VLLMSampler, llama: str, problems: list[Problem], monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(ConfigError, match=r"model.device is 'cpu', but .* Type --set model.device=auto"):
        VLLMSampler(device="cpu")
    with pytest.raises(ConfigError, match="batch_rows is 0"):
        VLLMSampler(batch_rows=0)
    with pytest.raises(ConfigError, match="dtype is 'float8'"):
        VLLMSampler(dtype="float8")
    with pytest.raises(ConfigError, match=r"sampling.guidance is 1.0, but .* --set sampling.guidance=0"):
        sampled(sampler, problems, request_for(llama, guidance=1.0))
    with pytest.raises(ConfigError, match=r"no directory of weights '\./nothing'"):
        sampled(sampler, problems, request_for("./nothing"))
    with pytest.raises(SamplingError, match=r"has no token '<\|fine\|>'"):
        sampled(sampler, problems, replace(request_for(llama), prefix="<|fine|>"))
    monkeypatch.setattr("leti.sampling.vllm.find_spec", lambda _: None)
    with pytest.raises(MissingBackend, match=r"pip install 'leti\[vllm\]'"):
        VLLMSampler()
