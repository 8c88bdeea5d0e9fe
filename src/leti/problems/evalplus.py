"""HumanEval+ and MBPP+ (EvalPlus, Liu et al. 2023): many more inputs for known problems, to score on.

Files are those of the data's releases, `HumanEvalPlus*.jsonl.gz` and `MbppPlus*.jsonl.gz`; which of the two a row is of
says its `task_id`. What a call has to return is what the row's own solution returns. Tasks with more than one right
answer have rules of their own here, the same as EvalPlus's (release 0.3.1).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from leti.check_rows import TOLERANCE, source
from leti.errors import ProblemError
from leti.kinds import Calls
from leti.problems.problem_set import TEST, ProblemSet
from leti.rows import json_objects
from leti.types import Problem

INPUTS = ("base_input", "plus_input")
"""Fields of a row: the inputs of the original tests, and those that EvalPlus adds."""
SETS = {"HumanEval": "humanevalplus", "Mbpp": "mbppplus"}

UNORDERED = frozenset({2, 7, 111, 140, 232, 249, 579, 769})
"""MBPP+ tasks that ask for members, in whatever order."""
_FOUND = """\
def is_found(got, expected, *_):
    return got == (expected is not None) if isinstance(got, bool) else (got is None) == (expected is None)
"""
ACCEPTED = {
    # a root, not the one that the reference happens to find
    "HumanEval/32": "lambda got, _, xs: abs(sum(x * got**i for i, x in enumerate(xs))) <= 1e-4",
    "Mbpp/164": "lambda *_: True",  # nobody knows what is asked
    "Mbpp/295": "lambda got, *_: got == 0",
    "Mbpp/558": """\
def by_place(got, _, a, b):
    width = max(len(str(a)), len(str(b)))
    return got == sum(abs(int(x) - int(y)) for x, y in zip(str(a).zfill(width), str(b).zfill(width)))
""",
    # the height is the pyramid's, not the slant
    "Mbpp/581": "lambda got, _, b, h: got == round(b * b + 2 * b * ((b / 2) ** 2 + h * h) ** 0.5)",
    **dict.fromkeys(("Mbpp/737", "Mbpp/787", "Mbpp/794"), _FOUND),
}
"""What is right besides what the reference returns: see `Calls.accept`."""


def _is_left_out(task: str, values: Sequence[Any]) -> bool:
    """Whether an input is not used: five of Mbpp/255, whose results are up to 1.7 million rows of 77 texts."""
    return task == "Mbpp/255" and values[1] > 70


def _members(value: Iterable[Any]) -> list[Any]:
    return [tuple(member) for member in value]


def _whole(value: Iterable[Any]) -> tuple[Any, ...]:
    return tuple(tuple(member) for member in value)


def _lists(value: Iterable[Any]) -> tuple[Any, ...]:
    return tuple(tuple(member) if isinstance(member, list) else member for member in value)


def _deep(value: Any) -> Any:
    return tuple(map(_deep, value)) if isinstance(value, list) else value


def _sets(value: Iterable[Any]) -> list[Any]:
    return [set(member) if isinstance(member, list) and member else {} for member in value]


def _values(value: Mapping[Any, Any]) -> dict[Any, Any]:
    return {key: tuple(item) for key, item in value.items()}


def _same(value: Any) -> Any:
    return value


_SHAPES: dict[tuple[Callable[[Any], Any], ...], str] = {
    (tuple,): "2 116 132 143 222 261 273 394 399 421 424 429 470 560 579 596 616 630 726 740 744 809",
    (tuple, _same): "250 307 405 446 617 720 763 808",
    (_same, tuple): "106 750",
    (_members,): "63 64 70 94 120 237 272 299 400 409 417 438 473 614 780",
    (_members, _same): "75 413 444 753",
    (_whole,): "259 401 445",
    (_lists,): "278",
    (_deep,): "580 615 791",
    (_sets,): "115",
    (_values, _same): "722",
    (float, complex): "124",
    (complex,): "252",
}
"""MBPP+ tasks by how their arguments, which JSON has made lists and texts of, are made again: the last of a row is for
all further ones."""
SHAPES = {int(task): shape for shape, tasks in _SHAPES.items() for task in tasks.split()}


def load(path: str, *, inputs: Sequence[str] = INPUTS) -> ProblemSet:
    """One split, `test`.

    Args:
        path: a file of HumanEval+ or MBPP+, plain or .gz.
        inputs: fields of `INPUTS` that are used.

    Raises:
        ProblemError: a row is of neither set.
    """
    problems = []
    for where, row in json_objects(Path(path), infinite=True):
        try:
            problems.append(_problem(row, inputs))
        except (KeyError, AttributeError, TypeError, ValueError) as error:
            raise ProblemError(
                f"{where}: not a row of HumanEval+ or MBPP+ ({type(error).__name__}: {error})."
            ) from None
    if not problems:
        raise ProblemError(f"{path}: no problems. Type the path of HumanEvalPlus*.jsonl.gz or MbppPlus*.jsonl.gz.")
    return ProblemSet("evalplus", {TEST: tuple(problems)})


def _problem(row: dict[str, Any], inputs: Sequence[str]) -> Problem:
    task = row["task_id"]
    family, _, number = task.partition("/")
    shape = SHAPES.get(int(number), (_same,)) if family == "Mbpp" else (_same,)
    opening = row["prompt"].strip()
    return Problem(
        id=f"{SETS[family]}/{number}",
        prompt=opening,
        check=Calls(
            function=row["entry_point"],
            arguments=tuple(
                _arguments(one, shape) for name in inputs for one in row[name] if not _is_left_out(task, one)
            ),
            expected=None,
            tolerance=row["atol"] or TOLERANCE,
            unordered=family == "Mbpp" and int(number) in UNORDERED,
            accept=ACCEPTED.get(task),
        ),
        source=SETS[family],
        reference=f"{opening}\n{row['canonical_solution']}",
    )


def _arguments(values: Sequence[Any], shape: Sequence[Callable[[Any], Any]]) -> str:
    made = [shape[min(place, len(shape) - 1)](value) for place, value in enumerate(values)]
    return ", ".join(map(source, made))
