from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from written_run import Writing

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def writing(tmp_path: Path) -> Writing:
    return Writing(tmp_path / "run")
