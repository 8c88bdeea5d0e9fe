"""Whether what a page has its reader type exists: commands, options, keys, files. Nothing is run."""

from __future__ import annotations

import re
import shlex
import tomllib
from pathlib import Path

import typer

from leti.cli import app
from leti.config import BUILT_IN, DEFAULTS, load_config

ROOT = Path(__file__).resolve().parents[2]
OTHERS = {"vllm", "transformers", "hf", "export", "tensorboard", "cat", "ls", "wc", "head", "xdg-open"}
"""Not ours to check."""


def check_command(line: str) -> None:
    """Raises if there is no such command, option, key or file.

    Raises:
        AssertionError: something of ours is named that is not there.
        LetiError: a value that the configuration refuses.
    """
    for part in re.split(r" && | \| ", line):
        words = shlex.split(part, comments=True)
        name = Path(words[0]).name
        if name == "leti":
            _parse(words[1:])
        elif name == "make":
            targets = (ROOT / "Makefile").read_text()
            assert all(f"\n{target}:" in targets for target in words[1:]), line
        elif name == "pip":
            extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
            named = re.findall(r"(?:leti|\.)\[([\w,]+)\]", part)
            assert {extra for group in named for extra in group.split(",")} <= extras.keys(), line
        elif name == "python":
            assert words[1].startswith("-") or (ROOT / words[1]).exists(), line
        elif name == "pytest":
            assert all((ROOT / word).exists() for word in words if word.startswith("tests/")), line
        else:
            assert name in OTHERS, f"{line}: nobody knows whether this works; name it in OTHERS"


def _parse(words: list[str]) -> None:
    """Through typer's own parser, which exits where a word is not known."""
    group = typer.main.get_command(app)
    if not words or words == ["--help"]:
        return
    context = group.make_context("leti", list(words), resilient_parsing=True)
    command = group.get_command(context, words[0])  # type: ignore[attr-defined]
    assert command, f"leti has no command {words[0]!r}"
    if words[1:] == ["--help"]:
        return
    given = command.make_context(words[0], list(words[1:])).params
    named = str(given.get("config", DEFAULTS))
    known = named in BUILT_IN or (ROOT / named).is_file()
    load_config(str(ROOT / named) if (ROOT / named).is_file() else named if known else DEFAULTS, given.get("set_", ()))
