"""The page of Python names is what the docstrings say."""

import ast
import dataclasses
import inspect
import os
import re
from collections.abc import Iterator
from enum import Enum
from pathlib import Path
from typing import Any

import leti

PAGE = Path(__file__).parents[2] / "docs" / "api.md"
HEAD = """# Python names

<!-- made by `make regold` from the docstrings -->

What `from leti import ...` gives. Names of deeper modules may move.

"""


def said(thing: Any) -> str:
    """A docstring, its sections as lists."""
    text = inspect.cleandoc(inspect.getdoc(thing) or "")
    text = re.sub(r"^(Args|Returns|Raises|Yields):\n", r"\1:\n\n", text, flags=re.MULTILINE)
    text = re.sub(r"^    (\w+): ", r"- `\1`: ", text, flags=re.MULTILINE)
    return re.sub(r"^ {4,}(?=\S)", "  ", text, flags=re.MULTILINE)


def notes(kind: type) -> dict[str, str]:
    """The text below each field or member."""
    [body] = [node.body for node in ast.parse(inspect.getsource(kind)).body if isinstance(node, ast.ClassDef)]
    found = {}
    for node, after in zip(body, [*body[1:], None], strict=True):
        target = (
            node.target if isinstance(node, ast.AnnAssign) else node.targets[0] if isinstance(node, ast.Assign) else 0
        )
        if isinstance(target, ast.Name):
            text = after.value.value if isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant) else ""
            found[target.id] = " ".join(str(text).split())
    return found


def fields(kind: type) -> Iterator[str]:
    below = notes(kind)
    if issubclass(kind, Enum):
        yield from (f"- `{member.name}`: `{member.value}`" for member in kind)
    elif dataclasses.is_dataclass(kind):
        for field in dataclasses.fields(kind):
            default = "" if field.default is dataclasses.MISSING else f" = {field.default!r}"
            note = f": {below[field.name]}" if below.get(field.name) else ""
            yield f"- `{field.name}: {field.type}{default}`{note}"
    else:
        return
    yield ""


def methods(kind: type) -> Iterator[str]:
    for name, member in vars(kind).items():
        if name.startswith("_") or name == "model_config":
            continue
        if isinstance(member, property):
            yield f"**`{name}`** {said(member)}\n"
        elif inspect.isfunction(member):
            yield f"**`{name}{signature(member)}`**\n\n{said(member)}\n"


def signature(function: Any) -> str:
    """As it is called: without self, and without quotes around annotations."""
    text = str(inspect.signature(function)).replace("(self, ", "(").replace("(self)", "()")
    return re.sub(r"(: |-> )'([^']*)'", r"\1\2", text)


def page() -> Iterator[str]:
    for name in leti.__all__:
        thing = getattr(leti, name)
        if inspect.isclass(thing):
            yield f"## {name}\n\n{said(thing)}\n"
            yield from fields(thing)
            yield from methods(thing) if thing.__module__ != "leti.config" else ()
        else:
            yield f"## {name}\n\n`{name}{signature(thing)}`\n\n{said(thing)}\n"


def test_the_page_has_every_public_name() -> None:
    now = HEAD + re.sub(r"\n{3,}", "\n\n", "\n".join(page()))
    if os.environ.get("LETI_REGOLD"):
        PAGE.write_text(now)
    else:
        assert PAGE.read_text() == now
