"""The run that is viewed, and who reads it."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from threading import Thread
from typing import TYPE_CHECKING

import pytest

from hand_made_run import HandMade
from leti.runs import Run
from leti.view import Index, serving

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from leti.view.server import Server


@dataclass(frozen=True)
class Answer:
    """What a reader was told."""

    status: int
    headers: dict[str, str]
    text: str


@dataclass(frozen=True)
class Client:
    """A reader without a browser."""

    server: Server

    def ask(self, address: str, method: str = "GET", **headers: str) -> Answer:
        connection = HTTPConnection(*self.server.server_address, timeout=60)
        connection.request(method, address, headers=headers)
        found = connection.getresponse()
        answer = Answer(found.status, dict(found.getheaders()), found.read().decode("utf-8"))
        connection.close()
        return answer


@contextmanager
def open_to_readers(run: Run) -> Iterator[Client]:
    with serving(run, Index(run), port=0) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield Client(server)
        finally:
            server.shutdown()
            thread.join()


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
