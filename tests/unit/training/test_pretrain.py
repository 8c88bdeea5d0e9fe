"""Plain code as blocks."""

from __future__ import annotations

import json
from itertools import islice
from typing import TYPE_CHECKING, Any

import pytest

from leti.errors import ConfigError
from leti.training.place import PretrainSettings
from leti.training.pretrain import blocks, documents
from leti.vocabulary import plain
from tiny_models import tiny_tokenizer

if TYPE_CHECKING:
    from pathlib import Path

TOKENIZER = tiny_tokenizer()


def first(count: int, key: str = "key", size: int = 16, **settings: Any) -> list[tuple[int, ...]]:
    return [
        item.ids for item in islice(blocks(PretrainSettings(**settings), TOKENIZER, block_tokens=size, key=key), count)
    ]


def test_the_standard_library_is_code_and_needs_nothing() -> None:
    taken = first(5, size=64)
    assert all(len(ids) == 64 for ids in taken)
    assert taken == first(5, size=64)
    assert taken != first(5, key="iteration=2", size=64)
    assert first(5, size=64, fresh=False) == first(5, key="iteration=2", size=64, fresh=False)


@pytest.mark.parametrize("separate", [True, False])
def test_files_are_concatenated_cut_and_begun_again(tmp_path: Path, separate: bool) -> None:  # noqa: FBT001 - a parameter of the test
    texts = {"a.py": "x = 1\n" * 5, "b.py": "def f():\n    return 2\n"}
    for name, text in texts.items():
        (tmp_path / name).write_text(text)
    stream = [
        index
        for text in texts.values()
        for index in [*plain(TOKENIZER, text), *([TOKENIZER.eos_token_id] if separate else [])]
    ]
    whole = len(stream) // 7
    taken = first(2 * whole, size=7, source=str(tmp_path), separate=separate, fresh=False)
    assert taken[:whole] == [tuple(stream[7 * n : 7 * n + 7]) for n in range(whole)]
    assert taken[whole:] == taken[:whole]


def test_patterns_and_rows_are_sources(tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "a.py").write_text("a")
    (tmp_path / "b.txt").write_text("b")
    assert list(documents(str(tmp_path / "**" / "*.py"), None)) == ["a"]
    rows = tmp_path / "rows.jsonl"
    rows.write_text("".join(json.dumps({"text" if n % 2 else "content": str(n)}) + "\n" for n in range(9)))
    assert list(documents(str(rows), None)) == [str(n) for n in range(9)]
    shuffled = list(documents(str(rows), "key"))
    assert shuffled != sorted(shuffled)
    assert sorted(shuffled) == [str(n) for n in range(9)]


def test_a_source_that_is_not_there_says_what_to_type(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"--set pretrain\.source=hf:NAME"):
        list(documents(str(tmp_path / "nothing"), None))
    (tmp_path / "rows.jsonl").write_text('{"content": "x"}\n{"code": "x"}\n')
    with pytest.raises(ConfigError, match=r"line 2: no text field"):
        list(documents(str(tmp_path / "rows.jsonl"), None))
    (tmp_path / "one.py").write_text("x")
    with pytest.raises(ConfigError, match="less than one block"):
        first(1, source=str(tmp_path / "one.py"))


def test_of_a_folder_only_what_is_text_and_not_hidden_is_read(tmp_path: Path) -> None:
    for name in ("a.py", ".git/objects/ab", "__pycache__/a.pyc", ".env", "deep/b.js"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(name)
    (tmp_path / "logo.png").write_bytes(b"\x89PNG\0\xff")
    assert list(documents(str(tmp_path), None)) == ["a.py", "deep/b.js"]
