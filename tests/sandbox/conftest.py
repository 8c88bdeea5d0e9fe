"""One lane per file of adversarial programs."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from programs import OneLane


@pytest.fixture(scope="module")
def lane() -> Iterator[OneLane]:
    one = OneLane()
    yield one
    one.close()
