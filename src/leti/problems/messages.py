"""Problems put as a user's message, for models that were trained to answer in a chat."""

from __future__ import annotations

from dataclasses import replace

from leti.problems.problem_set import ProblemSet
from leti.types import Problem

ASKED = """\
Write the Python program that begins like this, whole, in one code block.

```python
{beginning}
```
"""


def as_messages(problems: ProblemSet, *, verbatim: bool) -> ProblemSet:
    """The same problems, to be asked in messages.

    Args:
        problems: to be completed.
        verbatim: the prompts were written to be messages. Else each is the beginning of a program, and is asked for
            with a sentence of ours around it.
    """
    ask = _verbatim if verbatim else _beginning
    splits = {name: tuple(map(ask, split)) for name, split in problems.splits.items()}
    return ProblemSet(problems.name, splits)


def _beginning(problem: Problem) -> Problem:
    return replace(problem, prompt=ASKED.format(beginning=problem.prompt.strip("\n")), chat=True)


def _verbatim(problem: Problem) -> Problem:
    answer = None if problem.reference is None else problem.reference.removeprefix(problem.prompt)
    return replace(problem, reference=answer, chat=True)
