"""Segments -> token ids and weights, and the rows of LETI's own tokens in the embeddings."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from itertools import groupby
from typing import TYPE_CHECKING, Any

import torch

from leti.errors import TrainingError
from leti.turns import Turns, turns_of
from leti.types import CONTROL_ROLES, Role
from leti.vocabulary import BAD, CONTROL_TOKENS, GOOD, control, plain

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from leti.training.optimizer import OwnRows
    from leti.types import Example, Segment


REWARD_WORDS = {GOOD: " correct", BAD: " wrong"}
"""Whose rows the reward tokens begin at."""


@dataclass(frozen=True, slots=True)
class Encoded:
    """One sequence the loss sees."""

    ids: tuple[int, ...]
    weights: tuple[float, ...]
    """One per id: the weight of its cross-entropy. The first id's counts for nothing: nothing predicts it."""

    @property
    def bearing(self) -> int:
        """Number of tokens that bear loss."""
        return sum(weight != 0 for weight in self.weights[1:])


Piece = tuple[int, float, Role | None]
"""An id, its weight and the role it came from (None: the tokenizer's own first token)."""


def encode(example: Example, tokenizer: Any, *, max_tokens: int) -> Encoded | None:
    """Turns an example into ids and weights.

    Control segments are one id each, sampled ids are used as they are, and texts that touch are tokenised together (as
    the paper does), each token with the weight of the segment its first character lies in. A text never becomes a
    control token, whatever it looks like. What is too long loses tokens from the middle of its feedback, whose head
    says where and whose tail says what; the problem and the program are never cut (the official code cuts the end,
    which is the program: section 1.4 of its description).

    Returns:
        None if it stays longer than `max_tokens` without any feedback.

    Raises:
        TrainingError: the example ends with an end-of-text token and the tokenizer has none.
    """
    turns = turns_of(tokenizer, chat=example.chat)
    pieces: list[Piece] = [(index, 0.0, None) for index in turns.first]
    for plain_text, group in groupby(example.segments, key=partial(_is_text, chat=example.chat)):
        segments = list(group)
        if plain_text:
            pieces += _text(segments, tokenizer)
        else:
            pieces += [
                (index, segment.weight, segment.role)
                for segment in segments
                for index in _ids(segment, tokenizer, turns)
            ]
    kept = _cut(pieces, max_tokens)
    if kept is None:
        return None
    return Encoded(tuple(index for index, _, _ in kept), tuple(weight for _, weight, _ in kept))


def add_control_tokens(model: Any, tokenizer: Any, *, seed: int) -> None:
    """Gives the tokenizer and the model LETI's four tokens, in place; those that are there are left alone.

    The model grows only where the tokenizer outgrows it: CodeGen has rows to spare, which were never trained. New rows,
    of the input embeddings, of an output layer that is not tied to them, and of its bias, begin so:

    - The reward tokens at the rows of a word for what they say. The model has read such words before code and need
      not find out from nothing what the two tell about a program: attention that looks for them is there already.
    - The markers of feedback as ordinary strangers, drawn from the diagonal Gaussian fitted to the rows of the tokens
      that were there: of typical norm, so that they neither vanish beside the text nor drown it, and of typical
      probability. The mean row (a common advice) is much shorter than any row, and so are never-trained rows.
    """
    missing = [token for token in CONTROL_TOKENS if token not in tokenizer.get_added_vocab()]
    if not missing:
        return
    known = len(tokenizer)
    words = {token: plain(tokenizer, word) for token, word in REWARD_WORDS.items()}
    tokenizer.add_special_tokens({"additional_special_tokens": missing}, replace_extra_special_tokens=False)
    known = min(known, model.get_input_embeddings().weight.shape[0])
    grow(model, tokenizer)
    generator = torch.Generator().manual_seed(seed)
    for parameter in _vocabulary_parameters(model):
        _draw(parameter, known, [control(tokenizer, token) for token in missing], generator)
        with torch.no_grad():
            for token in words.keys() & set(missing):
                parameter[control(tokenizer, token)] = _row_of(parameter[words[token]])


