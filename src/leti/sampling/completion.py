"""What is kept of a completion: text in, program out. Pure; nothing here needs the text to parse.

    raw              everything (the default, and what the paper trains on)
    block            the first function and what belongs to it
    paper-mbpp       the official code's MBPP heuristic, its defects included
    paper-humaneval  the official code's HumanEval heuristic, its defects included

The two `paper-` cuts exist to compare with published numbers (official code, `scripts/eval/jax_infer.py`). The first
cuts at any slash, so `return a / b` is lost; the second throws a clean body away if nothing follows it.
"""

from __future__ import annotations

import re
from textwrap import dedent
from typing import TYPE_CHECKING

from leti.errors import ConfigError
from leti.sampling.lines import statement_lines

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from leti.types import Problem

PAPER_MBPP = re.compile(r'\nclass|\nassert|\n"""|\nprint|\nif|\n<|/')
"""As the official list of stop words acts: its last entry, `\\n<|/`, was joined unescaped and became two."""
PAPER_HUMANEVAL = re.compile(r"(\nclass|\ndef|\n#|\n@|\nprint|\nif)")

FENCED = re.compile(
    r"^(?P<indent>[ \t]*)(?P<fence>```+|~~~+)[ \t]*(?P<label>[^\n`]*)\n"
    r"(?P<code>.*?)(?:^[ \t]*(?P=fence)[ \t]*$|\Z)",
    re.MULTILINE | re.DOTALL,
)
"""A block that is fenced as Markdown does, closed or not."""
PYTHON = frozenset({"", "python", "python3", "py"})

DEFINITION = re.compile(r"(async\s+def|def|class)\b|@")
BELONGS = re.compile(
    r"(import|from)\b|#|(?!(?:if|elif|else|for|while|with|try|except|finally|match|case|async|assert|return)\b)"
    r"\w[\w.\[\]'\", ]*(:[^=]+)?=(?!=)"
)
"""Top-level lines that may follow a function and stay: imports, comments, assignments (such as an alias of it)."""


def written(problem: Problem, completion: str, *, cut: str) -> str:
    """The program that a model wrote for a problem. In a chat the completion is an answer with code in it."""
    return program_of(problem.beginning, code_of(completion) if problem.chat else completion, cut=cut)


def program_of(prompt: str, completion: str, *, cut: str) -> str:
    """The program that is run: `prompt` and what `cut` keeps of `completion`, a prefix of it.

    Raises:
        ConfigError: there is no such cut.
    """
    keep = CUTS.get(cut)
    if keep is None:
        raise ConfigError(f"decoding.cut is {cut!r}; it can be {', '.join(CUTS)}.")
    return prompt + completion[: keep(prompt, completion)]


def code_of(answer: str) -> str:
    """The code in an answer: its first block that is fenced as Python or as nothing, after any thinking aloud.

    A fence that is never closed reaches to the end; an answer without a fence is taken for code as it is. The first,
    because what follows is usually how to use it; after the thinking, because that holds drafts.
    """
    said = answer.rpartition("</think>")[2]
    for found in FENCED.finditer(said):
        if found["label"].strip().lower() in PYTHON:
            return dedent(found["code"]) if found["indent"] else found["code"]
    return said.lstrip("\n")


def _raw(prompt: str, completion: str) -> int:  # noqa: ARG001 - all cuts have one form
    return len(completion)


def _block(prompt: str, completion: str) -> int:
    """Where the block ends, in characters of the completion.

    The prompt is read too, for its last statement may be the function that is being completed (HumanEval). Once there
    is a function, the first top-level line that neither defines, imports, assigns nor comments ends the block, and
    blank lines and comments before that line go with it. Without a function everything is kept.
    """
    text = prompt + completion
    begun = False
    for start, stop in statement_lines(text):
        line = text[start:stop]
        if DEFINITION.match(line):
            begun = True
        elif start < len(prompt):
            begun = False
        elif begun and not BELONGS.match(line):
            return _without_remarks(completion, end=start - len(prompt))
    return len(completion)


def _without_remarks(text: str, *, end: int) -> int:
    """Where `text[:end]` ends if the blank lines and top-level comments at its end are left out."""
    lines = text[:end].splitlines(keepends=True)
    while lines and (not lines[-1].strip() or lines[-1].startswith("#")):
        end -= len(lines.pop())
    return end


def _paper_mbpp(prompt: str, completion: str) -> int:  # noqa: ARG001 - all cuts have one form
    found = PAPER_MBPP.search(completion)
    return len((completion[: found.start()] if found else completion).rstrip())


def _paper_humaneval(prompt: str, completion: str) -> int:  # noqa: ARG001 - all cuts have one form
    found = list(PAPER_HUMANEVAL.finditer(completion))
    return found[-1].start() if found else 0


CUTS: Mapping[str, Callable[[str, str], int]] = {
    "raw": _raw,
    "block": _block,
    "paper-mbpp": _paper_mbpp,
    "paper-humaneval": _paper_humaneval,
}
"""Every cut by name: (prompt, completion) -> how many characters of the completion are kept."""
