"""Folders that are whole or not there, and the step checkpoints made of them."""

from __future__ import annotations

import json
import os
import shutil
import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file

from leti.errors import TrainingError
from leti.training.optimizer import moments, set_moments, trained

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

PARAMETERS, MOMENTS, META = "parameters.safetensors", "moments.safetensors", "checkpoint.json"


def beside(folder: Path) -> Path:
    """An empty folder beside the one that is to be made: `publish` gives it its name."""
    partial = folder.with_name(folder.name + ".partial")
    if partial.exists():
        shutil.rmtree(partial)
    partial.mkdir(parents=True)
    return partial


def publish(partial: Path, folder: Path) -> None:
    """Gives a finished folder its name, after all in it is on the disk, and as readable as the folder."""
    mode = partial.stat().st_mode & 0o666
    for path in [*partial.rglob("*"), partial]:
        if path.is_file():
            path.chmod(mode)  # safetensors writes for the owner alone
        _sync(path)
    partial.rename(folder)
    _sync(folder.parent)


def write_tensors(tensors: Mapping[str, torch.Tensor], path: Path) -> None:
    """Writes named tensors; the same tensors are the same bytes."""
    try:
        save_file({name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}, path)
    except SafetensorError as error:
        raise unwritable(path, error) from error


def unwritable(path: Path, error: Exception) -> TrainingError:
    """What safetensors says of a full disk is no OSError."""
    return TrainingError(
        f"{path} cannot be written: {error}. Nothing is lost: make room and type the same command again."
    )


def read_tensors(path: Path) -> dict[str, torch.Tensor]:
    """The reverse of `write_tensors`; on the CPU."""
    return load_file(path)


@dataclass(frozen=True, slots=True)
class Checkpoints:
    """The step checkpoints of one fit: the newest is a folder named by its step."""

    folder: Path
    digest: str
    """Of everything that decides the fit: a checkpoint of another is not gone on from."""

    def save(self, step: int, *, model: Any, optimizer: torch.optim.AdamW) -> None:
        """Writes the state after a step, then removes the older ones."""
        older = self._steps()
        target = self.folder / f"{step:08}"
        partial = beside(target)
        write_tensors(trained(model), partial / PARAMETERS)
        write_tensors(moments(model, optimizer), partial / MOMENTS)
        (partial / META).write_text(json.dumps({"digest": self.digest, "step": step}) + "\n", encoding="utf-8")
        publish(partial, target)
        for path in older:
            _remove(path)

    def restore(self, model: Any, optimizer: torch.optim.AdamW) -> int:
        """Puts the newest state back, in place.

        Returns:
            The step it was written after; 0 if there is none for this fit.
        """
        if not self._steps():
            return 0
        newest = self._steps()[-1]
        meta = json.loads((newest / META).read_text(encoding="utf-8"))
        if meta["digest"] != self.digest:
            warnings.warn(
                f"The training checkpoint {newest} was made for other examples or settings. It is ignored and removed, "
                "and this iteration's training begins at its first step.",
                stacklevel=3,
            )
            self.remove()
            return 0
        stored = read_tensors(newest / PARAMETERS)
        with torch.no_grad():
            for name, parameter in trained(model).items():
                parameter.copy_(stored[name])
        set_moments(model, optimizer, tensors=read_tensors(newest / MOMENTS))
        return int(meta["step"])

    def remove(self) -> None:
        """Leaves nothing behind."""
        _remove(self.folder)

    def _steps(self) -> list[Path]:
        if not self.folder.is_dir():
            return []
        return sorted(path for path in self.folder.iterdir() if path.name.isdigit())


def _remove(folder: Path) -> None:
    """Renamed first: half a folder must not look like a whole one to whoever comes after a kill."""
    going = folder.with_name(f".{folder.name}.gone")
    shutil.rmtree(going, ignore_errors=True)
    if folder.exists():
        folder.rename(going)
        shutil.rmtree(going)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
