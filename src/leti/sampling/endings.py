"""Where completions end: the end-of-text token, stop strings, length."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from leti.types import Ending

if TYPE_CHECKING:
    from collections.abc import Sequence

SLACK = 4
"""Tokens read beyond what a stop string can span: some tokenizers drop a space before the first token they decode."""


@dataclass(frozen=True, slots=True)
class Completed:
    """A completion as it is kept."""

    text: str
    tokens: tuple[int, ...]
    ending: Ending


@dataclass(frozen=True, slots=True)
class Stops:
    """The stop strings of a request, and the tokenizer that turns tokens into text."""

    tokenizer: Any
    strings: tuple[str, ...]

    @property
    def span(self) -> int:
        """The most tokens in which a stop string can lie (a token is a byte or more), and some slack."""
        return max((len(text.encode()) for text in self.strings), default=0) + SLACK

    def hit(self, tails: Sequence[Sequence[int]]) -> list[int]:
        """Which of these stretches of tokens hold a stop string."""
        if not tails:
            return []
        texts = self._texts(tails)
        return [line for line, text in enumerate(texts) if any(stop in text for stop in self.strings)]

    def finish(self, tokens: Sequence[int], *, ended: bool) -> Completed:
        """The completion of these tokens (without the end-of-text token, which came if `ended`).

        It depends on the tokens alone: whatever a row wrote beyond its first stop string, before that was noticed, is
        cut here. If the cut falls inside a token, the kept text has no ids of its own and `tokens` is empty.
        """
        text = self.text(tokens)
        cuts = [place for stop in self.strings if (place := text.find(stop)) >= 0]
        if not cuts:
            return Completed(text, tuple(tokens), Ending.TOKEN if ended else Ending.LENGTH)
        kept = text[: min(cuts)]
        return Completed(kept, self._tokens_of(kept, tokens), Ending.STOP)

    def text(self, tokens: Sequence[int]) -> str:
        """Decoded as it is: no special tokens, no tidying of spaces."""
        return self._texts([tokens])[0]

    def _texts(self, rows: Sequence[Sequence[int]]) -> list[str]:
        lists = [list(map(int, tokens)) for tokens in rows]
        return list(self.tokenizer.batch_decode(lists, skip_special_tokens=True, clean_up_tokenization_spaces=False))

    def _tokens_of(self, kept: str, tokens: Sequence[int]) -> tuple[int, ...]:
        """The beginning of `tokens` that spells `kept`; empty if none does."""
        low, high = 0, len(tokens)
        while low < high:  # the fewest tokens whose text is as long as what is kept
            middle = (low + high) // 2
            if len(self.text(tokens[:middle])) < len(kept):
                low = middle + 1
            else:
                high = middle
        return tuple(tokens[:low]) if self.text(tokens[:low]) == kept else ()
