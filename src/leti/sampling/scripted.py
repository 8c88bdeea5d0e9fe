"""A sampler whose answers are written in advance: for tests, documentation and dry runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from leti.errors import ConfigError
from leti.sampling.chunks import Row, key_of
from leti.sampling.completion import written
from leti.types import Ending, Key, SampleRequest, Solution

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from collections.abc import Set as AbstractSet


class ScriptedSampler:
    """Answers sample `n` of a problem with the `n`-th of its answers, and begins again after the last.

    The request's weights, prefix and key change nothing; its stop strings and its cut are honoured.
    """

    def __init__(self, answers: Mapping[str, Sequence[str]]) -> None:
        self._answers = {problem: tuple(texts) for problem, texts in answers.items()}

    def sample(self, rows: Sequence[Row], request: SampleRequest, *, done: AbstractSet[Key]) -> Iterator[Solution]:
        """The solutions of `rows` that are not in `done`, in the order of `rows`.

        Raises:
            ConfigError: a problem has no answers.
        """
        for row in rows:
            if key_of(row) not in done:
                yield self._solution(row, request)

    def _solution(self, row: Row, request: SampleRequest) -> Solution:
        problem, sample = row
        answers = self._answers.get(problem.id, ())
        if not answers:
            known = ", ".join(sorted(self._answers)[:5]) or "none"
            raise ConfigError(
                f"ScriptedSampler has no answers for problem {problem.id!r} (it has: {known}). "
                f"Add ScriptedSampler({{{problem.id!r}: [...]}})."
            )
        text = answers[sample % len(answers)]
        cuts = [place for stop in request.decoding.stop if (place := text.find(stop)) >= 0]
        completion = text[: min(cuts)] if cuts else text
        return Solution(
            problem=problem.id,
            sample=sample,
            completion=completion,
            tokens=(),
            program=written(problem, completion, cut=request.decoding.cut),
            ending=Ending.STOP if cuts else Ending.TOKEN,
        )
