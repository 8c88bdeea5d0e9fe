"""The pages of a run that is viewed, as HTML."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import groupby
from threading import Lock
from typing import TYPE_CHECKING, Any

from leti.page.sealed import Sealed
from leti.page.texts import NAME_CHARS, cut, visible
from leti.report.census import Census
from leti.report.endings import ranking
from leti.report.facts import gather
from leti.report.page import contents
from leti.view.asked import Asked
from leti.view.finding import PAGE, columns
from leti.view.sources import LEARNED

if TYPE_CHECKING:
    from collections.abc import Sequence

    from leti.report.census import Cause
    from leti.runs import Run
    from leti.view.finding import Column
    from leti.view.index import Index


@dataclass(frozen=True, slots=True, kw_only=True)
class Links:
    """Where a reader can go on to; empty: nowhere."""

    first: str
    before: str
    after: str
    last: str


class Pages:
    """Of one run; made anew for every reader, as the run may have grown."""

    def __init__(self, run: Run, index: Index) -> None:
        self._run = run
        self._index = index
        self._sealed = Sealed("leti.view", "leti.report", forms="'self'")
        self._lock = Lock()
        self._read: tuple[Any, dict[str, Any]] | None = None

    @property
    def policy(self) -> str:
        """What the pages let through."""
        return str(self._sealed.policy())

    def report(self) -> str:
        """The report, and the first of all attempts.

        Raises:
            RunError: a file is damaged.
        """
        values = self._report()
        return self._sealed.page("report.html.j2", **values, **self._section(Asked(), causes=values["facts"].causes))

    def attempts(self, asked: Asked) -> str:
        """The attempts that are asked for.

        Raises:
            RunError: a file is damaged.
        """
        self._index.grow()
        settled = (source for source in self._index.sources if source.settled)
        causes = ranking(Census(causes=self._index.causes(source)) for source in settled)
        return self._sealed.page(
            "filtered.html.j2", run=cut(str(self._run.path), NAME_CHARS), **self._section(asked, causes)
        )

    def trouble(self, title: str, words: str) -> str:
        """What went wrong, and what to do about it."""
        return self._sealed.page("trouble.html.j2", title=title, words=words)

    def _report(self) -> dict[str, Any]:
        """What the report's templates are given; read again only if a file of the run has changed."""
        with self._lock:
            self._index.grow()
            state = self._state()
            if self._read is None or self._read[0] != state:
                facts = replace(gather(self._run), groups=())  # the sample of attempts: here are all of them
                self._read = state, contents(self._sealed, facts)
            return self._read[1]

    def _state(self) -> frozenset[tuple[str, int, int]]:
        files = [file for source in self._index.sources for file in source.place.path.iterdir()]
        files += self._run.path.iterdir()
        files += [rows.path for source in self._index.sources for rows in source.files]
        found = ((file, file.stat()) for file in files if file.exists())
        return frozenset((str(file), stat.st_size, stat.st_mtime_ns) for file, stat in found)

    def _section(self, asked: Asked, causes: Sequence[Cause]) -> dict[str, Any]:
        problems = self._run.problems
        names = self._index.problems()
        parts: Any = self._sealed.template("attempts.html.j2").make_module({"causes": causes})
        found = columns(self._index, asked, problems=problems)
        shown = [
            [
                (source, [parts.attempt(one) for _, one in group])
                for source, group in groupby(column.found, key=lambda pair: pair[0])
            ]
            for column in found
        ]
        return {
            "asked": asked,
            "iterations": list(dict.fromkeys(source.place.name for source in self._index.sources)),
            "splits": [LEARNED, *dict.fromkeys(source.split for source in self._index.sources if source.split)],
            "problems": [name for name in (visible(cut(one, NAME_CHARS)) for one in problems) if name in names],
            "outcomes": self._index.outcomes(),
            "errors": self._index.errors(),
            "columns": list(zip(found, shown, strict=True)),
            "links": _links(asked, found),
        }


def _links(asked: Asked, found: Sequence[Column]) -> Links:
    """A text is looked for onwards only: how far back the last page began is not known."""
    longest = max(column.fitting for column in found)
    start = min(column.start for column in found)
    more = any(column.end < column.fitting for column in found)
    if asked.text:
        after = asked.address(*(column.end for column in found))
        return Links(first=asked.address() if start else "", before="", after=after if more else "", last="")
    here = [asked.address(*(at for _ in found)) for at in (max(0, start - PAGE), start + PAGE)]
    last = (longest - 1) // PAGE * PAGE
    return Links(
        first=asked.address() if start > PAGE else "",
        before=here[0] if start else "",
        after=here[1] if more else "",
        last=asked.address(*(last for _ in found)) if more and last > start + PAGE else "",
    )
