"""What can go wrong.

    LetiError
    +-- UserError (ValueError)      the words were off: exit code 2
    |   +-- ConfigError             a configuration key, value or file
    |   +-- ProblemError            a row of a problem set
    |   +-- RunError                a run directory that does not fit
    |   +-- IsolationError          the isolation asked for is not to be had on this machine
    |   +-- MissingBackend          an optional package is not installed
    +-- WorkError                   the work failed: exit code 1
        +-- SandboxError            our sandbox broke (never a program's fault)
        +-- TrainingError           the loss is not a number, and the like
        +-- SamplingError           a model that cannot be sampled
        +-- ExportError             a model that cannot be exported or uploaded
        +-- ViewError               a run that cannot be viewed

A message says what happened, the value seen and what to type. A program's fault is data (a `Verdict`), never an error.
"""


class LetiError(Exception):
    """The root of the tree."""


class UserError(LetiError, ValueError):
    """The words were off."""


class ConfigError(UserError):
    """A configuration key, value or file is wrong."""


class ProblemError(UserError):
    """A row of a problem set is wrong."""


class RunError(UserError):
    """A run directory does not fit what was asked."""


class IsolationError(UserError):
    """The isolation that was asked for is not to be had on this machine."""


class MissingBackend(UserError):  # noqa: N818 - it is read as a sentence: "missing backend: vllm"
    """An optional package is not installed."""

    def __init__(self, package: str, extra: str) -> None:
        self.extra = extra
        super().__init__(
            f"This needs the package {package!r}, which is not installed. Type: pip install 'leti[{extra}]'"
        )


class WorkError(LetiError):
    """The work failed."""


class SandboxError(WorkError):
    """Our sandbox broke."""


class TrainingError(WorkError):
    """Training cannot go on."""


class SamplingError(WorkError):
    """A model cannot be sampled."""


class ExportError(WorkError):
    """A model cannot be exported or uploaded."""


class ViewError(WorkError):
    """A run cannot be viewed."""
