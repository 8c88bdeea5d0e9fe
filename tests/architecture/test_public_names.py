"""The public API is what `leti.__all__` says."""

from __future__ import annotations

import ast
import inspect
from pathlib import Path

import pytest

import leti


def test_the_public_names_are_few_and_in_order() -> None:
    assert len(leti.__all__) <= 30
    assert list(leti.__all__) == sorted(leti.__all__)
    assert dir(leti) == sorted(leti.__all__)


@pytest.mark.parametrize("name", leti.__all__)
def test_every_public_name_is_there_and_documented(name: str) -> None:
    found = getattr(leti, name)
    assert found.__name__ == name
    assert inspect.getdoc(found)


def test_the_type_checker_sees_the_same_names() -> None:
    tree = ast.parse(Path(leti.__file__ or "").read_text("utf-8"))
    seen = {
        alias.asname or alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("leti.")
        for alias in node.names
    }
    assert seen == set(leti.__all__)


def test_a_name_that_is_not_public_is_refused() -> None:
    with pytest.raises(AttributeError, match="'leti' has no attribute 'numpy'"):
        _ = leti.numpy
