"""A chat template that asks for good programs. Pure."""

from __future__ import annotations

import json
import re

from leti.vocabulary import GOOD

HEAD = "{%- set leti_conversation %}{{ '' }}"
"""What follows is rendered into a variable. The empty output keeps `trim_blocks` off the template's own first line."""


def conditioned(template: str, token: str, *, bos: str | None) -> str:
    """A template that renders what this one does, with the token once, at the place where the model learned it.

    That is in front, or right after the tokenizer's first token where the template writes that one itself: servers that
    look whether a rendered conversation begins with it must go on finding it there.

    Args:
        template: in Jinja. One that was conditioned before loses that first.
        token: the reward token, or the empty string to have none.
        bos: the text of the tokenizer's first token, if it has one.
    """
    tail = _tail(token, bos)
    plain = _without(template, bos)
    if not token:
        return plain
    plain = re.sub(r"\A[ \t]+(?=\{[%#])", "", plain)  # what `lstrip_blocks` did while it began the line
    if bos and ("bos_token" in plain or bos in plain):
        return HEAD + plain.removesuffix("\n") + tail  # Jinja drops one newline at the end of a template
    return token + plain


def _tail(token: str, bos: str | None) -> str:
    """Ends the variable, and writes it with the token in its place."""
    first, then = json.dumps(bos or "", ensure_ascii=False), json.dumps(token, ensure_ascii=False)
    length = len(bos or "")
    return (
        "{{ '' }}{% endset %}"
        f"{{%- if leti_conversation[:{length}] == {first} %}}"
        f"{{{{- {first} + {then} + leti_conversation[{length}:] }}}}"
        "{%- else %}"
        f"{{{{- {then} + leti_conversation }}}}"
        "{%- endif %}"
    )


def _without(template: str, bos: str | None) -> str:
    """The template as it was: the base may be an exported model itself."""
    tail = _tail(GOOD, bos)
    if template.startswith(HEAD) and template.endswith(tail):
        return template.removeprefix(HEAD).removesuffix(tail)
    return template.removeprefix(GOOD)
