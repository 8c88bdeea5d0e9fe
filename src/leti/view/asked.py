"""What a reader asks for, as it stands in an address: so it can be bookmarked, sent on and gone back to. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlencode

FIELDS = ("place", "beside", "split", "problem", "outcome", "error", "text")
MOST_FIELDS = 32
_NUMBER = re.compile(r"[0-9]{1,12}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A filter, and how far into what it lets through. An empty text lets all through."""

    place: str = ""
    beside: str = ""
    """Another place, to be set beside the first."""
    split: str = ""
    problem: str = ""
    outcome: str = ""
    error: str = ""
    text: str = ""
    at: tuple[int, ...] = ()
    """Attempts that are passed over, of each column."""

    @property
    def places(self) -> tuple[str, ...]:
        """One for each column; an empty one is all places."""
        return tuple(dict.fromkeys(name for name in (self.place, self.beside) if name)) or ("",)

    @property
    def starts(self) -> tuple[int, ...]:
        """Where each column starts."""
        return tuple(self.at[column] if column < len(self.at) else 0 for column in range(len(self.places)))

    def address(self, *at: int) -> str:
        """Of the page that starts there."""
        words = [(name, getattr(self, name)) for name in FIELDS if getattr(self, name)]
        return f"/attempts?{urlencode([*words, *(('at', number) for number in at if any(at))])}"


def read(query: str) -> Asked:
    """What a query string asks for; what it does not know of, it passes over.

    Raises:
        ValueError: it has fields without end.
    """
    found = parse_qs(query, max_num_fields=MOST_FIELDS)
    words: dict[str, Any] = {name: found[name][-1] for name in FIELDS if name in found}
    return Asked(**words, at=tuple(int(text) for text in found.get("at", ()) if _NUMBER.fullmatch(text)))
