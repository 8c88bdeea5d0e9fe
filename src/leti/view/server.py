"""The pages over http, on this machine only.

A reader's browser also shows other people's pages. So that none of those can read a run: nobody but this machine is
answered, nobody who came by another name than this machine's, and nothing but reading is understood.
"""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from socketserver import ThreadingTCPServer
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from leti.errors import ConfigError, LetiError
from leti.view.asked import read
from leti.view.pages import Pages

if TYPE_CHECKING:
    from leti.runs import Run
    from leti.view.asked import Asked
    from leti.view.index import Index

HERE = "127.0.0.1"
SECONDS = 30
"""A reader who says nothing for so long is left."""


class Server(ThreadingTCPServer):
    """One thread for each reader, and none of them outlives the command."""

    allow_reuse_address = True
    daemon_threads = True

    def __init__(self, pages: Pages, port: int) -> None:
        self.pages = pages
        super().__init__((HERE, port), Reader)

    @property
    def address(self) -> str:
        """What to type into a browser."""
        return f"http://{HERE}:{self.server_address[1]}/"

    @property
    def names(self) -> set[str]:
        """What readers may call us."""
        port = int(self.server_address[1])
        return {f"{name}{end}" for name in (HERE, "localhost") for end in (f":{port}", *([""] if port == 80 else []))}


class Reader(BaseHTTPRequestHandler):
    """One request."""

    server: Server
    timeout = SECONDS
    server_version = "leti"
    sys_version = ""

    def do_GET(self) -> None:
        """A page."""
        if self.headers.get_all("Host", []) not in [[name] for name in self.server.names]:
            self.send_error(HTTPStatus.MISDIRECTED_REQUEST, f"This is {self.server.address}")
            return
        try:
            address = urlsplit(self.path)
            asked = read(address.query)
        except ValueError:
            self.send_error(HTTPStatus.BAD_REQUEST, "This is no address of ours.")
            return
        self._answer(address.path, asked)

    do_HEAD = do_GET  # noqa: N815 - the same, and no body is sent

    def _answer(self, path: str, asked: Asked) -> None:
        try:
            if path == "/":
                self._send(HTTPStatus.OK, self.server.pages.report())
            elif path == "/attempts":
                self._send(HTTPStatus.OK, self.server.pages.attempts(asked))
            else:
                self._trouble(HTTPStatus.NOT_FOUND, "There is no such page", "There are / and /attempts.")
        except LetiError as error:
            self._trouble(HTTPStatus.INTERNAL_SERVER_ERROR, "This run cannot be shown", str(error))
        except OSError as error:
            words = f"{error.strerror or error} ({error.filename})"
            self._trouble(HTTPStatus.INTERNAL_SERVER_ERROR, "This run cannot be read", words)

    def send_error(self, code: int, *words: str | None, **_: str | None) -> None:
        """What is wrong with the request itself, as plain text."""
        self._send(HTTPStatus(code), next(filter(None, words), HTTPStatus(code).phrase), kind="text/plain")

    def log_message(self, *_: object) -> None:
        """Readers are not told of."""

    def _trouble(self, status: HTTPStatus, title: str, words: str) -> None:
        self._send(status, self.server.pages.trouble(title, words))

    def _send(self, status: HTTPStatus, text: str, *, kind: str = "text/html") -> None:
        body = text.encode("utf-8", "backslashreplace")
        headers = {
            "Content-Type": f"{kind}; charset=utf-8",
            "Content-Length": str(len(body)),
            "Content-Security-Policy": f"{self.server.pages.policy}; frame-ancestors 'none'",
            "X-Content-Type-Options": "nosniff",
            "X-Frame-Options": "DENY",
            "Referrer-Policy": "no-referrer",
            "Cross-Origin-Opener-Policy": "same-origin",
            "Cross-Origin-Resource-Policy": "same-origin",
            "Cache-Control": "no-store",
        }
        try:
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body)
        except ConnectionError:  # the reader is gone
            self.close_connection = True


@contextmanager
def serving(run: Run, index: Index, *, port: int) -> Iterator[Server]:
    """A server that is ready to serve a run.

    Args:
        run: the run; it may be going on.
        index: of its attempts.
        port: to be reached at; 0 is one that is free.

    Raises:
        ConfigError: the port is not to be had.
    """
    try:
        server = Server(Pages(run, index), port)
    except OSError as error:
        why = "taken" if error.errno == errno.EADDRINUSE else f"not to be had: {error.strerror}"
        raise ConfigError(f"Port {port} is {why}. Type another, or leave --port out: a free one is found.") from None
    with server:
        yield server
