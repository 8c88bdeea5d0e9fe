"""The reference's options are those that the commands have."""

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import typer

from leti.cli import app

REFERENCE = Path(__file__).parents[2] / "docs" / "reference.md"
COMMANDS: dict[str, Any] = typer.main.get_command(app).commands  # type: ignore[attr-defined]
PLACE = re.compile(r"(<!-- leti (\w+): made by `make regold` -->\n)(.*?)(\n\n<!-- end -->\n)", re.DOTALL)


def words(parameter: Any) -> str:
    """As it is typed."""
    if parameter.param_type_name == "argument":
        return str(parameter.metavar or parameter.name.upper())
    if isinstance(parameter.default, bool):
        return str(parameter.opts[0])
    return f"{parameter.opts[0]} {parameter.metavar or parameter.name.upper()}"


def note(parameter: Any) -> str:
    """Whether it has to be there, and what it is if it is not."""
    if parameter.required:
        return "required"
    if parameter.default is None or parameter.default is False:
        return ""
    if isinstance(parameter.default, list | tuple):
        return "any number of times"
    return f"`{parameter.default}`"


def table(name: str) -> Iterator[str]:
    yield f"\n{COMMANDS[name].help}\n\n| | | default |\n|---|---|---|"
    for parameter in COMMANDS[name].params:
        if parameter.name != "help":
            yield f"| `{words(parameter)}` | {parameter.help} | {note(parameter)} |"


def test_the_reference_lists_every_option() -> None:
    text = REFERENCE.read_text()
    now = PLACE.sub(lambda place: place[1] + "\n".join(table(place[2])) + place[4], text)
    assert [place[2] for place in PLACE.finditer(text)] == list(COMMANDS)
    if os.environ.get("LETI_REGOLD"):
        REFERENCE.write_text(now)
    else:
        assert text == now
