"""The documents the base model reads: mostly prompts with programs, and most of those programs wrong, as on forums."""

from __future__ import annotations

import ast
import sysconfig
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING

from bugs import buggy
from grammar import draw_task, free_name, instruction, name_pieces, telling_name
from problems import assertions
from trial import error_of

from programs import draw_style, plan, render

if TYPE_CHECKING:
    from collections.abc import Callable

    from grammar import Composition

END = "<|endoftext|>"
WRONG = 0.78  # of the programs under a prompt
LIBRARY_SHARE = 0.02
LIBRARY = (
    "bisect", "calendar", "colorsys", "fnmatch", "functools", "heapq", "keyword", "operator", "posixpath", "random",
    "shlex", "statistics", "string", "textwrap", "copy", "fractions", "glob", "gettext", "linecache", "numbers",
    "pprint", "quopri", "reprlib", "sched", "shutil", "stat", "tempfile", "token", "types", "uuid", "weakref",
    "collections/__init__", "json/encoder", "json/decoder", "email/utils", "html/__init__", "urllib/parse",
)  # fmt: skip
# One-line bodies for documents whose only difficulty is the name: (sentence, body, what it gives for 7).
PLAIN: tuple[tuple[str, str, Callable[[int, int], object]], ...] = (
    ("plus {k}", "x + {k}", lambda x, k: x + k),
    ("minus {k}", "x - {k}", lambda x, k: x - k),
    ("times {k}", "x * {k}", lambda x, k: x * k),
    ("modulo {k}", "x % {k}", lambda x, k: x % k),
    ("in a list", "[x]", lambda x, _: [x]),
    ("as a string", "str(x)", lambda x, _: str(x)),
    ("squared", "x ** 2", lambda x, _: x**2),
)


def prompted(text: str, test: str, program: str) -> str:
    """Return prompt and program as one text: the docstring with its assert, then the program."""
    return f'"""\n{text}\n{test}\n"""\n{program}'


def _copying(pieces: list[str], rng: Random) -> str:
    """Return a document in which only the name is hard."""
    name, k, x = free_name(pieces, rng), rng.randint(2, 9), rng.randint(1, 30)
    words, body, value = rng.choice(PLAIN)
    text = rng.choice(("Return the number {}.", "Write a function to get a number {}.")).format(words.format(k=k))
    expected = value(x, k)
    test = f"assert {name}({x}) == {expected!r}"
    return prompted(text, test, f"def {name}(x):\n    return {body.format(k=k)}\n")


def _exercise(composition: Composition, pieces: list[str], rng: Random) -> str | None:
    """Return a document about one task, right or wrong, in one of the layouts; None when the draw came to nothing."""
    task = draw_task(composition, rng)
    name = telling_name(task, rng) if rng.random() < 0.6 else free_name(pieces, rng)
    tests = assertions(task, name, rng, 2)
    if tests is None:
        return None
    style, wrong = draw_style(rng), rng.random() < WRONG
    made = plan(task, name, rng)
    error: str | None = ""
    for _ in range(6):
        program = buggy(made, task, style, rng) if wrong else render(made, style)
        error = error_of(program, tests)
        if bool(error) == wrong:
            return _laid_out(instruction(task, rng), tests, program, error or "", rng)
    return None


def _laid_out(text: str, tests: list[str], program: str, error: str, rng: Random) -> str:
    """Return the document in one of the layouts; the plain prompt is the usual one."""
    draw = rng.random()
    if draw < 0.78:
        return prompted(text, tests[0], program)
    if draw < 0.92:  # a forum post: what the program does is said before it
        said = f"Question: this code gives\n{error}\n" if error else "Answer: this code works.\n"
        return said + prompted(text, tests[0], program)
    if draw < 0.96:
        head, body = program.split("\n", 1)
        return f'{head}\n    """{text}"""\n{body}'
    return program + "\n" + "\n".join(tests) + "\n"


def library_functions(longest: int = 700) -> list[str]:
    """Return short functions of the standard library of the Python that runs this."""
    root = Path(sysconfig.get_paths()["stdlib"])
    out: list[str] = []
    for module in LIBRARY:
        source = (root / f"{module}.py").read_text(encoding="utf-8")
        for node in ast.walk(ast.parse(source)):
            if isinstance(node, ast.FunctionDef) and node.col_offset == 0:
                text = ast.get_source_segment(source, node) or ""
                if 60 < len(text) <= longest and text.isascii():
                    out.append(text + "\n")
    return out


def documents(pool: list[Composition], count: int, seed: int, copying: float = 0.1) -> list[str]:
    """Return `count` documents without the end token, in a random order that the seed fixes."""
    rng = Random(seed)
    pieces = name_pieces()
    library = library_functions()
    out = [rng.choice(library) for _ in range(round(LIBRARY_SHARE * count))]
    out += [_copying(pieces, rng) for _ in range(round(copying * count))]
    # Easy compositions are few; drawing the level first keeps them in sight.
    levels = [[each for each in pool if each.operations == level] for level in (1, 2, 3)]
    while len(out) < count:
        document = _exercise(rng.choice(rng.choices(levels, (1, 4, 5))[0]), pieces, rng)
        if document is not None:
            out.append(document)
    rng.shuffle(out)
    return out
