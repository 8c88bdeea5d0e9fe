"""Where the time goes, written into the run beside the files that are the same for two equal runs."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterable, Sequence

from leti.runs import Run
from leti.types import Spell, Work
from leti.watch.expected import Expected
from leti.watch.news import Judged, News, Stepped

WRITE_SECONDS = 30.0
"""What a killed sitting may lose."""


class Clock:
    """Writes the seconds of each kind of work: up to news, they went into what the news is of.

    So loading a model belongs to the programs it writes, saving weights to the scoring that comes next. As coarse as
    the looks at the files are: about a second.
    """

    pause = 1.0

    def __init__(self, run: Run, expected: Expected) -> None:
        self._run, self._expected = run, expected
        self._heard = self._written = time.monotonic()
        self._spent: defaultdict[tuple[str, Work], float] = defaultdict(float)
        self._drawn: dict[str, tuple[int, int]] = {}

    def hear(self, news: Sequence[News]) -> None:
        """As the protocol says."""
        now = time.monotonic()
        if news:
            works = dict.fromkeys((item.place, self._work(item)) for item in news)
            for work in works:
                self._spent[work] += (now - self._heard) / len(works)
            self._heard = now
            self._count(dict.fromkeys(item.place for item in news if _to_learn_from(item)))
        if now - self._written >= WRITE_SECONDS:
            self._write(now)

    def close(self) -> None:
        """As the protocol says."""
        self._write(time.monotonic())

    def _work(self, item: News) -> Work:
        if isinstance(item, Stepped):
            return Work.TRAINING
        if not _to_learn_from(item):
            return Work.SCORING
        drawn, _ = self._drawn.get(item.place, (0, 0))  # at the last look: what came since was verified only
        return Work.VERIFYING if drawn >= self._expected.programs else Work.SAMPLING

    def _count(self, places: Iterable[str]) -> None:
        """How many programs to learn from there are now."""
        for place in places:
            drawn, end = self._drawn.get(place, (0, 0))
            more, end = self._run.iteration(int(place)).solutions.size(end)
            self._drawn[place] = drawn + more, end

    def _write(self, now: float) -> None:
        self._written = now
        if not self._spent:
            return
        ended = time.time()
        self._run.clock.extend(
            Spell(place=place, work=work, seconds=round(seconds, 3), ended=ended)
            for (place, work), seconds in self._spent.items()
        )
        self._spent.clear()


def _to_learn_from(item: News) -> bool:
    return isinstance(item, Judged) and item.split is None
