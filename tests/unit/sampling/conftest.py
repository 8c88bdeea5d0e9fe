"""Tiny models, made once for each process."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

torch = pytest.importorskip("torch", reason="sampling models needs torch: pip install 'leti[train]'")
sys.path.insert(0, str(Path(__file__).parents[2]))

import tiny_models  # noqa: E402 - lies in tests/, which is no package
from leti.kinds import Tests  # noqa: E402
from leti.types import Problem  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Iterator

KINDS = tuple(build.__name__.removeprefix("tiny_") for build in tiny_models.ARCHITECTURES)
TEXTS = (
    "def add(a, b):\n",
    '"""\nReturn the sum of a list of numbers.\nassert f([1]) == 1\n"""\n',
    "x",
    "class A:\n    ",
)


@pytest.fixture(scope="session", autouse=True)
def _one_thread() -> Iterator[None]:
    # These models are too small for threads, and other tests run beside this one.
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="session")
def directories(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Weights of each kind of model, by its name."""
    return {kind: getattr(tiny_models, f"tiny_{kind}")(tmp_path_factory.mktemp(kind)) for kind in KINDS}


@pytest.fixture(scope="session")
def llama(directories: dict[str, Path]) -> str:
    return str(directories["llama"])


@pytest.fixture
def problems() -> list[Problem]:
    """Four problems whose prompts differ in length."""
    return [
        Problem(id=f"p/{index}", prompt=text, check=Tests(tests=("assert True",)), source="p")
        for index, text in enumerate(TEXTS)
    ]
