"""A run's weights -> a plain Hugging Face folder that asks for good programs by itself.

`chat` and `conditioning` put the reward token into a tokenizer's files, `card` says what a run came to, `folder` writes
it all, `hub` uploads it. Importing this package imports no torch.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from leti.errors import ConfigError, MissingBackend, RunError

if TYPE_CHECKING:
    from leti.runs import Place, Run

__all__ = ["chosen", "export_run", "refuse_name", "refuse_taken"]


def export_run(run: Run, place: Place, *, folder: Path) -> None:
    """Makes the folder; it appears whole, at the end, or not at all.

    Raises:
        ConfigError: the folder holds something already, or the weights cannot be loaded.
        ExportError: the model's tokenizer cannot put the reward token before a prompt by itself.
        MissingBackend: torch or transformers is not installed.
    """
    refuse_taken(folder)
    try:
        from leti.export.folder import write_folder
    except ModuleNotFoundError as error:
        raise MissingBackend(str(error.name), "train") from error
    write_folder(run, place, folder=folder)


def chosen(run: Run, iteration: str | None) -> Place:
    """The iteration of this number, or the last one, of those that have weights.

    Raises:
        RunError: this is no run, or there are no such weights; the message lists those there are.
    """
    assert run.config, "a run has a configuration, or says that it is none"
    there = {place.name: place for place in run.iterations() if place.weights.is_dir()}
    if not there:
        raise RunError(f"{run.path} has no trained weights yet. The `leti learn` that began it makes them.")
    if iteration is None:
        return next(reversed(there.values()))
    name = iteration.zfill(3)
    if name not in there:
        raise RunError(f"{run.path} has no weights of an iteration {iteration!r}. It has: {', '.join(there)}.")
    return there[name]


def refuse_taken(folder: Path) -> None:
    """Asks before the work whether the folder may be made.

    Raises:
        ConfigError: there is something of that name other than an empty directory.
    """
    if folder.is_dir() and not any(folder.iterdir()):
        return
    if folder.exists():
        what = "is not empty" if folder.is_dir() else "is a file"
        raise ConfigError(f"{str(folder)!r} {what}, and nothing is written over. Type a directory that is not there.")


def refuse_name(name: str) -> None:
    """Asks before the work whether this can name a model of the Hugging Face Hub.

    Raises:
        ConfigError: it is not of the form OWNER/NAME.
    """
    owner, slash, model = name.partition("/")
    if not (owner and slash and model) or "/" in model or set(name) & set(" :@\\"):
        raise ConfigError(f"--push {name!r} names no model of the Hub. Type OWNER/NAME, such as --push me/my-model.")
