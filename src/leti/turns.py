"""Who speaks when: what stands around a problem and after a program, as plain text and in a chat template.

Sampling and training share it, so that a problem is the same ids in both. Works on any Hugging Face tokenizer object.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from jinja2 import TemplateError

from leti.errors import ConfigError
from leti.vocabulary import CONTROL_TOKENS, lead, plain

SAID, ANSWERED = "what the user says", "what the model answers"
"""Stand for these while a template is read."""
USER, MODEL = {"role": "user", "content": SAID}, {"role": "assistant", "content": ANSWERED}
NOW = {"Y": "2024", "y": "24", "m": "07", "B": "July", "b": "Jul", "d": "26", "A": "Friday", "a": "Fri"}
NOW |= {"H": "00", "M": "00", "S": "00", "f": "000000"}
AT_NOW = "".join(f".replace('%{letter}', '{value}')" for letter, value in NOW.items())
CLOCK = f"{{%- macro strftime_now(form) -%}}{{{{ form{AT_NOW} }}}}{{%- endmacro -%}}"
"""For templates that tell the model the date (Llama 3.2's knows this one): when a run goes on it may be another one."""


@dataclass(frozen=True, slots=True)
class Turns:
    """A text is `first`, the reward token and feedback, `before`, the problem, `after`, the program, `end`; in ids."""

    first: tuple[int, ...]
    before: tuple[int, ...]
    after: tuple[int, ...]
    end: int | None
    """Ends what the model writes: its turn, or the text. None if the tokenizer has no such token."""
    chat: bool

    def problem(self, tokenizer: Any, prompt: str) -> tuple[int, ...]:
        """The ids from `before` to `after`. Nothing in the prompt is special."""
        said = prompt.strip() if self.chat else prompt  # as most templates do
        return (*self.before, *plain(tokenizer, said), *self.after)


def turns_of(tokenizer: Any, *, chat: bool) -> Turns:
    """The turns of a tokenizer.

    Raises:
        ConfigError: it has no chat template, or one that does not show the message as it is.
    """
    first = tuple(lead(tokenizer))
    end = None if tokenizer.eos_token_id is None else int(tokenizer.eos_token_id)
    return _of_template(tokenizer, first, end) if chat else Turns(first, (), (), end, chat=False)


def _of_template(tokenizer: Any, first: tuple[int, ...], end: int | None) -> Turns:
    if not tokenizer.chat_template:
        raise ConfigError(
            "problems.format is chat, and the model's tokenizer has no chat template. Take a model that was trained to "
            "chat, or type: --set problems.format=completion"
        )
    asked = _rendered(tokenizer, [USER], add_generation_prompt=True)
    before, shown, after = asked.partition(SAID)
    if not shown:
        raise ConfigError("The model's chat template does not show what the user says as it is. Take another model.")
    for token in CONTROL_TOKENS:  # an exported model's template sets the good token by itself
        before = before.replace(token, "")
    bos = tokenizer.bos_token or ""
    if bos and before.startswith(bos):  # once, wherever it comes from, and in front of the reward token
        before, first = before.removeprefix(bos), (int(tokenizer.bos_token_id),)
    own_end = turn_end(tokenizer)
    return Turns(
        first=first,
        before=_own(tokenizer, before),
        after=_own(tokenizer, after),
        end=end if own_end is None else own_end,
        chat=True,
    )


def turn_end(tokenizer: Any) -> int | None:
    """The id that the chat template ends the model's turn with. None if there is no template, or no such id."""
    if not tokenizer.chat_template:
        return None
    try:
        whole = _rendered(tokenizer, [USER, MODEL])
    except TemplateError:  # a template that takes no such conversation
        return None
    _, shown, closed = whole.rpartition(ANSWERED)
    marks = {*tokenizer.all_special_ids, *tokenizer.get_added_vocab().values()}  # a blank may stand before the mark
    return next((index for index in _own(tokenizer, closed) if index in marks), None) if shown else None


def _rendered(tokenizer: Any, messages: list[dict[str, str]], **how: bool) -> str:
    template = tokenizer.get_chat_template()
    template = CLOCK + template if "strftime_now" in template else template
    return str(tokenizer.apply_chat_template(messages, chat_template=template, tokenize=False, **how))


def _own(tokenizer: Any, text: str) -> tuple[int, ...]:
    """The ids of a text of the template's own, in which special tokens are meant."""
    return tuple(tokenizer(text, add_special_tokens=False, verbose=False).input_ids) if text else ()
