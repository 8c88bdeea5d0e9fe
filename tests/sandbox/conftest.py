"""One lane per file of adversarial programs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from leti.verify.sandbox.builtin import BuiltIn, landlock, namespaces, process
from programs import OneLane

LEVELS: dict[str, Callable[[], BuiltIn]] = {"namespaces": namespaces, "landlock": landlock, "process": process}


@pytest.fixture(scope="module")
def lane() -> Iterator[OneLane]:
    one = OneLane()
    yield one
    one.close()


@pytest.fixture(scope="module")
def open_lane() -> Iterator[OneLane]:
    """A lane of the level `process`: a program sees this machine's files and processes."""
    one = OneLane(process())
    yield one
    one.close()


@pytest.fixture(params=LEVELS)
def level(request: pytest.FixtureRequest) -> BuiltIn:
    return LEVELS[request.param]()


def running(pid: int) -> bool:
    """Whether there is such a process, and it has not ended."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def below(pid: int) -> list[int]:
    """Return a process's descendants."""
    found: list[int] = []
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            children = list(map(int, task.read_text().split()))
        except OSError:
            continue
        found += children + [one for child in children for one in below(child)]
    return found
