"""From problems to token ids and budgets: what a completion starts from, and how long it may be."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from leti import vocabulary
from leti.errors import ProblemError, SamplingError
from leti.turns import turns_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from leti.sampling.chunks import Row
    from leti.types import Decoding, SampleRequest

PAPER_PADDING = 128
"""The official code pads prompts to a multiple of this, and counts the padding."""


@dataclass(frozen=True, slots=True)
class Prompt:
    """What one line of a batch starts from."""

    tokens: tuple[int, ...]
    budget: int
    """The most tokens its completion may have."""


def prompts_of(rows: Sequence[Row], request: SampleRequest, *, tokenizer: Any, window: int | None) -> list[Prompt]:
    """One prompt per row: what the tokenizer puts first, the prefix if there is one, and the problem's prompt.

    Args:
        rows: the chunk.
        request: its prefix and its limits of length.
        tokenizer: any Hugging Face tokenizer.
        window: the positions the model has; None if they have no end.

    Raises:
        ProblemError: a prompt is empty, or leaves no room in the model's window.
        SamplingError: the prefix is no token of this tokenizer.
    """
    prefix = [_prefix(tokenizer, request)] if request.prefix else []
    known: dict[str, Prompt] = {}
    for problem, _ in rows:
        if problem.id not in known:
            turns = turns_of(tokenizer, chat=problem.chat)
            tokens = (*turns.first, *prefix, *turns.problem(tokenizer, problem.prompt))
            budget = _budget(len(tokens), request.decoding)
            budget = _within(window, tokens=len(tokens), budget=budget, problem=problem.id)
            known[problem.id] = Prompt(tokens, budget)
    return [known[problem.id] for problem, _ in rows]


def _prefix(tokenizer: Any, request: SampleRequest) -> int:
    try:
        return vocabulary.control(tokenizer, request.prefix)
    except KeyError:
        raise SamplingError(
            f"The tokenizer of {request.weights!r} has no token {request.prefix!r}, so it cannot be sampled with that "
            "prefix. LETI adds it when it first trains a model: type --token none, or take weights that it wrote."
        ) from None


def _budget(tokens: int, decoding: Decoding) -> int:
    if decoding.total_tokens is None:
        return decoding.max_new_tokens
    return max(0, decoding.total_tokens - -(-tokens // PAPER_PADDING) * PAPER_PADDING)


def _within(window: int | None, *, tokens: int, budget: int, problem: str) -> int:
    """The budget, cut to what the model's window leaves."""
    if tokens == 0:
        raise ProblemError(f"Problem {problem!r} has an empty prompt, and this tokenizer puts no token before a text.")
    if window is None or budget == 0:
        return budget
    if tokens >= window:
        raise ProblemError(
            f"Problem {problem!r} has a prompt of {tokens} tokens, but the model's window has {window}: no room for a "
            "completion. Leave the problem out, or take a model with a longer window."
        )
    return min(budget, window - tokens)
