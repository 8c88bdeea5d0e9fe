"""The documents the base model reads: mostly prompts with programs, and most of those programs wrong, as on forums."""

from __future__ import annotations

import ast
import sysconfig
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, NamedTuple

from bugs import buggy
from grammar import draw_task, free_name, instruction, name_pieces, telling_name
from headers import Header, asked, draw_header, mended
from plain import plain
from problems import assertions
from trial import error_of

from programs import draw_style, plan, render

if TYPE_CHECKING:
    from grammar import Composition

END = "<|endoftext|>"
WRONG = 0.9  # of the programs under a bare prompt
LAYOUTS = {
    "plain": 30, "header": 50, "docstring": 3, "tests-after": 3,
    "error-before": 7, "error-before-mended": 4, "error-after-mended": 3,
}  # fmt: skip
ABOUT_ERRORS = ("error-before", "error-before-mended", "error-after-mended")
HASTY_WRONG, HASTY_RIGHT = 0.75, 0.15  # how often the writer of a wrong or a right program was in a hurry
LIBRARY_SHARE = 0.02
SHARE = 1_000  # exercises that one process makes at a time
LIBRARY = (
    "bisect", "calendar", "colorsys", "fnmatch", "functools", "heapq", "keyword", "operator", "posixpath", "random",
    "shlex", "statistics", "string", "textwrap", "copy", "fractions", "glob", "gettext", "linecache", "numbers",
    "pprint", "quopri", "reprlib", "sched", "shutil", "stat", "tempfile", "token", "types", "uuid", "weakref",
    "collections/__init__", "json/encoder", "json/decoder", "email/utils", "html/__init__", "urllib/parse",
)  # fmt: skip


class Document(NamedTuple):
    """One text: what the program is asked for with, and the program with what follows it."""

    context: str
    program: str

    @property
    def text(self) -> str:
        """All of it."""
        return self.context + self.program


def prompt(text: str, test: str) -> str:
    """Return the docstring with its assert."""
    return f'"""\n{text}\n{test}\n"""\n'


def _exercise(composition: Composition, pieces: list[str], rng: Random) -> Document | None:
    """Return a document about one task, right or wrong, in one of the layouts; None when the draw came to nothing."""
    task = draw_task(composition, rng)
    name = telling_name(task, rng) if rng.random() < 0.6 else free_name(pieces, rng)
    tests = assertions(task, name, rng, 2)
    if tests is None:
        return None
    layout = rng.choices(list(LAYOUTS), list(LAYOUTS.values()))[0]
    header = draw_header(rng) if layout == "header" else Header("", WRONG, draw_style(rng))
    wrong = layout in ABOUT_ERRORS or rng.random() < header.wrong
    made = plan(task, name, rng, hasty=rng.random() < (HASTY_WRONG if wrong else HASTY_RIGHT))
    right = render(made, header.style)
    for _ in range(6):
        program = buggy(made, task, header.style, rng, header.habits) if wrong else right
        error = error_of(program, tests)
        if error is not None and bool(error) == wrong:
            post = Post(instruction(task, rng), tests, program, error, right)
            return _laid_out(layout, post, header, rng)
    return None


@dataclass(frozen=True)
class Post:
    """What a document about an exercise is made of."""

    text: str
    tests: list[str]
    program: str
    error: str  # "" where the program works
    right: str


def _laid_out(layout: str, post: Post, header: Header, rng: Random) -> Document:
    """Return the document; the plain prompt is the usual layout."""
    asking = prompt(post.text, post.tests[0])
    match layout:
        case "docstring":
            head, body = post.program.split("\n", 1)
            return Document("", f'{head}\n    """{post.text}"""\n{body}')
        case "tests-after":
            return Document("", post.program + "\n" + "\n".join(post.tests) + "\n")
        case "error-before":
            return Document(asked(post.error, rng) + asking, post.program)
        case "error-before-mended":
            return Document(asked(post.error, rng) + asking, post.program + "\n" + mended(post.right, rng))
        case "error-after-mended":
            return Document(asking, post.program + "\n" + asked(post.error, rng) + mended(post.right, rng))
        case _:
            return Document(header.text + asking, post.program)


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


def documents(pool: list[Composition], count: int, seed: int, copying: float = 0.1) -> list[Document]:
    """Return `count` documents without the end token, in a random order that the seed fixes, whatever the machine."""
    rng = Random(seed)
    pieces = name_pieces()
    library = library_functions()
    out = [Document("", rng.choice(library)) for _ in range(round(LIBRARY_SHARE * count))]
    for _ in range(round(copying * count)):
        only_copying = plain(pieces, rng)
        out.append(Document(prompt(only_copying.text, only_copying.tests[0]), only_copying.program))
    sizes = [min(SHARE, count - start) for start in range(len(out), count, SHARE)]
    jobs = [(pool, pieces, size, seed + 1 + number) for number, size in enumerate(sizes)]
    with ProcessPoolExecutor() as workers:
        for made in workers.map(_exercises, jobs):
            out += made
    rng.shuffle(out)
    return out[:count]


def _exercises(job: tuple[list[Composition], list[str], int, int]) -> list[Document]:
    """Return one share of the exercises. Easy compositions are few; drawing the level first keeps them in sight."""
    pool, pieces, size, seed = job
    rng = Random(seed)
    levels = [[each for each in pool if each.operations == level] for level in (1, 2, 3)]
    out: list[Document] = []
    while len(out) < size:
        document = _exercise(rng.choice(rng.choices(levels, (1, 4, 5))[0]), pieces, rng)
        if document is not None:
            out.append(document)
    return out
