"""One lane per file of adversarial programs."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from programs import Lane


@pytest.fixture(scope="module")
def lane() -> Iterator[Lane]:
    one = Lane()
    yield one
    one.sandbox.close()
