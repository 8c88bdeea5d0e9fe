"""Text that a model wrote, made fit to be read: nothing in it is invisible, nothing is endless. Pure."""

from __future__ import annotations

import re

NAME_CHARS = 120
_UNSEEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ud800-\udfff"
    "\ufeff\ufff9-\ufffb\ufffe\uffff\U000e0000-\U000e0fff]"
)
"""Control and format characters other than tab and line feed, and lone surrogates, which no UTF-8 file can hold.
Direction marks are among them: they would show a program other than it runs."""


def visible(text: str) -> str:
    """The text with every unseen character written out: NUL as its picture, a direction mark as its code."""
    return _UNSEEN.sub(lambda match: _name(ord(match[0])), text)


def cut(text: str, limit: int) -> str:
    """The text if it has at most `limit` characters; else its head and tail and how much was left out between them."""
    if len(text) <= limit:
        return text
    tail = limit // 4
    head = limit - tail
    return f"{text[:head]} […{len(text) - limit:,} characters left out…] {text[-tail:]}"


def _name(code: int) -> str:
    if code < 0x20:
        return chr(0x2400 + code)
    if code == 0x7F:
        return "\u2421"
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"
