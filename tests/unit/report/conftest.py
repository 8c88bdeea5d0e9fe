"""The run that the tests of the report look at."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from hand_made_run import HandMade
from leti.runs import Run

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def hand_made(tmp_path: Path) -> HandMade:
    return HandMade(Run(tmp_path / "run"))


@pytest.fixture
def finished(hand_made: HandMade) -> Run:
    hand_made.finish()
    return hand_made.run
