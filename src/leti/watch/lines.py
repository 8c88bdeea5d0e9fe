"""A run in a log: a line now and then, one for each stage that is over, and the scores."""

from __future__ import annotations

import time
from collections.abc import Sequence

from leti.progress import say
from leti.watch.expected import Expected
from leti.watch.news import News
from leti.watch.story import Story

QUIET_SECONDS = 10.0
"""A stage gets at most one line in so many seconds."""


class Lines:
    """Says lines on stderr."""

    pause = 1.0

    def __init__(self, expected: Expected) -> None:
        self._said = time.monotonic()
        self._story = Story(expected, now=self._said)

    def hear(self, news: Sequence[News]) -> None:
        """As the protocol says."""
        now = time.monotonic()
        lines = self._story.hear(news, now=now)
        if not lines and now - self._said >= QUIET_SECONDS and self._story.stage is not None:
            lines = [self._story.stage.progress(now)]
        for line in lines:
            say(line)
            self._said = now

    def close(self) -> None:
        """As the protocol says."""
