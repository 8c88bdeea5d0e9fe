"""LETI: fine-tune a code language model on its own programs and on what the interpreter says about them.

    from leti import Leti, Run

`Leti.learn(run)` is the algorithm; the nouns it works on are in `leti.types`, what it needs in `leti.loop`. What is
exported here is the public API; names from deeper modules may move.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from leti.config import Config, load_config
    from leti.errors import LetiError, SandboxError, UserError, WorkError
    from leti.kinds import Tests
    from leti.loop import Leti, Objective, Sampler, Trainer, Verifier
    from leti.runs import Run
    from leti.scores import paired_difference, pass_at_k
    from leti.types import (
        Attempt,
        Decoding,
        ErrorRecord,
        Example,
        Feedback,
        Outcome,
        Problem,
        SampleRequest,
        Scoring,
        Segment,
        Solution,
        Verdict,
    )

__all__ = [
    "Attempt",
    "Config",
    "Decoding",
    "ErrorRecord",
    "Example",
    "Feedback",
    "Leti",
    "LetiError",
    "Objective",
    "Outcome",
    "Problem",
    "Run",
    "SampleRequest",
    "Sampler",
    "SandboxError",
    "Scoring",
    "Segment",
    "Solution",
    "Tests",
    "Trainer",
    "UserError",
    "Verdict",
    "Verifier",
    "WorkError",
    "load_config",
    "paired_difference",
    "pass_at_k",
]

_HOMES = ("types", "kinds", "errors", "config", "loop", "runs", "scores")


def __getattr__(name: str) -> Any:
    """Imports a public name when it is first asked for, so that `leti --help` need not wait for numpy."""
    if name in __all__:
        for home in _HOMES:
            module = import_module(f"leti.{home}")
            if name in vars(module) and getattr(vars(module)[name], "__module__", "") == module.__name__:
                return vars(module)[name]
    raise AttributeError(f"module 'leti' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
