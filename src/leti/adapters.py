"""What an adapter on disk rests on. Sampling and training share it; it imports neither torch nor peft."""

from __future__ import annotations

import json
from pathlib import Path

from leti.errors import ConfigError

FILE = "adapter_config.json"
"""What peft writes beside an adapter's weights; where it is, there is no whole model."""


def adapter_base(weights: str) -> str | None:
    """The model that the adapter in a directory of weights was trained on; None where there is no adapter.

    Raises:
        ConfigError: that model is not there any more.
    """
    file = Path(weights) / FILE
    if not file.is_file():
        return None
    base = json.loads(file.read_text("utf-8")).get("base_model_name_or_path")
    if not isinstance(base, str) or (Path(base).is_absolute() and not Path(base).is_dir()):
        raise ConfigError(
            f"The adapter in {weights!r} was trained on the model {base!r}, which is not there. Put it back, or write "
            f"where it is now as base_model_name_or_path in {file}."
        )
    return base


def lasting(model: str) -> str:
    """A model's name that holds wherever the run goes on from: the whole path of a directory, else as it is."""
    return str(Path(model).resolve()) if Path(model).is_dir() else model