def grow(model: Any, tokenizer: Any) -> None:
    """Gives the model rows for tokens it has none for, in place; what is in them is for the caller to say."""
    if len(tokenizer) > model.get_input_embeddings().weight.shape[0]:
        model.resize_token_embeddings(len(tokenizer), mean_resizing=False)


def control_ids(tokenizer: Any) -> list[int]:
    """The ids of LETI's tokens: of those that the tokenizer has."""
    added = tokenizer.get_added_vocab()
    return [added[token] for token in CONTROL_TOKENS if token in added]


def control_rows(model: Any, tokenizer: Any) -> OwnRows:
    """What LETI's tokens have of their own."""
    return [(parameter, control_ids(tokenizer)) for parameter in _vocabulary_parameters(model)]


def _vocabulary_parameters(model: Any) -> Iterator[torch.Tensor]:
    table, head = model.get_input_embeddings().weight, model.get_output_embeddings()
    yield table
    if head is not None and head.weight is not table:
        yield head.weight
    if head is not None and getattr(head, "bias", None) is not None:
        yield head.bias


@torch.no_grad()
def _draw(parameter: torch.Tensor, known: int, indices: Sequence[int], generator: torch.Generator) -> None:
    trained = parameter[:known].float()  # (tokens, width), or (tokens) for a bias
    mean, spread = trained.mean(dim=0), trained.std(dim=0)
    for index in indices:
        noise = torch.randn(mean.shape, generator=generator).to(parameter.device)
        parameter[index] = (mean + spread * noise).to(parameter.dtype)


def _row_of(pieces: torch.Tensor) -> torch.Tensor:
    """One row for a word of several tokens (tokens, width): their mean, as long as they are. Of a bias, the mean."""
    mean = pieces.mean(dim=0)
    if pieces.ndim > 1:
        mean *= torch.linalg.vector_norm(pieces, dim=-1).mean() / torch.linalg.vector_norm(mean)
    return mean


def end_of(turns: Turns) -> int:
    """The id that ends what the model writes.

    Raises:
        TrainingError: there is none.
    """
    if turns.end is None:
        raise TrainingError(
            "An example is to end with an end-of-text token, and the model's tokenizer has none. "
            "Type: --set objective.weights.end=0"
        )
    return turns.end


def _is_text(segment: Segment, *, chat: bool) -> bool:
    message = chat and segment.role is Role.PROBLEM
    return segment.role not in CONTROL_ROLES and not segment.tokens and not message


def _ids(segment: Segment, tokenizer: Any, turns: Turns) -> Sequence[int]:
    if segment.role is Role.PROBLEM:
        return turns.problem(tokenizer, segment.text)
    if segment.role not in CONTROL_ROLES:
        return segment.tokens
    return (end_of(turns) if segment.role is Role.END else control(tokenizer, segment.text),)


def _text(segments: Sequence[Segment], tokenizer: Any) -> list[Piece]:
    if not tokenizer.is_fast:  # no offsets, so texts cannot be tokenised together
        return [(index, part.weight, part.role) for part in segments for index in plain(tokenizer, part.text)]
    text = "".join(segment.text for segment in segments)
    owners = [segment for segment in segments for _ in segment.text]  # one per character
    encoding = tokenizer(
        text, add_special_tokens=False, split_special_tokens=True, return_offsets_mapping=True, verbose=False
    )
    pieces: list[Piece] = []
    before = 0
    for index, (start, end) in zip(encoding.input_ids, encoding.offset_mapping, strict=True):
        # Some tokenizers leave a token's blanks out of its offsets: it begins where the last one ended.
        owner = owners[min(start, before, len(owners) - 1)]
        pieces.append((index, owner.weight, owner.role))
        before = end
    return pieces


def _cut(pieces: list[Piece], max_tokens: int) -> list[Piece] | None:
    excess = len(pieces) - max_tokens
    if excess <= 0:
        return pieces
    feedback = [at for at, (_, _, role) in enumerate(pieces) if role is Role.FEEDBACK]
    if excess > len(feedback):
        return None
    head = (len(feedback) - excess + 1) // 2
    gone = set(feedback[head : head + excess])
    return [piece for at, piece in enumerate(pieces) if at not in gone]
