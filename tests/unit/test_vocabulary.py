from __future__ import annotations

import re
from types import SimpleNamespace

import pytest

from leti.vocabulary import BAD, CONTROL_TOKENS, FEEDBACK_END, FEEDBACK_START, GOOD, control, lead, plain


class LetterTokenizer:
    """Ids are letters' code points; a token it was given is one id unless it is told to split."""

    bos_token_id = 1

    def __init__(self, *, bos: bool = False, end: bool = False) -> None:
        self.bos, self.end = bos, end
        self.added = {token: 1000 + index for index, token in enumerate(CONTROL_TOKENS)}

    def get_added_vocab(self) -> dict[str, int]:
        return self.added

    def __call__(
        self,
        text: str,
        *,
        add_special_tokens: bool = True,
        split_special_tokens: bool = False,
        verbose: bool = True,  # noqa: ARG002
    ) -> SimpleNamespace:
        pieces = (
            list(text) if split_special_tokens else re.split("|".join(f"({re.escape(t)})" for t in self.added), text)
        )
        ids: list[int] = []
        for piece in filter(None, pieces):
            ids += [self.added[piece]] if piece in self.added else [ord(letter) for letter in piece]
        before, after = [1] if self.bos and add_special_tokens else [], [2] if self.end and add_special_tokens else []
        return SimpleNamespace(input_ids=before + ids + after)


def test_the_control_tokens_stand_in_the_official_order() -> None:
    assert CONTROL_TOKENS == ("<|bad|>", "<|good|>", "<|lang_feedback|>", "<|/lang_feedback|>")
    assert {BAD, GOOD, FEEDBACK_START, FEEDBACK_END} == set(CONTROL_TOKENS)


def test_the_lead_is_the_bos_of_a_tokenizer_that_adds_one() -> None:
    assert lead(LetterTokenizer(bos=True)) == [1]


def test_there_is_no_lead_without_a_bos() -> None:
    assert lead(LetterTokenizer()) == []


def test_an_end_of_text_token_is_no_lead() -> None:
    assert lead(LetterTokenizer(end=True)) == []


def test_a_reward_token_in_plain_text_is_letters() -> None:
    tokenizer = LetterTokenizer(bos=True, end=True)
    assert tokenizer(GOOD, add_special_tokens=False).input_ids == [1001]
    assert plain(tokenizer, f"x{GOOD}") == [ord(letter) for letter in f"x{GOOD}"]


def test_a_control_token_is_one_id() -> None:
    assert [control(LetterTokenizer(), token) for token in CONTROL_TOKENS] == [1000, 1001, 1002, 1003]


def test_a_tokenizer_without_the_tokens_is_refused() -> None:
    tokenizer = LetterTokenizer()
    tokenizer.added = {}
    with pytest.raises(KeyError, match="good"):
        control(tokenizer, GOOD)
