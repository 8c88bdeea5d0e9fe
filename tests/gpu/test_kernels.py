"""Kernels that a GPU alone has: they say what the plain layers say, up to the rounding of bfloat16."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

torch = pytest.importorskip("torch", reason="training needs torch: pip install 'leti[train]'")
transformers = pytest.importorskip("transformers", reason="training needs transformers: pip install 'leti[train]'")
sys.path.insert(0, str(Path(__file__).parents[1]))

import tiny_models  # noqa: E402 - lies in tests/, which is no package
from leti.training.batches import micro_batches, tensors, weighted_loss  # noqa: E402
from leti.training.crosstalk import refuse_crosstalk  # noqa: E402
from leti.training.layers import compile_layers, recompute_layers, use_liger  # noqa: E402
from leti.training.tokens import Encoded  # noqa: E402

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no CUDA device"),
    pytest.mark.timeout(1200),
]
SEQUENCES = [
    Encoded(tuple((3 + 7 * n + 5 * at) % 320 for at in range(20 + 9 * n)), (1.0,) * (20 + 9 * n)) for n in range(6)
]


def losses(model: object) -> list[float]:
    found = []
    with torch.autocast("cuda", torch.bfloat16):
        refuse_crosstalk(model)
        for rows in micro_batches(SEQUENCES, row_tokens=128, micro_tokens=128):
            loss = weighted_loss(model, tensors(rows, torch.device("cuda")))
            loss.backward()
            found.append(loss.item())
    return found


@pytest.mark.parametrize("way", ["flash_attention_2", "liger", "compile", "compile and recompute"])
def test_a_way_of_computing_says_what_the_plain_one_says(tmp_path: Path, way: str) -> None:
    pytest.importorskip({"flash_attention_2": "flash_attn", "liger": "liger_kernel"}.get(way, "torch"))
    sizes = {"hidden_size": 256, "intermediate_size": 512}  # heads of 64: what attention kernels are made for
    folder = tiny_models.tiny_llama(tmp_path, **sizes)
    attention = {"attn_implementation": way} if way.startswith("flash") else {}
    load = transformers.AutoModelForCausalLM.from_pretrained
    plain, changed = load(folder).cuda().eval(), load(folder, **attention).cuda().eval()
    if way == "liger":
        use_liger(changed)
    if way.startswith("compile"):
        compile_layers(changed)
    if way.endswith("recompute"):
        recompute_layers(changed)
    assert losses(changed) == pytest.approx(losses(plain), rel=0.01)
