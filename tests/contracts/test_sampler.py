"""Every sampler holds to the same promises."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from leti.kinds import Tests
from leti.sampling import ScriptedSampler, check_sampler
from leti.sampling.conformance import check_prefix
from leti.types import Decoding, Problem, SampleRequest
from leti.vocabulary import GOOD

sys.path.insert(0, str(Path(__file__).parents[1]))

PROBLEMS = [
    Problem(id=f"p/{name}", prompt=f"# {name}\ndef {name}(", check=Tests(tests=("assert True",)), source="p")
    for name in ("add", "multiply_all_the_numbers", "f")
]


def test_scripted() -> None:
    sampler = ScriptedSampler({problem.id: ["one answer", "and another"] for problem in PROBLEMS})
    request = SampleRequest(weights="none", prefix="", decoding=Decoding(), key="seed=0")
    check_sampler(sampler, PROBLEMS, request=request, random=False)


@pytest.mark.parametrize("kind", ["codegen", "gpt2", "llama", "qwen2"])
def test_hf(kind: str, tmp_path: Path) -> None:
    torch = pytest.importorskip("torch", reason="sampling models needs torch: pip install 'leti[train]'")
    import tiny_models
    from leti.sampling.hf import HFSampler

    torch.set_num_threads(1)
    weights = str(getattr(tiny_models, f"tiny_{kind}")(tmp_path))
    request = SampleRequest(weights=weights, prefix="", decoding=Decoding(max_new_tokens=12), key="seed=0")
    sampler = HFSampler(device="cpu", batch_rows=4)
    check_sampler(sampler, PROBLEMS, request=request)
    check_prefix(sampler, [(problem, 0) for problem in PROBLEMS], request=request, prefix=GOOD)
