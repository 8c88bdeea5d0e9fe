"""Which problems are solved, where, and which were lost again. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from leti.page.texts import NAME_CHARS, cut

if TYPE_CHECKING:
    from collections.abc import Mapping

    from leti.report.census import Census
    from leti.scores import Tally


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One place against the one before it. A problem is solved where at least one of its programs passed."""

    place: str
    problems: int
    solved: int
    newly: int
    lost: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """One problem over the places."""

    name: str
    tallies: tuple[Tally | None, ...]

    @property
    def turn(self) -> str:
        """What became of it between the first place and the last, in a word."""
        known = [bool(tally.passed) for tally in self.tallies if tally]
        if known[0] == known[-1]:
            return "solved" if known[0] else "never solved" if not any(known) else "not solved"
        return "newly solved" if known[-1] else "lost"


@dataclass(frozen=True, slots=True, kw_only=True)
class Solved:
    """One group of problems."""

    title: str
    steps: tuple[Step, ...]
    courses: tuple[Course, ...]


def solved(title: str, censuses: Mapping[str, Census]) -> Solved:
    """A group, from its censuses by place; those without programs are left out."""
    tallies = {name: census.tallies for name, census in censuses.items() if census.programs}
    names = dict.fromkeys(name for found in tallies.values() for name in found)
    steps: list[Step] = []
    before: set[str] | None = None
    for place, found in tallies.items():
        now = {name for name, tally in found.items() if tally.passed}
        known = now if before is None else before
        steps.append(
            Step(place=place, problems=len(found), solved=len(now), newly=len(now - known), lost=len(known - now))
        )
        before = now
    return Solved(
        title=title,
        steps=tuple(steps),
        courses=tuple(
            Course(name=cut(name, NAME_CHARS), tallies=tuple(found.get(name) for found in tallies.values()))
            for name in names
        ),
    )
