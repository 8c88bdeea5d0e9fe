"""One pass over the attempts of a place: how many ended how. The rows are streamed; a few of them are kept."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from leti.page.texts import cut
from leti.scores import Tally
from leti.types import Outcome, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable

    from leti.runs import AttemptRow
    from leti.types import ErrorRecord

PER_CAUSE = 3
"""Attempts that are kept of each cause."""
_MISSING = re.compile(r"(?:^name|no attribute|^No module named|^cannot import name) '([^']{1,60})'")
"""How the interpreter names what is not there."""


class Cause(NamedTuple):
    """Why a program ended as it did: the outcome, and the error's type where it raised one."""

    outcome: Outcome
    error: str

    @property
    def label(self) -> str:
        """What a reader looks for first."""
        return self.error or self.outcome.value


class Missing(NamedTuple):
    """A name that a program used and that was not there."""

    error: str
    name: str


_ALONE = {outcome: frozenset({outcome}) for outcome in Outcome}
PASSED = Cause(Outcome.PASSED, "")


def cause_of(verdict: Verdict) -> Cause:
    """The cause of one verdict. A type's name is the program's to choose, so it is bounded."""
    if verdict.passed:
        return PASSED
    return Cause(verdict.outcome, cut(verdict.error.name, 60) if verdict.error else "")


def missing_in(error: ErrorRecord | None) -> Missing | None:
    """The name that an error says is not there."""
    found = _MISSING.search(error.message) if error else None
    return Missing(cut(error.name, 60), found[1]) if error and found else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Census:
    """What became of the programs of one place."""

    causes: Counter[Cause] = field(default_factory=Counter)
    by_problem: dict[str, Counter[Cause]] = field(default_factory=dict)
    """In the order of the problems."""
    missing: Counter[Missing] = field(default_factory=Counter)
    first: dict[str, AttemptRow] = field(default_factory=dict)
    """The first attempt at each problem."""
    firsts: dict[tuple[str, bool], AttemptRow] = field(default_factory=dict)
    """(problem, passed) -> the first attempt that ended so."""
    kept: dict[Cause, list[AttemptRow]] = field(default_factory=dict)
    """The first of each cause, each of another problem."""
    ended: dict[tuple[str, int], frozenset[Outcome]] = field(default_factory=dict)
    """By problem and the program's hash: in what ways the same program ended."""
    again: set[tuple[str, int]] = field(default_factory=set)
    """Of these, the programs that were written more than once."""
    tokens: Counter[str] = field(default_factory=Counter)
    """How many were sampled, by problem; 0 where they are not known."""

    @property
    def programs(self) -> int:
        """How many there are."""
        return sum(self.causes.values())

    @property
    def passed(self) -> int:
        """How many passed."""
        return self.causes.get(PASSED, 0)

    @property
    def tallies(self) -> dict[str, Tally]:
        """By problem, in order."""
        return {name: Tally(causes.total(), causes[PASSED]) for name, causes in self.by_problem.items()}

    @property
    def leading(self) -> dict[str, Cause]:
        """By problem, how most of its programs ended; of equals the one that came first."""
        return {name: max(causes, key=causes.__getitem__) for name, causes in self.by_problem.items()}


def take(rows: Iterable[AttemptRow]) -> Census:
    """The census of rows that come in the order of their problems."""
    census = Census()
    for row in rows:
        problem, cause = row.solution.problem, cause_of(row.verdict)
        census.causes[cause] += 1
        census.by_problem.setdefault(problem, Counter())[cause] += 1
        census.tokens[problem] += len(row.solution.tokens)
        if found := missing_in(row.verdict.error):
            census.missing[found] += 1
        _note_ending(census, row)
        _keep(census, row, cause)
    return census


def _note_ending(census: Census, row: AttemptRow) -> None:
    key = (row.solution.problem, hash(row.solution.program))
    if key in census.ended:
        census.again.add(key)
        census.ended[key] |= _ALONE[row.verdict.outcome]
    else:
        census.ended[key] = _ALONE[row.verdict.outcome]


def _keep(census: Census, row: AttemptRow, cause: Cause) -> None:
    problem = row.solution.problem
    census.first.setdefault(problem, row)
    census.firsts.setdefault((problem, row.verdict.passed), row)
    same = census.kept.setdefault(cause, [])
    if len(same) < PER_CAUSE and all(other.solution.problem != problem for other in same):
        same.append(row)
