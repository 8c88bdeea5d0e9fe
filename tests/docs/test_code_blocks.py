"""Every code block of the documentation is run; where that cannot be, its words are checked."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
import tomllib
from collections import Counter
from pathlib import Path

import pytest
from pages import DOCS, PAGES, ROOT, Block, blocks
from words import check_command

from leti.config import Config

NOT_RUN = {
    "CONTRIBUTING.md": 1,
    "README.md": 2,
    "docs/adapters.md": 1,
    "docs/attempts.md": 1,
    "docs/chat.md": 1,
    "docs/checks.md": 4,
    "docs/compare.md": 2,
    "docs/export.md": 3,
    "docs/own-model.md": 2,
    "docs/own-problems.md": 1,
    "docs/resume.md": 1,
    "docs/sampling.md": 3,
    "docs/tutorial.md": 2,
    "docs/verification.md": 2,
}
"""How many blocks of a page are only checked: they need a GPU, the network or hours."""
HOURS = {DOCS / "results.md", DOCS / "performance.md"}
"""Pages of measurements, whose commands are only checked."""
SLOW = {DOCS / "tutorial.md"}
"""Pages that take minutes; the others are in the default run."""
PATIENCE = 900


def names(page: Path) -> str:
    return str(page.relative_to(ROOT))


def read(block: Block) -> None:
    """What can be said of a block without running it."""
    for command, _ in block.commands():
        check_command(command)
    if block.language == "toml":
        Config.model_validate(tomllib.loads(block.text))
    elif block.language == "python":
        compile(block.text, str(block), "exec")
    elif block.language in {"json", "json lines"}:
        for line in block.text.splitlines():
            json.loads(line)


@pytest.mark.parametrize("page", PAGES, ids=names)
def test_the_words_of_every_block_exist(page: Path) -> None:
    for block in blocks(page):
        try:
            read(block)
        except Exception as error:
            error.add_note(f"in {block}")
            raise


def test_blocks_that_are_not_run_are_counted() -> None:
    found = Counter(
        names(page)
        for page in PAGES
        if page not in HOURS
        for block in blocks(page)
        if not block.runs and block.language != "text"
    )
    assert found == NOT_RUN


@pytest.mark.timeout(2 * PATIENCE)
@pytest.mark.parametrize(
    "page",
    [
        pytest.param(page, marks=pytest.mark.slow if page in SLOW else ())
        for page in PAGES
        if any(block.runs for block in blocks(page))
    ],
    ids=names,
)
def test_a_page_does_what_it_says(page: Path, tmp_path: Path) -> None:
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    for block in filter(lambda block: block.runs, blocks(page)):
        if block.mark == "file":
            (tmp_path / block.value).write_text(block.text)
        elif block.language == "python":
            run(f"{sys.executable} -", block, tmp_path, text=block.text)
        else:
            for command, shown in block.commands():
                said = run(command, block, tmp_path)
                assert_shown(shown, said, f"{block}: {command}\n{said}")


def run(command: str, block: Block, folder: Path, *, text: str = "") -> str:
    """Runs a command as a reader's shell would, to its end or until it is stopped; returns what it said."""
    here = folder / "bin"
    here.mkdir(exist_ok=True)
    (here / "leti").write_text(f'#!/bin/sh\nexec {sys.executable} -m leti "$@"\n')
    (here / "leti").chmod(0o755)
    env = os.environ | {"PATH": f"{here}:{os.environ['PATH']}", "HF_HUB_OFFLINE": "1"}
    with subprocess.Popen(
        ["bash", "-c", f"exec {command}" if block.mark == "stopped at" else command],
        cwd=folder,
        env=env,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        end = time.monotonic() + PATIENCE
        while block.mark == "stopped at" and not list(folder.glob(block.value)):
            assert process.poll() is None, f"{block}: it ended before {block.value} was there"
            assert time.monotonic() < end
            time.sleep(0.01)
        if block.mark == "stopped at":
            process.send_signal(signal.SIGINT)
        said, _ = process.communicate(text, timeout=PATIENCE)
    assert process.returncode == (130 if block.mark == "stopped at" else 0), f"{block}: {command}\n{said}"
    return said


def assert_shown(shown: list[str], said: str, where: str) -> None:
    """The lines of a page stand in what a command says, in their order; numbers are each machine's own."""
    lines = iter(map(without_numbers, said.splitlines()))
    for line in shown:
        assert line == "..." or without_numbers(line) in lines, f"{line!r} is not in its place in\n{where}"


def without_numbers(line: str) -> str:
    """What is left of a line on another machine: no numbers, durations in seconds, columns of no width."""
    text = re.sub(r"[+-]?\d+(\.\d+)?", "#", line.rstrip())
    text = re.sub(r"(# h )?# min( # s)?", "# s", text)
    return re.sub(r"([ ─])\1+", r"\1", text)
