"""A server of OpenAI's API that fails as it is told to: on this machine, over HTTP, one scripted answer a request."""

from __future__ import annotations

import json
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

Body = dict[str, Any]


@dataclass(frozen=True)
class Answer:
    """What one request is answered with."""

    content: Any
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    seconds: float = 0.0
    """How long it takes; negative: the connection is dropped instead."""

    @property
    def encoded(self) -> bytes:
        return self.content if isinstance(self.content, bytes) else json.dumps(self.content).encode()


@dataclass
class Scripted:
    """What a server says, and what it was asked."""

    answer: Callable[[Body], Answer]
    models: Answer
    asked: list[Body] = field(default_factory=list)
    keys: list[str | None] = field(default_factory=list)
    most_at_once: int = 0
    under_way: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def take(self, body: Body, key: str | None) -> Answer:
        with self.lock:
            self.asked.append(body)
            self.keys.append(key)
            self.under_way += 1
            self.most_at_once = max(self.most_at_once, self.under_way)
        try:
            return self.answer(body)
        finally:
            with self.lock:
                self.under_way -= 1


def completion(text: str = "", *, reason: str = "stop", **more: Any) -> Body:
    """A completion as the API has it, with a server's own fields."""
    usage = {"prompt_tokens": more.pop("prompt_tokens")} if "prompt_tokens" in more else None
    model = more.pop("model", "m")
    return {"model": model, "usage": usage, "choices": [{"index": 0, "text": text, "finish_reason": reason, **more}]}


@contextmanager
def serving(script: Scripted) -> Iterator[str]:
    """The URL under which it is asked."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self._send(script.models if self.path == "/v1/models" else Answer({"detail": "Not Found"}, 404))

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["content-length"])))
            found = self.path == "/v1/completions"
            self._send(script.take(body, self.headers["authorization"]) if found else Answer("nothing here", 404))

        def _send(self, answer: Answer) -> None:
            if answer.seconds < 0:
                self.close_connection = True
                return
            time.sleep(answer.seconds)
            self.send_response(answer.status)
            for name, value in {"content-type": "application/json", **answer.headers}.items():
                self.send_header(name, value)
            self.send_header("content-length", str(len(answer.encoded)))
            self.end_headers()
            self.wfile.write(answer.encoded)

        def log_message(self, *_: Any) -> None:
            """Says nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/v1"
    finally:
        server.shutdown()
        server.server_close()
