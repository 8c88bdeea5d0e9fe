"""What a server of OpenAI's API says, as far as it is read. Everything else in its answers is let be."""

from __future__ import annotations

from dataclasses import dataclass

from pydantic import BaseModel, Field


class Choice(BaseModel):
    """One completion."""

    text: str
    finish_reason: str | None = None
    token_ids: tuple[int, ...] | None = None
    """vLLM's: the ids of the completion, with the end-of-text token if it came."""


class Usage(BaseModel):
    """What was counted."""

    prompt_tokens: int


class Reply(BaseModel):
    """The answer to one request for one completion."""

    model: str = ""
    choices: list[Choice] = Field(min_length=1)
    usage: Usage | None = None

    @property
    def choice(self) -> Choice:
        """The only one: one is asked for at a time, for each has a seed of its own."""
        return self.choices[0]


class Card(BaseModel):
    """A model that a server lists."""

    id: str
    root: str | None = None
    """vLLM's: the weights that `id` is another name for."""


class Cards(BaseModel):
    """All that it lists."""

    data: list[Card]


@dataclass(frozen=True, slots=True)
class Refusal:
    """A request that a server did not take: it asks for something else than the server understands or has."""

    words: str
    """The server's own."""
