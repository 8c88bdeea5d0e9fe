"""Empties a directory that a program wrote in.

What is inside may be deeper than a path can be long or a function can recur, and may be closed to its owner. So every
directory found is moved up beside the others before it is emptied. Links are not followed.
"""

from __future__ import annotations

import os
from contextlib import suppress

_HERE = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


def clear(directory: str) -> None:
    """Remove all that is in a directory.

    Raises:
        OSError: something in it cannot be removed, or it is no directory.
    """
    top = os.open(directory, _HERE)
    try:
        names = set(os.listdir(top))  # noqa: PTH208 - pathlib is not loaded
        waiting = [name for name in names if not _unlinked(name, top)]
        number = 0
        while waiting:
            name = waiting.pop()
            inner = _opened(name, top)
            try:
                for entry in os.listdir(inner):  # noqa: PTH208
                    if _unlinked(entry, inner):
                        continue
                    while str(number) in names:
                        number += 1
                    names.add(str(number))
                    _open_up(entry, inner)  # whoever moves a directory has to have the right to write in it
                    os.rename(entry, str(number), src_dir_fd=inner, dst_dir_fd=top)
                    waiting.append(str(number))
            finally:
                os.close(inner)
            os.rmdir(name, dir_fd=top)
    finally:
        os.close(top)


def _unlinked(name: str, place: int) -> bool:
    """Remove what is no directory; return whether it was none."""
    try:
        os.unlink(name, dir_fd=place)
    except IsADirectoryError:
        return False
    return True


def _opened(name: str, place: int) -> int:
    _open_up(name, place)
    return os.open(name, _HERE, dir_fd=place)


def _open_up(name: str, place: int) -> None:
    with suppress(PermissionError):  # where that is refused, it was refused to the program as well
        os.chmod(name, 0o700, dir_fd=place)
