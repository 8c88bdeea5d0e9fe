"""The limits of the house (docs/design, section 7), held by reading the source."""

from __future__ import annotations

import ast
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

import pytest

import leti

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(next(iter(leti.__path__)))
FILES = sorted(ROOT.rglob("*.py"))
NAMES = [str(path.relative_to(ROOT)) for path in FILES]
TREES = {name: ast.parse(path.read_text("utf-8")) for name, path in zip(NAMES, FILES, strict=True)}
Function = ast.FunctionDef | ast.AsyncFunctionDef

MAY_CATCH_ALL = "harness"
"""The code inside the sandbox: whatever a program raises is what it is there to see."""
MAY_BE_INHERITED = {"Section", "Programs"}
"""The sections of the configuration differ only in their fields; a run's place is where programs are, and more.
errors.py is a tree by intent."""


def lines(name: str) -> int:
    return len((ROOT / name).read_text("utf-8").splitlines())


def functions() -> Iterator[tuple[str, Function]]:
    for name, tree in TREES.items():
        for node in ast.walk(tree):
            if isinstance(node, Function):
                yield f"{name}:{node.lineno} {node.name}", node


def test_the_loop_can_be_read_in_one_go() -> None:
    assert lines("loop.py") <= 150


def test_no_file_is_longer_than_400_lines() -> None:
    assert [name for name in NAMES if lines(name) > 400] == []


def test_half_of_the_files_are_130_lines_or_shorter() -> None:
    assert median(map(lines, NAMES)) <= 130


def test_no_function_is_longer_than_60_lines() -> None:
    assert [where for where, node in functions() if (node.end_lineno or 0) - node.lineno + 1 > 60] == []


def parameters(node: Function) -> tuple[list[str], list[str]]:
    positional = [a.arg for a in (*node.args.posonlyargs, *node.args.args) if a.arg not in {"self", "cls"}]
    return positional, [a.arg for a in node.args.kwonlyargs]


def test_no_function_has_more_than_6_parameters() -> None:
    commands = {f"cli/{path.name}" for path in (ROOT / "cli").glob("*.py")}  # there a parameter is an option
    found = [
        where
        for where, node in functions()
        if sum(map(len, parameters(node))) > 6 and where.partition(":")[0] not in commands
    ]
    assert found == []


def test_public_functions_take_keywords_past_the_second_parameter() -> None:
    found = [
        f"{where}({', '.join(parameters(node)[0])})"
        for where, node in functions()
        if not node.name.startswith("_") and len(parameters(node)[0]) > 2 and not where.startswith("cli/")
    ]
    assert found == []


def test_no_class_inherits_from_a_class_of_ours() -> None:
    classes = [
        (name, node.name, [ast.unparse(base).rpartition(".")[2].partition("[")[0] for base in node.bases])
        for name, tree in TREES.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.ClassDef)
    ]
    names = {name for _, name, _ in classes}
    found = [
        f"{where} {child}({base})"
        for where, child, bases in classes
        for base in bases
        if base in names and where != "errors.py" and base not in MAY_BE_INHERITED
    ]
    assert found == []


def catches_everything(handler: ast.ExceptHandler) -> bool:
    if handler.type is None:
        return True
    caught = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    return any(ast.unparse(kind).rpartition(".")[2] in {"Exception", "BaseException"} for kind in caught)


def test_nothing_catches_every_exception() -> None:
    found = [
        f"{name}:{node.lineno}"
        for name, tree in TREES.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.ExceptHandler) and catches_everything(node) and MAY_CATCH_ALL not in name
    ]
    assert found == []


def test_no_file_is_called_by_a_name_that_says_nothing() -> None:
    empty = {"utils", "util", "helpers", "helper", "common", "misc", "tools", "base", "core", "shared"}
    assert [name for name in NAMES if empty & {*Path(name).with_suffix("").parts}] == []


@pytest.mark.parametrize("name", NAMES)
def test_every_file_says_what_it_is(name: str) -> None:
    assert ast.get_docstring(TREES[name])
