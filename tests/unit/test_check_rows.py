from __future__ import annotations

import ast
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leti.check_rows import check_of, source
from leti.errors import ProblemError
from leti.kinds import Calls, Case, Streams

CALL = {"arguments": [1, "a"], "expected": [2]}
CALLS = {"function": "f", "calls": [CALL]}
CASES = {"cases": [{"stdin": "1", "stdout": "2"}]}


def calls_of(row: dict[str, Any], *, reference: bool = False) -> Calls:
    found = check_of(row, "rows.jsonl, line 1", reference=reference)
    assert isinstance(found, Calls)
    return found


def refusal(row: dict[str, Any], *, reference: bool = False) -> str:
    with pytest.raises(ProblemError) as told:
        check_of(row, "rows.jsonl, line 1", reference=reference)
    return str(told.value)


def test_calls_of_json_values() -> None:
    row = CALLS | {"calls": [CALL, {"arguments": [], "expected": None}]}
    assert calls_of(row) == Calls(function="f", arguments=("1, 'a'", ""), expected=("[2]", "None"), tolerance=1e-6)


def test_calls_of_python_source() -> None:
    call = {"arguments": "(1, 2), key={3}", "expected": "{(1,): 'a'}"}
    found = calls_of(CALLS | {"calls": [call], "tolerance": 0.5, "unordered": True, "accept": "lambda *_: True"})
    assert found == Calls(
        function="f",
        arguments=("(1, 2), key={3}",),
        expected=("{(1,): 'a'}",),
        tolerance=0.5,
        unordered=True,
        accept="lambda *_: True",
    )


def test_an_answer_is_one_call_without_arguments() -> None:
    assert calls_of({"answer": 42}) == Calls(function="solution", arguments=("",), expected=("42",), tolerance=1e-6)
    assert calls_of({"answer": None, "function": "g", "tolerance": 0}) == Calls(
        function="g", arguments=("",), expected=("None",)
    )


def test_cases_are_runs() -> None:
    found = check_of(CASES, "here", reference=False)
    assert found == Streams(cases=(Case(stdin="1", stdout="2"),))


def test_a_reference_may_say_what_is_expected() -> None:
    row = CALLS | {"calls": [{"arguments": [1]}, {"arguments": "2"}]}
    assert calls_of(row, reference=True).expected is None
    assert calls_of(CALLS, reference=True).expected == ("[2]",)


def test_other_fields_are_passed_over() -> None:
    assert calls_of(CALLS | {"prompt": 3, "note": "x"}) == calls_of(CALLS)


@pytest.mark.parametrize(
    ("row", "field", "words"),
    [
        ({"calls": [CALL]}, "function", "Type the name"),
        (CALLS | {"function": "a.b"}, "function", "'a.b' is no name"),
        (CALLS | {"function": 3}, "function", "valid string"),
        (CALLS | {"calls": []}, "calls", "at least 1"),
        (CALLS | {"calls": [1]}, "calls.0", "CallRow"),
        (CALLS | {"calls": [{"expected": 1}]}, "calls.0.arguments", "required"),
        (CALLS | {"calls": [CALL | {"expect": 1}]}, "calls.0.expect", "Extra"),
        (CALLS | {"calls": [CALL, {"arguments": 3, "expected": 1}]}, "calls.1.arguments", "valid"),
        (CALLS | {"calls": [CALL, {"arguments": [1]}]}, "calls.1.expected", "others have it"),
        (CALLS | {"calls": [{"arguments": [1]}]}, "calls.0.expected", "no 'reference' to ask"),
        (CALLS | {"calls": [{"arguments": "1", "expected": 1}]}, "calls.0.expected", "must be Python source"),
        (CALLS | {"calls": [{"arguments": "1", "expected": "f(1)"}]}, "calls.0.expected", "no literal"),
        (CALLS | {"calls": [{"arguments": "1", "expected": "("}]}, "calls.0.expected", "no literal"),
        (CALLS | {"calls": [{"arguments": "1, (", "expected": "1"}]}, "calls.0.arguments", "not Python"),
        (CALLS | {"calls": [{"arguments": "1)(2", "expected": "1"}]}, "calls.0.arguments", "one call"),
        (CALLS | {"calls": [{"arguments": "1)\nimport os\n_(2", "expected": "1"}]}, "calls.0.arguments", "one call"),
        (CALLS | {"tolerance": -1}, "tolerance", "greater"),
        (CALLS | {"tolerance": "1"}, "tolerance", "valid number"),
        (CALLS | {"unordered": 1}, "unordered", "boolean"),
        (CALLS | {"accept": "lambda"}, "accept", "not Python"),
        (CALLS | CASES, "cases", "there is 'calls' too"),
        (CALLS | {"tests": ["assert f()"]}, "calls", "there is 'tests' too"),
        (CASES | {"tolerance": 1.0}, "tolerance", "beside 'cases'"),
        (CASES | {"function": "f"}, "function", "beside 'cases'"),
        ({"cases": []}, "cases", "at least 1"),
        ({"cases": [{"stdin": "1"}]}, "cases.0.stdout", "required"),
        ({"cases": [{"stdin": 1, "stdout": "2"}]}, "cases.0.stdin", "valid string"),
        ({"cases": "x"}, "cases", "valid list"),
        ({"answer": json.loads("[" * 300 + "]" * 300)}, "calls.0.expected", "cannot be written"),
        ({"answer": float("nan")}, "calls.0.expected", "nan has no literal"),
    ],
)
def test_a_wrong_row_is_refused_with_file_line_and_field(row: dict[str, Any], field: str, words: str) -> None:
    told = refusal(row)
    assert f"rows.jsonl, line 1: field '{field}" in told
    assert words in told


LEAVES = (
    *(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), st.text()),
    st.complex_numbers(allow_nan=False, allow_infinity=False),
)
PLAIN = st.recursive(
    st.one_of(*LEAVES),
    lambda inner: st.one_of(
        st.lists(inner), st.tuples(inner, inner), st.dictionaries(st.text(), inner), st.sets(st.integers())
    ),
    max_leaves=8,
)


@given(PLAIN)
def test_source_makes_the_value_again(value: Any) -> None:
    made = ast.literal_eval(source(value))
    assert made == value
    assert type(made) is type(value)
