"""What weights are called, and what tells apart two that are called the same."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path


def identity(weights: str) -> tuple[object, ...]:
    """Differs if the name differs or, for a directory, any file in it was written anew."""
    files = sorted(Path(weights).iterdir()) if Path(weights).is_dir() else []
    return (weights, *((file.name, file.stat().st_mtime_ns, file.stat().st_size) for file in files))


def full_name(weights: str) -> str:
    """A directory's full path, for a server stands in another one; a model's name as it is."""
    return str(Path(weights).resolve()) if Path(weights).is_dir() else weights


def names_of(weights: str) -> set[str | None]:
    """What a server may call these weights: as they were typed, or the directory's full path."""
    return {weights, weights.rstrip("/"), full_name(weights)}


def versioned(weights: str) -> str:
    """A directory's full path and, as its revision, 12 digits that change when it is written anew."""
    if not Path(weights).is_dir():
        return weights
    return f"{full_name(weights)}@{sha256(repr(identity(weights)).encode()).hexdigest()[:12]}"
