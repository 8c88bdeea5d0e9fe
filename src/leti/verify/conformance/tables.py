"""All attacks, and what a level has to claim for each of them to be run there."""

from __future__ import annotations

from dataclasses import replace

from leti.verify.conformance import generated
from leti.verify.conformance.asked import OBJECTS, PRINTED
from leti.verify.conformance.attack import HONEST, WRONG, Attack, attacks, in_every_style, programs, sections, whole
from leti.verify.conformance.forged import FORGED, LOOP
from leti.verify.conformance.heavy import FORGIVEN, HEAVY
from leti.verify.sandbox import Cover

CONTROLS = in_every_style(attacks("control", {"right": HONEST}, passes=True)) + in_every_style(
    attacks("control", {"wrong": WRONG})
)
FAKES = in_every_style(
    attacks("returns", programs("returns") | generated.RETURNED)
    + attacks("replaces", programs("replaces"))
    + attacks("looks", programs("looks"))
    + attacks("looks", programs("traces"), needs=[Cover.PROCESSES])
)
"""None of them computes the answers, so none may pass, however the question is put."""
CHANGES = attacks("changes", programs("changes")) + attacks(
    "changes", {f"{name}, asked later": text for name, text in programs("changes").items()}, tests=LOOP, slow=True
)
ENDS = attacks("ends by", programs("ends") | generated.ENDS) + attacks(
    "crashes by", programs("crashes") | generated.CRASHES
)
SHOWN = {"a loop when asked", "no signals", "one long call", "a copy that hangs", "a slow loop of waiting"}
"""Of those that hang, one of each sort: each takes all of its time."""
HANGS = tuple(
    replace(row, slow=row.name.partition(": ")[2] not in SHOWN)
    for row in attacks("hangs by", programs("hangs") | generated.HANGS)
)
ODD = attacks("odd", programs("odd") | generated.ODD, passes=True)
FLOODS = (
    attacks("memory", programs("memory") | generated.MEMORY, slow=True)
    + attacks("memory", programs("taken"), needs=[Cover.MEMORY, Cover.PROCESSES], passes=None, slow=True)
    + attacks("disk", programs("disk"), needs=[Cover.DISK, Cover.FILES], passes=None, slow=True)
    + attacks("floods", programs("floods"), slow=True)
    + attacks("processes", programs("processes"), needs=[Cover.LEFTOVERS], passes=None, slow=True)
)
"""Each is bounded, should nobody else bound it."""


def _escapes(kind: str, *needs: Cover) -> tuple[Attack, ...]:
    texts = {name: f"{text}\ndef solve(x): return 0\n" for name, text in programs(kind).items()}
    return attacks(kind, texts, needs=needs)


ESCAPES = (
    _escapes("clearing")
    + _escapes("files", Cover.FILES)
    + _escapes("powers", Cover.PRIVILEGES, Cover.KERNEL, Cover.PROCESSES, Cover.FILES)
    + _escapes("network", Cover.NETWORK, Cover.IPC, Cover.KERNEL)
    + _escapes("others", Cover.SIGNALS, Cover.PROCESSES, Cover.KERNEL)
    + _escapes("shared", Cover.IPC, Cover.DEVICES, Cover.KERNEL)
)
ATTACKS: tuple[Attack, ...] = (
    *(CONTROLS + FAKES + FORGED + CHANGES + FORGIVEN + HEAVY),
    *(OBJECTS + PRINTED + ENDS + HANGS + ODD + FLOODS + ESCAPES),
)


def _pair(text: str) -> tuple[str, str]:
    first, second = text.split("\n--\n")
    return whole(first), whole(second)


PAIRS: dict[str, tuple[str, str]] = {name: _pair(text) for name, text in sections("neighbours").items()}
"""Whatever the first program leaves behind, the second is judged as if it had been alone."""
