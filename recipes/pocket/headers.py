"""What stands before code on the web: who wrote it, whether it works; and what people quote when it does not.

None of these words is one of LETI's tokens: the base learns that a text tells about the program after it, and LETI has
to teach it that the reward tokens do.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bugs import EDITS

from programs import STYLES, draw_style

if TYPE_CHECKING:
    from random import Random

AUTHORS = ("mira", "tomas", "ines", "oleg", "dana", "kofi", "yuki", "lars", "nora", "ravi", "elsa", "hugo")
WORKS = ("accepted", "correct", "solved")
FAILS = ("rejected", "wrong", "broken")
FORMS = ("# {}\n", "{}:\n")
ASKED = ("Question: this code gives\n{}\n", "Error:\n{}\n", "{}\n", "# output\n{}\n")
MENDED = ("Answer:\n", "Fixed:\n", "# corrected\n", "Try this:\n")
HABIT = 0.9  # how often authors write in their style
WORKING = 0.3  # of the programs that somebody remarks on
SLIP = 0.03  # how often a header lies


@dataclass(frozen=True)
class Header:
    """A text before the prompt, and what it says about the program after it."""

    text: str
    wrong: float
    style: str
    habits: range | None = None
    """The mistakes that somebody usually makes."""


def draw_header(rng: Random) -> Header:
    """Return a header by an author with habits, or about the program, or both (which then goes by what is said)."""
    author = rng.randrange(len(AUTHORS))
    wrong = SLIP + (1 - 2 * SLIP) * (author / (len(AUTHORS) - 1)) ** 0.5
    usual = list(STYLES)[author * 5 % len(STYLES)]
    style = usual if rng.random() < HABIT else draw_style(rng)
    form = rng.choice(FORMS)
    name = form.format(AUTHORS[author])
    draw = rng.random()
    if draw < 0.45:
        return Header(name, wrong, style, _mistakes(author, rng))
    works, word = rng.random() < WORKING, rng.randrange(len(WORKS))
    said = form.format((WORKS if works else FAILS)[word])
    told = SLIP if works else 1 - SLIP
    if draw < 0.9:
        return Header(said, told, draw_style(rng), _mistakes(word, rng))
    return Header(name + said, told, style, _mistakes(author, rng))


def _mistakes(whose: int, rng: Random) -> range | None:
    """Return the few edits that somebody, or some word, mostly goes with; what is rare and anywhere is not learned."""
    return range(whose, len(EDITS), len(AUTHORS)) if rng.random() < HABIT else None


def asked(error: str, rng: Random) -> str:
    """Return the error as somebody quotes it."""
    return rng.choice(ASKED).format(error)


def mended(program: str, rng: Random) -> str:
    """Return the program as somebody answers with it."""
    return rng.choice(MENDED) + program
