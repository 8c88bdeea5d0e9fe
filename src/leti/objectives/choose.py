"""Which attempts are trained on. The paper keeps them all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256

from leti.types import Attempt


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """The options the paper leaves open; the defaults are the paper's."""

    dedupe: bool = False
    """Of equal programs for one problem keep the first: easy problems would otherwise fill the batch."""
    balance: float = 0.0
    """At most this many bad attempts for each good one, over the iteration; 0 keeps all."""


def choose(attempts: Sequence[Attempt], choice: Choice, *, key: str) -> list[Attempt]:
    """The attempts that are kept, in their order. Chance is keyed by attempt, not by what else was sampled."""
    kept = _first_of_each(attempts) if choice.dedupe else list(attempts)
    if not choice.balance:
        return kept
    good = sum(attempt.feedback.good for attempt in kept)
    bad = sorted((a for a in kept if not a.feedback.good), key=lambda a: _lot(a, key))
    chosen = {a.solution.key for a in bad[: int(choice.balance * good)]}
    return [a for a in kept if a.feedback.good or a.solution.key in chosen]


def _first_of_each(attempts: Sequence[Attempt]) -> list[Attempt]:
    first = {(a.problem.id, a.solution.program): a.solution.key for a in reversed(attempts)}
    return [a for a in attempts if first[a.problem.id, a.solution.program] == a.solution.key]


def _lot(attempt: Attempt, key: str) -> bytes:
    problem, sample = attempt.solution.key
    return sha256(f"{key} balance {problem} {sample}".encode()).digest()
