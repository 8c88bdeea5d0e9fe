"""What every sampler promises, as one function anyone can run on their own: `check_sampler`."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Protocol

from leti.errors import ConfigError
from leti.sampling.chunks import Row, key_of
from leti.sampling.completion import written
from leti.types import Decoding, Ending, Key, Problem, SampleRequest, Solution

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from collections.abc import Set as AbstractSet


class Sampling(Protocol):
    """What is checked; the loop states the same protocol for itself."""

    def sample(self, rows: Sequence[Row], request: SampleRequest, *, done: AbstractSet[Key]) -> Iterator[Solution]:
        """The solutions of `rows` that are not in `done`, in the order of `rows`."""


def check_sampler(
    sampler: Sampling, problems: Sequence[Problem], *, request: SampleRequest, random: bool = True
) -> None:
    """Samples small batches in many ways and compares them; takes some dozens of completions.

    Args:
        sampler: what is checked.
        problems: two or more, with different prompts.
        request: the weights and a key; its decoding should allow for texts that differ.
        random: whether the request's key and the sample number change the text, as for a model at a temperature above
            0 they must. False for samplers whose answers are written in advance.

    Raises:
        AssertionError: a promise is broken; its message says which.
    """
    rows = [(problem, sample) for problem in problems for sample in range(3)]
    whole = list(sampler.sample(rows, request, done=frozenset()))
    check_shape(rows, whole, request=request)
    check_resuming(sampler, rows, request=request, whole=whole)
    check_stops(sampler, rows, request=request, whole=whole)
    if random:
        check_randomness(sampler, rows, request=request, whole=whole)
    check_refusals(sampler, rows, request=request)


def check_shape(rows: Sequence[Row], solutions: Sequence[Solution], *, request: SampleRequest) -> None:
    """One solution for each row, in order, each within its limits and made into a program as asked."""
    _hold([solution.key for solution in solutions] == [key_of(row) for row in rows], "one solution per row, in order")
    for (problem, _), solution in zip(rows, solutions, strict=True):
        kept = written(problem, solution.completion, cut=request.decoding.cut)
        _hold(solution.program == kept, f"{solution.key}: the program is the prompt and what the cut keeps")
        if request.decoding.total_tokens is None:
            _hold(len(solution.tokens) <= request.decoding.max_new_tokens, f"{solution.key}: max_new_tokens is kept")


def check_resuming(
    sampler: Sampling, rows: Sequence[Row], *, request: SampleRequest, whole: Sequence[Solution]
) -> None:
    """Whatever is done already is left out, and what is missing comes out exactly as if nothing had been done."""
    keys = [solution.key for solution in whole]
    for done in (set(keys), set(keys[:1]), set(keys[: len(keys) // 2]), set(keys[::2]), set(keys[1:])):
        owed = [solution for solution in whole if solution.key not in done]
        _hold(
            list(sampler.sample(rows, request, done=done)) == owed,
            f"with {len(done)} rows done the others are the same",
        )
    _hold(list(sampler.sample([], request, done=frozenset())) == [], "no rows, no solutions")


def check_stops(sampler: Sampling, rows: Sequence[Row], *, request: SampleRequest, whole: Sequence[Solution]) -> None:
    """Completions end before the first stop string, and are otherwise what they were."""
    longest = max((solution.completion for solution in whole), key=len)
    _hold(longest != "", "some completion has text")
    stop = longest[len(longest) // 2 :][:2]
    stopping = replace(request, decoding=replace(request.decoding, stop=(stop,)))
    for before, after in zip(whole, sampler.sample(rows, stopping, done=frozenset()), strict=True):
        head, found, _ = before.completion.partition(stop)
        _hold(after.completion == head, f"{after.key}: the text ends before the stop string {stop!r}")
        ending = Ending.STOP if found else before.ending
        _hold(after.ending is ending, f"{after.key}: the ending says whether it stopped")


def check_randomness(
    sampler: Sampling, rows: Sequence[Row], *, request: SampleRequest, whole: Sequence[Solution]
) -> None:
    """The key, the problem and the sample number are all the randomness there is."""
    texts = [solution.completion for solution in whole]
    _hold(len(set(texts)) > 1, "samples differ")
    other = replace(request, key=f"{request.key} other")
    _hold([s.completion for s in sampler.sample(rows, other, done=frozenset())] != texts, "another key, other texts")
    _hold(list(sampler.sample(rows, request, done=frozenset())) == list(whole), "the same key, the same texts")
    some = rows[1::2]
    chosen = [solution for solution in whole if solution.key in set(map(key_of, some))]
    _hold(
        list(sampler.sample(some, request, done=frozenset())) == chosen, "a row does not depend on the rows beside it"
    )
    greedy = replace(request, decoding=replace(request.decoding, temperature=0.0))
    likely: dict[str, set[str]] = {}
    for solution in sampler.sample(rows, greedy, done=frozenset()):
        likely.setdefault(solution.problem, set()).add(solution.completion)
    _hold(all(len(found) == 1 for found in likely.values()), "at temperature 0 the samples of a problem are one")


def check_prefix(sampler: Sampling, rows: Sequence[Row], *, request: SampleRequest, prefix: str) -> None:
    """A prefix is read by the model, and stands neither in the completion nor in the program."""
    bare = list(sampler.sample(rows, replace(request, prefix=""), done=frozenset()))
    after = list(sampler.sample(rows, replace(request, prefix=prefix), done=frozenset()))
    _hold([s.completion for s in bare] != [s.completion for s in after], f"the prefix {prefix!r} changes the texts")
    _hold(all(prefix not in solution.program for solution in after), f"the prefix {prefix!r} is not in the program")


def check_refusals(sampler: Sampling, rows: Sequence[Row], *, request: SampleRequest) -> None:
    """A cut there is not is an error, not a guess."""
    wrong = replace(request, decoding=Decoding(max_new_tokens=2, cut="no such cut"))
    try:
        list(sampler.sample(rows[:1], wrong, done=frozenset()))
    except ConfigError:
        return
    _hold(False, "an unknown cut raises a ConfigError")


def _hold(holds: bool, promise: str) -> None:  # noqa: FBT001 - reads as a sentence: hold (this), (the promise)
    if not holds:
        raise AssertionError(f"Broken promise: {promise}.")
