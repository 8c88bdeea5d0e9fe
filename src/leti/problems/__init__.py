"""Where problems come from. To add a set: a `load` that returns a `ProblemSet`, and its line in `load_problems`."""

from leti.errors import ConfigError
from leti.problems import evalplus, humaneval, jsonl, mbpp, pocket
from leti.problems.messages import as_messages
from leti.problems.problem_set import (
    TEST,
    TRAIN,
    VALIDATION,
    ProblemSet,
    digest,
    digest_of_references,
    digest_of_uses,
)

__all__ = [
    "NAMES",
    "TEST",
    "TRAIN",
    "VALIDATION",
    "ProblemSet",
    "digest",
    "digest_of_references",
    "digest_of_uses",
    "load_problems",
]

NAMES = ("pocket", "mbpp", "humaneval", "evalplus", "jsonl")


def load_problems(
    name: str, path: str | None = None, *, setup_code: bool = True, chat: bool = False, unchecked: bool = False
) -> ProblemSet:
    """A problem set by name.

    Args:
        name: one of `NAMES`.
        path: where its rows are: a file, a directory or a hub name. `mbpp` and `humaneval` default to the hub.
        setup_code: for `mbpp`: include `test_setup_code`.
        chat: put the problems as messages. The prompts of `jsonl` are taken for messages as they are.
        unchecked: rows of `jsonl` need no check, as something else decides.

    Raises:
        ConfigError: no such set, or `jsonl` or `evalplus` without a path.
        ProblemError: a row is wrong.
    """
    problems = _load(name, path, setup_code=setup_code, unchecked=unchecked)
    return as_messages(problems, verbatim=name == "jsonl") if chat else problems


def _load(name: str, path: str | None, *, setup_code: bool, unchecked: bool) -> ProblemSet:
    if name == "pocket":
        if path is not None:
            raise ConfigError(
                f"The problem set 'pocket' is built in and takes no path, such as {path!r}. Leave it out."
            )
        return pocket.load()
    if name == "mbpp":
        return mbpp.load(path or mbpp.HUB_NAME, setup_code=setup_code)
    if name == "humaneval":
        return humaneval.load(path or humaneval.HUB_NAME)
    if name in ("jsonl", "evalplus"):
        if path is None:
            raise ConfigError(f"Problem set {name!r} needs a file. Type --set problems.path=FILE, or {name}=FILE.")
        return jsonl.load(path, unchecked=unchecked) if name == "jsonl" else evalplus.load(path)
    raise ConfigError(f"No problem set {name!r}. There are: {', '.join(NAMES)}.")
