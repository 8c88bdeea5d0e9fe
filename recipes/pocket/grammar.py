"""Compositions (source x filter x map x reducer), their instructions, function names and inputs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from operations import DOMAINS, FILTERS, MAPS, REDUCERS, Domain, Reducer, Step

if TYPE_CHECKING:
    from random import Random

VERBS = ("find", "get", "compute", "return")
# Every order in which a benchmark sentence may open; the corpus uses the same ones.
FRAMES = (
    "Write a function to find {}.",
    "Write a python function to compute {}.",
    "Write a function that returns {}.",
    "Return {}.",
    "Write a function to get {}.",
)
LOOSE = (
    "solve", "process", "handle", "check", "make", "build", "run", "do", "task", "helper", "func", "value", "item",
    "result", "data", "new", "old", "big", "tiny", "fast", "my", "our", "step", "part", "extract", "filter", "select",
    "collect", "convert", "apply", "calc", "pick", "take", "keep", "drop", "merge", "split", "fix", "clean", "parse",
    "is", "has", "to", "from", "by", "with", "and", "of", "in", "key", "test", "main", "work", "answer", "report",
)  # fmt: skip
WORDS = (
    "apple", "river", "stone", "cat", "moon", "tree", "sun", "green", "old", "ear", "ice", "under", "rain", "salt",
    "lamp", "noon", "level", "mint", "tea", "rose", "star", "train", "north", "orange", "elm", "is", "one", "ant",
    "letter", "map", "to", "sea", "name", "art", "oil", "iron", "open",
)  # fmt: skip
CHARACTERS = "abcdeeiimnoorsttABEMNT1279"


@dataclass(frozen=True)
class Composition:
    """One task without its constants; the splits are disjoint in these."""

    domain: Domain
    keep: Step | None
    change: Step | None
    reducer: Reducer

    @property
    def key(self) -> str:
        """The composition's name, the same in every split."""
        keep, change = self.keep.key if self.keep else "any", self.change.key if self.change else "same"
        return f"{self.domain.key}:{keep}:{change}:{self.reducer.key}"

    @property
    def operations(self) -> int:
        """How many of filter, map and reducer do something: the difficulty, 1 to 3."""
        return (self.keep is not None) + (self.change is not None) + (self.reducer.key != "list")


@dataclass(frozen=True)
class Task:
    """A composition with its constants."""

    composition: Composition
    keep_k: str = ""
    change_k: str = ""


def compositions() -> list[Composition]:
    """Return every composition that says something, in a fixed order."""
    return [
        Composition(domain, keep, change, reducer)
        for domain in DOMAINS
        for keep in (None, *FILTERS[domain.kind])
        for change in (None, *MAPS[domain.kind])
        for reducer in REDUCERS[change.returns if change and change.returns else domain.kind]
        if _says_something(domain, keep, change, reducer)
    ]


def _says_something(domain: Domain, keep: Step | None, change: Step | None, reducer: Reducer) -> bool:
    """Return False for steps that do nothing in this domain, and for counting what a map made."""
    if keep is None and change is None and reducer.key == "list":
        return False
    if change is not None and reducer.key == "count":
        return False
    return all(step is None or domain.key not in step.skip for step in (keep, change, reducer))


def draw_task(composition: Composition, rng: Random) -> Task:
    """Return the composition with constants drawn for it."""
    keep, change = composition.keep, composition.change
    return Task(
        composition,
        rng.choice(keep.constants) if keep and keep.constants else "",
        rng.choice(change.constants) if change and change.constants else "",
    )


def instruction(task: Task, rng: Random) -> str:
    """Return one paraphrase of the task in English."""
    made = task.composition
    phrase = "{np}" if made.keep is None else rng.choice(made.keep.phrases)
    nouns = phrase.format(np=rng.choice(made.domain.nouns), k=task.keep_k)
    nouns = f"the {nouns} {rng.choice(made.domain.places)}"
    if made.change is not None:
        nouns = rng.choice(made.change.phrases).format(np=nouns, k=task.change_k)
    return rng.choice(FRAMES).format(rng.choice(made.reducer.phrases).format(np=nouns))


def telling_name(task: Task, rng: Random) -> str:
    """Return a function name that says what the task is, such as `sum_even_squares`."""
    made = task.composition
    pieces = [rng.choice(step.pieces) for step in (made.keep, made.change) if step is not None]
    if made.reducer.key != "list" or not pieces:
        pieces.insert(rng.choice((0, len(pieces))), rng.choice(made.reducer.pieces))
    if len(pieces) == 1 or (len(pieces) == 2 and rng.random() < 0.3):
        pieces.append(rng.choice(made.domain.pieces))
    if len(pieces) < 3 and rng.random() < 0.3:
        pieces.insert(0, rng.choice(VERBS[:3]))
    name = "_".join(dict.fromkeys(pieces))
    return name if "_" in name else f"find_{name}"  # a bare piece could hide a builtin of the same name


def name_pieces() -> list[str]:
    """Return every word that function names are made of."""
    steps = [step for table in (FILTERS, MAPS) for rows in table.values() for step in rows]
    reducers = [reducer for rows in REDUCERS.values() for reducer in rows]
    words = [piece for each in (*steps, *reducers, *DOMAINS) for piece in each.pieces]
    return list(dict.fromkeys((*words, *VERBS[:3], *LOOSE)))


def free_name(pieces: list[str], rng: Random) -> str:
    """Return a name that the instruction does not give away: the only way to it is copying."""
    return "_".join(rng.sample(pieces, rng.choices((2, 3, 4), (4, 4, 1))[0]))


def draw_input(domain: Domain, rng: Random) -> object:
    """Return one argument of the domain's kind, small enough to read."""
    if domain.key == "list":
        return [_number(rng) for _ in range(rng.randint(3, 6))]
    if domain.key == "dict":
        return {key: _number(rng) for key in rng.sample("abcdefgh", rng.randint(3, 5))}
    if domain.key == "range":
        return rng.randint(5, 22)
    if domain.key == "digits":
        return rng.randint(1000, 999999)
    if domain.key == "words":
        return " ".join(rng.sample(WORDS, rng.randint(3, 5)))
    return "".join(rng.choice(CHARACTERS) for _ in range(rng.randint(4, 8)))


def _number(rng: Random) -> int:
    """Return a number near enough to the constants that filters divide the list."""
    return rng.choice((rng.randint(-12, 30), rng.randint(0, 12), rng.randint(1, 9)))
