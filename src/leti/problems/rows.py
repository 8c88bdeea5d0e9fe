"""Rows of a problem set: from a file on disk, or from the Hugging Face hub by name."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from leti.errors import MissingBackend, ProblemError
from leti.rows import json_objects


def rows(path: str, *, file: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """(where it stands, row) of each row.

    Args:
        path: a JSONL file (plain or .gz), a directory that holds `file`, or the name of a data set on the hub.
        file: the file's usual name, looked for when `path` is a directory.

    Raises:
        ProblemError: nothing is there, or a line is no JSON object.
    """
    place = Path(path)
    if place.is_dir():
        if not file or not (place / file).is_file():
            raise ProblemError(
                f"{path!r} is a directory without {file or 'a known file'}. Type the path of a JSONL file."
            )
        place = place / file
    if place.is_file():
        return json_objects(place)
    if _names_a_hub_data_set(path):
        return _hub_rows(path)
    raise ProblemError(
        f"No problems at {path!r}: there is no such file. "
        "Type the path of a JSONL file, or a Hugging Face data set name such as google-research-datasets/mbpp."
    )


def _names_a_hub_data_set(path: str) -> bool:
    owner, slash, name = path.partition("/")
    return bool(slash and owner and name) and "/" not in name and not name.endswith((".jsonl", ".gz", ".json"))


def _hub_rows(name: str) -> Iterator[tuple[str, dict[str, Any]]]:
    try:
        import datasets
    except ImportError:
        raise MissingBackend("datasets", "train") from None
    try:
        splits = datasets.load_dataset(name)
    except (OSError, ValueError, RuntimeError) as error:  # no network, no such data set, a set that needs a script
        raise ProblemError(
            f"The data set {name!r} could not be loaded ({type(error).__name__}: {str(error)[:200]}). "
            "Type a path to a JSONL file instead, or go online."
        ) from error
    for split, table in splits.items():
        for number, row in enumerate(table):
            yield f"{name}, split {split}, row {number}", {"split": split, **row}
