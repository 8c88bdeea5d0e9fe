"""Plain code as blocks of tokens: what the continued pre-training regulariser learns."""

from __future__ import annotations

import glob
import json
import os
import random
import sysconfig
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from leti.errors import ConfigError, MissingBackend
from leti.training.tokens import Encoded
from leti.vocabulary import plain

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from leti.training.place import PretrainSettings

T = TypeVar("T")

LEFT_OUT = frozenset({"test", "tests", "idlelib", "site-packages", "dist-packages", "lib2to3", "__pycache__"})
"""Folders of the standard library that are no ordinary code, or not the library."""
FIELDS = ("content", "text")
"""Where a row holds its code: the first that is there."""


def blocks(settings: PretrainSettings, tokenizer: Any, *, block_tokens: int, key: str) -> Iterator[Encoded]:
    """Endless sequences of `block_tokens` tokens, each with weight 1; begins again when the source is exhausted.

    Files are tokenised one after the other (with an end-of-text token between them if `separate`), concatenated and
    cut; what remains at the very end is dropped. Only as many files are read as are needed.

    Args:
        settings: the source.
        tokenizer: the model's.
        block_tokens: size of a block.
        key: orders the files, if `fresh`.

    Raises:
        ConfigError: the source is not there or has less than one block of text.
        MissingBackend: a Hugging Face data set is asked for without `datasets`.
    """
    weights = (1.0,) * block_tokens
    for turn in count():
        waiting: list[int] = []
        made = False
        for text in documents(settings.source, f"{key} turn={turn}" if settings.fresh else None):
            waiting += plain(tokenizer, text)
            if settings.separate and tokenizer.eos_token_id is not None:
                waiting.append(tokenizer.eos_token_id)
            whole = len(waiting) - len(waiting) % block_tokens
            for start in range(0, whole, block_tokens):
                made = True
                yield Encoded(tuple(waiting[start : start + block_tokens]), weights)
            del waiting[:whole]
        if not made:
            raise ConfigError(
                f"The pre-training source {settings.source!r} has {len(waiting)} tokens, less than one block of "
                f"{block_tokens}. Type: --set pretrain.block_tokens=N with a smaller N, or name more text."
            )


def refuse_missing(source: str) -> None:
    """Looks for the source before the work that comes first, without reading it. A hub's data set is not looked for.

    Raises:
        ConfigError: it is not there.
    """
    if not source.startswith("hf:"):
        documents(source, None)


def files_of(source: str) -> list[Path]:
    """The files of a source, in order; none of a hub's data set.

    Raises:
        ConfigError: the source is not there.
    """
    if source.startswith("hf:"):
        return []
    return [Path(source)] if Path(source).is_file() else _paths(source)


def documents(source: str, key: str | None) -> Iterator[str]:
    """The texts of a source, in an order that `key` decides (None: as they stand).

    Raises:
        ConfigError: the source is not there.
        MissingBackend: a Hugging Face data set is asked for without `datasets`.
    """
    if source.startswith("hf:"):
        return _dataset(source.removeprefix("hf:"), key)
    if source.endswith(".jsonl") and Path(source).is_file():
        return _rows(Path(source), key)
    return _files(_paths(source), key)


def _paths(source: str) -> list[Path]:
    if source == "stdlib":
        return sorted(_library(Path(sysconfig.get_path("stdlib"))))
    if Path(source).is_dir():
        return sorted(_of_folder(Path(source)))
    paths = sorted(Path(name) for name in glob.glob(source, recursive=True) if Path(name).is_file())  # noqa: PTH207 - takes absolute patterns
    if not paths:
        raise ConfigError(
            f"The pre-training source {source!r} is neither `stdlib`, nor a folder, nor a file, nor a pattern that "
            "fits any. For a Hugging Face data set type: --set pretrain.source=hf:NAME; for none: "
            "--set pretrain.ratio=0"
        )
    return paths


def _library(root: Path) -> Iterator[Path]:
    for folder, folders, names in os.walk(root):
        folders[:] = [name for name in folders if name not in LEFT_OUT]  # site-packages may be very large
        yield from (Path(folder, name) for name in names if name.endswith(".py"))


def _of_folder(root: Path) -> Iterator[Path]:
    for folder, folders, names in os.walk(root):
        folders[:] = [name for name in folders if name not in LEFT_OUT and not name.startswith(".")]
        yield from (Path(folder, name) for name in names if not name.startswith(".") and Path(folder, name).is_file())


def _files(paths: list[Path], key: str | None) -> Iterator[str]:
    for path in _shuffled(paths, key):
        text = path.read_text(encoding="utf-8", errors="replace")
        if "\0" not in text:  # or it is no text
            yield text


def _rows(path: Path, key: str | None) -> Iterator[str]:
    with path.open("rb") as file:
        starts = [0]
        starts.extend(file.tell() for _ in iter(file.readline, b""))
        for number, start in _shuffled(list(enumerate(starts[:-1], start=1)), key):
            file.seek(start)
            line = file.readline()
            if line.strip():
                yield _content(line, f"{path}, line {number}")


def _content(line: bytes, where: str) -> str:
    try:
        row = json.loads(line)
    except ValueError as error:
        raise ConfigError(f"{where}: not JSON ({error}). Each line is an object with a field `content`.") from error
    return _field(row, where)


def _field(row: Any, where: str) -> str:
    for name in FIELDS:
        if isinstance(row, dict) and isinstance(row.get(name), str):
            return str(row[name])
    raise ConfigError(f"{where}: no text field named {' or '.join(FIELDS)}. Rename the field that holds the code.")


def _dataset(name: str, key: str | None) -> Iterator[str]:
    try:
        import datasets
    except ModuleNotFoundError as error:
        raise MissingBackend("datasets", "train") from error
    path, _, folder = name.partition(":")
    try:
        rows: Iterable[Any] = datasets.load_dataset(path, data_dir=folder or None, split="train", streaming=True)
    except (OSError, ValueError) as error:
        raise ConfigError(
            f"The data set {path!r} cannot be read: {error}. Check the name on huggingface.co/datasets, and for a "
            "gated one type: hf auth login"
        ) from error
    if key is not None:
        rows = rows.shuffle(seed=random.Random(key).getrandbits(32), buffer_size=10_000)  # type: ignore[attr-defined]  # noqa: S311 - reproducible, not secret
    for number, row in enumerate(rows):
        yield _field(row, f"{path}, row {number}")


def _shuffled(items: list[T], key: str | None) -> list[T]:
    if key is None:
        return items
    return random.Random(key).sample(items, len(items))  # noqa: S311 - reproducible, not secret
