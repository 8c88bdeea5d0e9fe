from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from leti.types import Frame
from leti.verify.events import MAX_LINE, Event, EventKind, EventReader

SECRET = "5ec2e7"
PASSED = b'\n5ec2e7 {"kind": "passed", "test": 1}\n'
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
)


@given(st.binary(max_size=300), st.lists(st.integers(1, 40), max_size=20))
def test_an_event_is_found_among_anything_and_in_any_pieces(noise: bytes, cuts: list[int]) -> None:
    reader, data, found = EventReader(SECRET), noise + PASSED, []
    for cut in cuts:
        found += reader.feed(data[:cut])
        data = data[cut:]
    found += reader.feed(data)
    assert found == [Event(kind=EventKind.PASSED, test=1)]


@given(json_values, st.sampled_from(EventKind))
def test_nothing_that_carries_the_secret_breaks_the_reader(value: object, kind: str) -> None:
    for said in (value, {"kind": kind, "test": value, "error": value}, {"kind": kind, "error": {"frames": value}}):
        EventReader(SECRET).feed(f"{SECRET} {json.dumps(said)}\n".encode())


def test_lines_without_the_secret_are_nothing() -> None:
    reader = EventReader(SECRET)
    for begin in (b"", b" ", b"5ec2e8 ", b"5ec2e7", b"\x00"):
        assert reader.feed(begin + b'{"kind": "done", "tests": 0}\n') == []


def test_an_endless_line_is_not_kept() -> None:
    reader = EventReader(SECRET)
    for _ in range(3):
        assert reader.feed(b"x" * MAX_LINE) == []
    assert reader.feed(PASSED) == [Event(kind=EventKind.PASSED, test=1)]


def test_what_was_raised_is_read_whole() -> None:
    error = {"type": "E", "message": "m", "frames": [[3, "f", False, 2]], "got": "1", "expected": "2", "syntax": None}
    said = {"kind": "raised", "test": 0, "error": error, "asserted": True, "check": [3, 4]}
    (event,) = EventReader(SECRET).feed(f"{SECRET} {json.dumps(said)}\n".encode())
    assert event.error is not None
    assert event.error.frames == (Frame(line=3, function="f", source="", repeated=2),)
    assert (event.error.got, event.error.expected, event.check, event.asserted) == ("1", "2", (3, 4), True)
