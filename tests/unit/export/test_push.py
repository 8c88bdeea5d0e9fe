"""Uploading: what is asked of the Hub, and what is said when it does not answer."""

from __future__ import annotations

import os
import subprocess
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import TYPE_CHECKING

import pytest

from leti.errors import ConfigError
from leti.export import refuse_name

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PUSH = """
import sys
from pathlib import Path
from leti.errors import ExportError
from leti.export.hub import push
try:
    push(Path(sys.argv[1]), "me/my-model")
except ExportError as error:
    print(error)
"""
asked: list[tuple[str, bytes]] = []


class Refusing(BaseHTTPRequestHandler):
    """A Hub that lets nobody in."""

    def do_POST(self) -> None:
        asked.append((self.path, self.rfile.read(int(self.headers["Content-Length"]))))
        self.send_response(401)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Says nothing."""


@pytest.fixture
def hub() -> Iterator[str]:
    asked.clear()
    server = HTTPServer(("127.0.0.1", 0), Refusing)
    thread = Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def said_by_push(folder: Path, **environment: str) -> str:
    """In a process of its own: the client reads its surroundings when it is imported."""
    without = {name: value for name, value in os.environ.items() if not name.startswith(("HF_", "HUGGING"))}
    ended = subprocess.run(
        [sys.executable, "-c", PUSH, str(folder)],
        env=without | {"HF_HOME": str(folder.parent / "hf")} | environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    return ended.stdout


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "README.md").write_text("# x\n")
    return tmp_path / "out"


def test_a_hub_that_refuses_is_told_with_the_command_that_goes_on(folder: Path, hub: str) -> None:
    said = said_by_push(folder, HF_ENDPOINT=hub)
    assert f"{folder} is whole, but was not uploaded to me/my-model" in said
    assert "401" in said
    assert f"hf upload me/my-model {folder} --private" in said
    ((path, body),) = asked
    assert path == "/api/repos/create"
    assert b'"private"' in body
    assert (folder / "README.md").is_file()


def test_no_network_is_told_the_same_way(folder: Path) -> None:
    assert "hf auth login" in said_by_push(folder, HF_ENDPOINT="http://127.0.0.1:9")


def test_offline_is_told_the_same_way(folder: Path) -> None:
    assert "hf auth login" in said_by_push(folder, HF_HUB_OFFLINE="1")


@pytest.mark.parametrize("name", ["model", "me/", "/model", "me/a/b", "me/a b", "https://huggingface.co/me/model", ""])
def test_a_name_that_is_none_is_refused_before_the_work(name: str) -> None:
    with pytest.raises(ConfigError, match="Type OWNER/NAME"):
        refuse_name(name)


def test_a_name_is_taken() -> None:
    refuse_name("me/my-model_1.5B")
