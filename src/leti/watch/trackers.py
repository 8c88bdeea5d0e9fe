"""A run in experiment trackers: TensorBoard, Weights & Biases, trackio, MLflow and what else accelerate knows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from leti.errors import ConfigError, MissingBackend
from leti.watch.news import News, Scored, Stepped

try:
    from accelerate import Accelerator
    from accelerate.tracking import LOGGER_TYPE_TO_CLASS, get_available_trackers
except ImportError as error:
    raise MissingBackend("accelerate", "train") from error


def refuse_missing(name: str) -> None:
    """Says at once what cannot be.

    Raises:
        ConfigError: there is no such tracker, or its package is not installed.
    """
    if name not in LOGGER_TYPE_TO_CLASS:
        raise ConfigError(f"tracker is {name!r}; it can be {', '.join(sorted(LOGGER_TYPE_TO_CLASS))}.")
    if name not in [str(each) for each in get_available_trackers()]:
        raise ConfigError(f"tracker is {name!r}, and its package is not installed. Type: pip install {name}")


class Tracker:
    """Logs every optimiser step and all scores, over the run's optimiser steps.

    Args:
        name: of a tracker, as accelerate has it.
        folder: of the run; what a tracker keeps locally goes into `tracker` in it.
        config: resolved, to stand beside the curves.

    Raises:
        ConfigError: there is no such tracker, or its package is not installed.
    """

    pause = 2.0

    def __init__(self, name: str, *, folder: Path, config: Mapping[str, Any]) -> None:
        refuse_missing(name)
        self._accelerator = Accelerator(log_with=name, project_dir=str(folder / "tracker"))
        self._accelerator.init_trackers("leti", config=_dotted(config), init_kwargs=_named(name, folder))

    def hear(self, news: Sequence[News]) -> None:
        """As the protocol says."""
        for item in news:
            if isinstance(item, Stepped):
                step = item.step
                values = {f"loss/{step.kind}": step.loss, "learning_rate": step.learning_rate}
                self._accelerator.log(values | {"gradient_norm": step.gradient_norm}, step=item.before + step.step)
            elif isinstance(item, Scored):
                self._accelerator.log(_flat(item.scores), step=item.steps)

    def close(self) -> None:
        """As the protocol says."""
        self._accelerator.end_training()


def _named(name: str, folder: Path) -> dict[str, dict[str, Any]]:
    """The run's name, where a tracker takes one."""
    keys = {"wandb": "name", "mlflow": "run_name", "trackio": "name"}
    return {name: {keys[name]: folder.name}} if name in keys else {}


def _dotted(config: Mapping[str, Any]) -> dict[str, Any]:
    """One level, of what every tracker takes: numbers and text."""
    sections = {name: value if isinstance(value, Mapping) else {"": value} for name, value in config.items()}
    return {
        f"{section}.{key}".rstrip("."): value if isinstance(value, bool | int | float | str) else str(value)
        for section, keys in sections.items()
        for key, value in keys.items()
    }


def _flat(scores: Mapping[str, Any]) -> dict[str, float]:
    return {
        f"score/{split}/{metric}": value["value"]
        for split, of_split in scores.items()
        for metric, value in of_split.items()
        if metric.startswith("pass@")
    }
