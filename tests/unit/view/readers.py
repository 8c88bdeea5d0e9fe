"""Who reads a run that is served."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from threading import Thread
from typing import TYPE_CHECKING

from leti.view import Index, serving

if TYPE_CHECKING:
    from collections.abc import Iterator

    from leti.runs import Run
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
