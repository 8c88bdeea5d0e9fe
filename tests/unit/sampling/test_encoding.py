from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")

from leti.sampling.encoding import encoding_of  # noqa: E402
from leti.sampling.names import identity, versioned  # noqa: E402
from leti.sampling.uniforms import seed_of  # noqa: E402
from leti.sampling.weights import load  # noqa: E402

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("kind", ["codegen", "gpt2", "llama", "qwen2"])
def test_without_the_model_as_much_is_known_as_with_it(kind: str, directories: dict[str, Path]) -> None:
    loaded = load(str(directories[kind]), device=torch.device("cpu"), dtype=torch.float32)
    encoding = encoding_of(str(directories[kind]))
    assert encoding.ends == loaded.ends
    assert list(encoding.forbidden) == loaded.forbidden.tolist()
    assert encoding.window == loaded.window == 256
    assert encoding.control == (320, 321, 322, 323)


def test_all_ends_of_a_chat_model_are_known(llama: str, tmp_path: Path) -> None:
    for part in (transformers.AutoConfig, transformers.AutoTokenizer):
        part.from_pretrained(llama).save_pretrained(tmp_path)
    transformers.GenerationConfig(eos_token_id=[0, 7]).save_pretrained(tmp_path)
    assert encoding_of(str(tmp_path)).ends == (0, 7)


def test_a_directory_that_is_written_anew_is_another_version(tmp_path: Path) -> None:
    (tmp_path / "model.safetensors").write_text("one")
    before, name = versioned(str(tmp_path)), identity(str(tmp_path))
    assert before.startswith(f"{tmp_path.resolve()}@")
    assert (versioned(str(tmp_path)), identity(str(tmp_path))) == (before, name)
    (tmp_path / "model.safetensors").write_text("another")
    assert versioned(str(tmp_path)) != before
    assert versioned("owner/name") == "owner/name"


def test_a_rows_seed_is_its_own_and_stays_the_same_for_good() -> None:
    assert seed_of("seed=0 iteration=0 sample", problem="mbpp/17", sample=4) == 1182547648
    others = {seed_of("seed=0", problem=problem, sample=sample) for problem in "ab" for sample in range(500)}
    assert len(others) == 1000
    assert all(0 <= seed < 2**31 for seed in others)
