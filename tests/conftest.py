"""What every test may ask for."""

from __future__ import annotations

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")  # before torch: test workers are as many as there are cores

from pathlib import Path

import pytest
from hypothesis import settings

settings.register_profile("leti", deadline=None)  # a busy machine is no failure
settings.load_profile("leti")

REPOSITORY = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of shared data: recorded vectors, MBPP, HumanEval."""
    folder = Path(os.environ.get("LETI_SHARED") or REPOSITORY.parent / "shared")
    if not folder.is_dir():
        pytest.skip("shared data is not here: set LETI_SHARED")
    return folder
