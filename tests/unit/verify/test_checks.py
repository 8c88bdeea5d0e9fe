from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leti.verify import tests_from_text as split

PIECES = [
    "assert f(1) == 2",
    "x = 3",
    "# words",
    "",
    "assert (\n    f(2)\n)",
    "def g():\n    assert 1\n",
    "y = 1; assert y",
    "(",
]


@given(st.lists(st.sampled_from(PIECES)).map("\n".join))
def test_the_text_stays_the_text(text: str) -> None:
    assert split(text).text == text


@given(st.text(alphabet="ax=()\n\r\f:;# \t\\'\"", max_size=40))
def test_the_text_of_anything_stays_the_text(text: str) -> None:
    assert split(text).text == text


@pytest.mark.parametrize(
    ("text", "tests"),
    [
        ("assert a\nassert b", ("assert a", "assert b")),
        ("\n# one\nassert a\n\nx = 1\nassert x\n", ("\n# one\nassert a", "\nx = 1\nassert x\n")),
        ("def check(f):\n    assert f\n\ncheck(g)\n", ("def check(f):\n    assert f\n\ncheck(g)\n",)),
        ("assert a\ncheck(g)", ("assert a", "check(g)")),
        ("x = 1; assert x; y = 2; assert y\nassert z", ("x = 1; assert x; y = 2; assert y", "assert z")),
        ("assert (", ("assert (",)),
        ("", ("",)),
    ],
)
def test_each_assert_is_a_test(text: str, tests: tuple[str, ...]) -> None:
    assert split(text).tests == tests
