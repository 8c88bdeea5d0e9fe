"""No dead knob: every field of the configuration is read where objects are built."""

from __future__ import annotations

import ast
from collections import Counter
from pathlib import Path

import pytest
from pydantic import BaseModel

import leti
from leti.config import Config

ROOT = Path(next(iter(leti.__path__)))
SECTIONS = {
    name: field.annotation
    for name, field in Config.model_fields.items()
    if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel)
}
FIELDS = [(section, field) for section, model in SECTIONS.items() for field in model.model_fields] + [
    ("", name) for name in Config.model_fields if name not in SECTIONS
]


def section_of(node: ast.expr, aliases: dict[str, str]) -> str | None:
    """The section that an expression is: `config.training`, or a name that stands for one; "" is the whole."""
    if isinstance(node, ast.Name):
        return aliases.get(node.id)
    if isinstance(node, ast.Attribute) and node.attr in SECTIONS:
        return node.attr
    return None


def names_of_sections(function: ast.AST) -> dict[str, str]:
    by_type = {model.__name__: name for name, model in SECTIONS.items()} | {"Config": ""}
    found: dict[str, str] = {"config": ""}
    for node in ast.walk(function):
        if isinstance(node, ast.arg) and node.annotation:
            kind = ast.unparse(node.annotation).strip("\"'").rpartition(".")[2]
            if kind in by_type:
                found[node.arg] = by_type[kind]
        elif isinstance(node, ast.Assign | ast.AnnAssign | ast.NamedExpr) and node.value:
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            pairs = [(t, node.value) for t in targets]
            if isinstance(targets[0], ast.Tuple) and isinstance(node.value, ast.Tuple):
                pairs = list(zip(targets[0].elts, node.value.elts, strict=True))
            for target, value in pairs:
                section = section_of(value, {})
                if isinstance(target, ast.Name) and section:
                    found[target.id] = section
    return found


def reads() -> Counter[tuple[str, str]]:
    found: Counter[tuple[str, str]] = Counter()
    for path in [ROOT / "build.py", *sorted((ROOT / "cli").glob("*.py"))]:
        for function in ast.parse(path.read_text("utf-8")).body:
            aliases = names_of_sections(function)
            for node in ast.walk(function):
                if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load):
                    section = section_of(node.value, aliases)
                    if section is not None:
                        found[section, node.attr] += 1
    return found


READS = reads()


def test_there_are_at_most_60_fields() -> None:
    assert len(FIELDS) <= 60


@pytest.mark.parametrize(("section", "field"), FIELDS, ids=lambda part: part or "top")
def test_every_field_is_read(section: str, field: str) -> None:
    assert READS[section, field] >= 1, f"nothing reads {section}.{field}: is it a knob without an effect?"
