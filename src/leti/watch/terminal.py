"""A run on a terminal: what is over scrolls by, what goes on stands below, with a bar."""

from __future__ import annotations

import time
from collections.abc import Sequence

from rich.console import Console, Group
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from leti.watch.expected import Expected
from leti.watch.news import News
from leti.watch.story import Stage, Story


class Screen:
    """Draws on stderr."""

    pause = 0.25

    def __init__(self, expected: Expected) -> None:
        self._story = Story(expected, now=time.monotonic())
        self._live = Live(Text(""), console=Console(stderr=True), refresh_per_second=4, transient=True)
        self._live.start()

    def hear(self, news: Sequence[News]) -> None:
        """As the protocol says."""
        now = time.monotonic()
        for line in self._story.hear(news, now=now):
            self._live.console.print(Text(line), soft_wrap=True)  # as it is: an error's name is no markup
        self._live.update(_drawn(self._story.stage, now))

    def close(self) -> None:
        """As the protocol says."""
        self._live.stop()


def _drawn(stage: Stage | None, now: float) -> Group | Text:
    if stage is None:
        return Text("")
    row = Table.grid(padding=(0, 1))
    words, state = stage.progress(now).split("; ", 1)
    row.add_row(ProgressBar(total=stage.total, completed=stage.done, width=30), Text(words))
    return Group(row, Text(state, style="dim"))
