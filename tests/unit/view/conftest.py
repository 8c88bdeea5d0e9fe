"""The run that is viewed, and who reads it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from readers import Client, open_to_readers

from hand_made_run import HandMade
from leti.runs import Run

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def hand_made(tmp_path: Path) -> HandMade:
    return HandMade(Run(tmp_path / "run"))


@pytest.fixture
def finished(hand_made: HandMade) -> Run:
    hand_made.finish()
    return hand_made.run


@pytest.fixture
def begun(hand_made: HandMade) -> Iterator[Client]:
    """Of a run that has only begun."""
    hand_made.begin(["hand/a"])
    with open_to_readers(hand_made.run) as client:
        yield client


@pytest.fixture
def client(finished: Run) -> Iterator[Client]:
    """Of a run that is done."""
    with open_to_readers(finished) as client:
        yield client
