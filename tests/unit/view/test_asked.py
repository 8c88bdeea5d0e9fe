"""What an address asks for, and the address of what is asked for."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leti.view.asked import Asked, read

text = st.text(st.characters(exclude_categories=("Cs",)), max_size=8)
anything = st.builds(
    Asked,
    **dict.fromkeys(("place", "beside", "split", "problem", "outcome", "error", "text"), text),
    at=st.lists(st.integers(0, 10**6), max_size=2).map(tuple),
)


@given(anything)
def test_an_address_asks_for_what_it_is_the_address_of(asked: Asked) -> None:
    again = read(urlsplit(asked.address(*asked.at)).query)
    assert again.address() == asked.address()
    assert again.at == (asked.at if any(asked.at) else ())


@given(st.text(st.characters(exclude_categories=("Cs",)), max_size=60))
def test_any_query_asks_for_something(query: str) -> None:
    assert all(number >= 0 for number in read(query).starts)


@pytest.mark.parametrize("at", ["-1", "1e3", "²", "9" * 40, "", "0x1", "1 "])
def test_what_is_no_number_of_attempts_is_passed_over(at: str) -> None:
    assert read(f"at={at}").starts == (0,)


def test_fields_without_end_are_refused() -> None:
    with pytest.raises(ValueError, match="fields"):
        read("&".join(f"at={number}" for number in range(100)))


@pytest.mark.parametrize(
    ("place", "beside", "places"),
    [("", "", ("",)), ("000", "", ("000",)), ("", "001", ("001",)), ("000", "001", ("000", "001")), ("0", "0", ("0",))],
)
def test_two_places_are_two_columns(place: str, beside: str, places: tuple[str, ...]) -> None:
    assert Asked(place=place, beside=beside).places == places
