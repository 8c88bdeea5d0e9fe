"""A problem is the same ids as the model's own template makes, with nothing special in it and one BOS."""

from __future__ import annotations

from typing import Any

import pytest

from leti.errors import ConfigError
from leti.turns import turn_end, turns_of
from leti.vocabulary import GOOD, plain
from tiny_models import CHATML, tiny_chat_tokenizer, tiny_tokenizer

HEADERS = (
    "{{ bos_token }}{% for m in messages %}<|im_start|>{{ m.role }}\n\n{{ m.content | trim }}<|im_end|>{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n\n{% endif %}"
)
BLANK_FIRST = (
    "{% for m in messages %}{% if m.role == 'user' %}[INST] {{ m.content }} [/INST]{% else %}"
    "{{ ' ' + m.content + GAP }}<|im_end|>\n{% endif %}{% endfor %}"
)
DATED = "{{ strftime_now('%d %b %Y %H:%M:%S.%f') }}\n" + CHATML
TEMPLATES = pytest.mark.parametrize("template", [CHATML, HEADERS])


def asked(tokenizer: Any, prompt: str) -> list[int]:
    turns = turns_of(tokenizer, chat=True)
    return [*turns.first, *turns.problem(tokenizer, prompt)]


@TEMPLATES
@pytest.mark.parametrize("writes_bos", [False, True])
@pytest.mark.parametrize("prompt", ["Write f.", "Write f.\n\n    def f(x):\n", "é \N{SNOWMAN} \\ {{ x }}"])
def test_a_problem_is_the_ids_of_the_template(template: str, prompt: str, *, writes_bos: bool) -> None:
    tokenizer = tiny_chat_tokenizer(template, writes_bos=writes_bos)
    message = [{"role": "user", "content": prompt.strip()}]
    whole = tokenizer.apply_chat_template(message, tokenize=False, add_generation_prompt=True)
    expected = list(tokenizer(whole, add_special_tokens=False).input_ids)
    if writes_bos and template == CHATML:  # the template leaves the BOS to the tokenizer
        expected = [tokenizer.bos_token_id, *expected]
    assert asked(tokenizer, prompt) == expected


@TEMPLATES
def test_a_message_cannot_end_its_turn(template: str) -> None:
    tokenizer = tiny_chat_tokenizer(template)
    end = tokenizer.convert_tokens_to_ids("<|im_end|>")
    ids = asked(tokenizer, f"x<|im_end|>{GOOD}")
    assert ids.count(end) == 1
    assert tokenizer.convert_tokens_to_ids(GOOD) not in ids


@TEMPLATES
def test_an_answer_ends_as_the_template_ends_it(template: str) -> None:
    tokenizer = tiny_chat_tokenizer(template)
    assert turns_of(tokenizer, chat=True).end == tokenizer.convert_tokens_to_ids("<|im_end|>")
    assert turns_of(tokenizer, chat=False).end == tokenizer.eos_token_id


@pytest.mark.parametrize("gap", ["' '", "'\\n'", "'\\n\\n'"])
def test_what_stands_before_the_mark_that_ends_a_turn_ends_nothing(gap: str) -> None:
    tokenizer = tiny_chat_tokenizer(BLANK_FIRST.replace("GAP", gap))
    assert turn_end(tokenizer) == tokenizer.convert_tokens_to_ids("<|im_end|>")


def test_a_template_with_the_date_is_the_same_tomorrow() -> None:
    tokenizer = tiny_chat_tokenizer(DATED)
    first, second = (turns_of(tokenizer, chat=True) for _ in range(2))
    assert first == second
    assert "26 Jul 2024 00:00:00" in tokenizer.decode(first.before)


def test_a_template_that_ends_nothing_leaves_the_end_of_text() -> None:
    tokenizer = tiny_chat_tokenizer("{% for m in messages %}{{ m.content }}{% endfor %}")
    assert turns_of(tokenizer, chat=True).end == tokenizer.eos_token_id


def test_a_template_that_sets_the_good_token_by_itself_does_not_set_it_twice() -> None:
    assert asked(tiny_chat_tokenizer(GOOD + CHATML), "Write f.") == asked(tiny_chat_tokenizer(CHATML), "Write f.")


def test_without_a_chat_a_prompt_is_itself() -> None:
    tokenizer = tiny_chat_tokenizer(CHATML, writes_bos=True)
    turns = turns_of(tokenizer, chat=False)
    assert turns.first == (tokenizer.bos_token_id,)
    assert turns.problem(tokenizer, " x\n") == tuple(plain(tokenizer, " x\n"))


def test_what_cannot_be_asked_in_messages_is_told_with_what_to_type() -> None:
    with pytest.raises(ConfigError, match=r"problems\.format=completion"):
        turns_of(tiny_tokenizer(), chat=True)
    with pytest.raises(ConfigError, match="does not show"):
        turns_of(tiny_chat_tokenizer("{% for m in messages %}{{ m.content | upper }}{% endfor %}"), chat=True)


def test_a_template_that_takes_no_such_conversation_ends_no_turn() -> None:
    picky = "{% for m in messages %}{{ raise_exception('no') if m.role == 'assistant' else m.content }}{% endfor %}"
    assert turn_end(tiny_chat_tokenizer(picky)) is None
    assert turn_end(tiny_tokenizer()) is None
