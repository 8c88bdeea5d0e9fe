"""Chat templates: the token comes once, where the model learned it, and nothing else changes."""

from __future__ import annotations

from typing import Any

import pytest
from jinja2.sandbox import ImmutableSandboxedEnvironment
from made_run import CHATML, TURNS

from leti.export.chat import conditioned
from leti.vocabulary import GOOD

BOS = "<s>"
ONE = [{"role": "user", "content": " one "}]
MANY = [*ONE, {"role": "assistant", "content": "two\n"}, {"role": "user", "content": "three <s>"}]
TEMPLATES = {
    "chatml": CHATML,
    "turns": TURNS,
    "first": "{{- bos_token }}\n{%- for message in messages %}{{ message.content }}{% endfor %}\n",
    "first turn": (
        "{% for message in messages %}{% set content = message.content %}{% if loop.first %}"
        "{% set content = bos_token + content %}{% endif %}{{ content }}{% endfor %}"
    ),
    "written out": "<s>{% for message in messages %}{{ message.content }}{% endfor %}",
    "sometimes": "{% if messages | length > 1 %}{{ bos_token }}{% endif %}{{ messages[0].content }}",
    "blanks": "  {% set x = 1 %}\n  text\n{% for message in messages %}\n  {{ message.content }}\n{% endfor %}\n\n",
    "blanks around": "\n  {% set x = 1 %}\n{{ bos_token }}  \n  {% if x %}\n  y\n  {% endif %}  ",
    "macros": (
        "{%- macro turn(message) %}{{ bos_token }}{{ message.content }}{% endmacro %}"
        "{%- set ns = namespace(count=0) %}{%- for message in messages %}{%- set ns.count = ns.count + 1 %}"
        "{{- turn(message) }}{%- endfor %}{{ ns.count }}"
    ),
}


def rendered(template: str, messages: list[dict[str, str]], **more: Any) -> str:
    """As transformers renders it."""
    environment = ImmutableSandboxedEnvironment(trim_blocks=True, lstrip_blocks=True)
    return environment.from_string(template).render(messages=messages, bos_token=BOS, eos_token="</s>", **more)


@pytest.mark.parametrize("messages", [ONE, MANY], ids=["one", "many"])
@pytest.mark.parametrize("name", TEMPLATES)
def test_the_token_is_put_once_behind_the_first_token_and_nothing_else_changes(
    name: str, messages: list[dict[str, str]]
) -> None:
    plain = rendered(TEMPLATES[name], messages, add_generation_prompt=True)
    found = rendered(conditioned(TEMPLATES[name], GOOD, bos=BOS), messages, add_generation_prompt=True)
    lead = BOS if plain.startswith(BOS) else ""
    assert found == lead + GOOD + plain.removeprefix(lead)


@pytest.mark.parametrize("bos", [BOS, None, '<"odd\\one{{|>'])
@pytest.mark.parametrize("name", TEMPLATES)
def test_conditioning_again_changes_nothing_and_can_be_undone(name: str, bos: str | None) -> None:
    template = TEMPLATES[name].removesuffix("\n").lstrip(" ")
    once = conditioned(template, GOOD, bos=bos)
    assert once != template
    assert conditioned(once, GOOD, bos=bos) == once
    assert conditioned(once, "", bos=bos) == template
    assert conditioned(template, "", bos=bos) == template


def test_a_model_without_a_first_token_has_the_token_in_front() -> None:
    assert conditioned("{{ messages[0].content }}", GOOD, bos=None) == "<|good|>{{ messages[0].content }}"


def test_an_odd_first_token_is_quoted() -> None:
    odd = '<"odd\\one{{|>'
    template = conditioned("{{ bos_token }}{{ messages[0].content }}", GOOD, bos=odd)
    environment = ImmutableSandboxedEnvironment(trim_blocks=True, lstrip_blocks=True)
    assert environment.from_string(template).render(messages=ONE, bos_token=odd) == f"{odd}{GOOD} one "
