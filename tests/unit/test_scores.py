from __future__ import annotations

import json
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from leti.scores import Tally, estimate, in_words, paired_difference, pass_at_k, summary, tally

if TYPE_CHECKING:
    from pathlib import Path


@st.composite
def counts(draw: st.DrawFn, most: int = 9) -> tuple[int, int, int]:
    samples = draw(st.integers(1, most))
    return samples, draw(st.integers(0, samples)), draw(st.integers(1, samples))


def tallies(passed: list[int], samples: int) -> list[Tally]:
    return [Tally(samples, count) for count in passed]


@given(counts())
def test_pass_at_k_is_the_share_of_k_subsets_that_hold_a_passing_program(case: tuple[int, int, int]) -> None:
    samples, passed, k = case
    programs = [True] * passed + [False] * (samples - passed)
    subsets = list(combinations(programs, k))
    assert pass_at_k(samples, passed, k=k) == pytest.approx(sum(map(any, subsets)) / len(subsets), abs=1e-12)


def test_pass_at_k_agrees_with_the_official_code(shared: Path) -> None:
    for case in json.loads((shared / "vectors" / "pass_at_k.json").read_text())["cases"]:
        found = [pass_at_k(case["n"], passed, k=case["k"]) for passed in case["c"]]
        assert found == pytest.approx(case["value"], abs=1e-12)


@given(counts(most=400))
def test_pass_at_k_is_a_chance_and_never_falls_with_one_more_pass(case: tuple[int, int, int]) -> None:
    samples, passed, k = case
    value = pass_at_k(samples, passed, k=k)
    assert 0.0 <= value <= 1.0
    assert passed == samples or value <= pass_at_k(samples, passed + 1, k=k)


@given(counts(most=400))
def test_pass_at_1_is_the_share_that_passed(case: tuple[int, int, int]) -> None:
    samples, passed, _ = case
    assert pass_at_k(samples, passed, k=1) == pytest.approx(passed / samples, abs=1e-12)


@pytest.mark.parametrize(
    ("samples", "passed", "k", "words"),
    [
        (4, 2, 0, "pass@0"),
        (4, 2, 5, "pass@5 needs at least 5 samples for each problem; there are 4"),
        (4, -1, 1, "-1 of 4 samples cannot have passed"),
        (4, 5, 1, "5 of 4 samples cannot have passed"),
        (0, 0, 1, "there are 0"),
    ],
)
def test_pass_at_k_refuses_what_cannot_be(samples: int, passed: int, k: int, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        pass_at_k(samples, passed, k=k)


@given(st.lists(st.integers(0, 6), min_size=1, max_size=30), st.integers(1, 6))
def test_the_interval_contains_the_mean_of_the_problems(passed: list[int], k: int) -> None:
    found = estimate(tallies(passed, 6), k)
    assert found.value == pytest.approx(sum(pass_at_k(6, count, k=k) for count in passed) / len(passed))
    assert found.low - 1e-9 <= found.value <= found.high + 1e-9


def test_the_interval_is_the_same_every_time() -> None:
    assert estimate(tallies([0, 3, 8], 8), 2) == estimate(tallies([0, 3, 8], 8), 2)


def test_the_interval_shrinks_like_the_root_of_the_number_of_problems() -> None:
    few, many = (estimate(tallies([0, 1, 2, 3, 4] * times, 4), 1) for times in (4, 64))
    assert few.value == pytest.approx(many.value)
    assert (few.high - few.low) / (many.high - many.low) == pytest.approx(4.0, rel=0.15)


@given(st.integers(1, 500), st.sampled_from([0, 4]))
def test_problems_that_are_all_solved_or_none_of_them_are_no_certainty(problems: int, passed: int) -> None:
    found = estimate(tallies([passed] * problems, 4), 1)
    assert found.value == passed / 4
    assert found.value == (found.high if passed else found.low)
    assert (1 - (found.high - found.low)) ** problems == pytest.approx(0.05)  # the chance to see none of the others


def test_no_problem_solved_of_300_says_less_than_one_in_a_hundred() -> None:
    found = estimate(tallies([0] * 300, 20), 1)
    assert (found.value, found.low, found.high) == pytest.approx((0.0, 0.0, 3 / 300), abs=1e-4)


def test_the_interval_is_as_wide_as_the_normal_one_on_many_problems() -> None:
    passed = np.random.default_rng(7).binomial(8, 0.4, size=300)
    found = estimate(tallies(passed.tolist(), 8), 1)
    error = (passed / 8).std() / np.sqrt(300)
    assert (found.low, found.high) == pytest.approx((found.value - 1.96 * error, found.value + 1.96 * error), abs=0.002)


def test_the_interval_holds_the_truth_about_95_times_in_100(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("leti.scores.RESAMPLES", 1000)
    generator = np.random.default_rng(0)
    runs, held = 200, 0
    for _ in range(runs):  # problems differ in difficulty: pass rates are uniform, so the mean pass@1 is 0.5
        passed = generator.binomial(10, generator.uniform(size=60))
        found = estimate(tallies(passed.tolist(), 10), 1)
        held += found.low <= 0.5 <= found.high
    assert 0.90 <= held / runs <= 0.99


def test_an_estimate_needs_problems() -> None:
    with pytest.raises(ValueError, match="no problems to score"):
        estimate([], 1)


@given(st.dictionaries(st.text(max_size=3), st.builds(Tally, st.just(5), st.integers(0, 5)), min_size=1, max_size=8))
def test_the_paired_difference_of_equal_scores_is_exactly_zero_and_may_be_either(scores: dict[str, Tally]) -> None:
    found = paired_difference(scores, dict(reversed(scores.items())), k=2)
    assert found.value == 0.0
    assert -found.low == found.high == pytest.approx(1 - 0.05 ** (1 / len(scores)))


def test_the_paired_difference_is_after_minus_before_and_pairs_by_name() -> None:
    before, after = {"a": Tally(4, 0), "b": Tally(4, 4)}, {"b": Tally(8, 8), "a": Tally(8, 4)}
    found = paired_difference(before, after, k=1)
    assert found.value == pytest.approx(0.25)
    assert paired_difference(after, before, k=1).value == pytest.approx(-0.25)
    assert 0.0 <= found.low <= found.high <= 0.5


def test_pairing_sees_a_small_gain_that_unpaired_intervals_hide() -> None:
    before = {str(number): Tally(10, number % 10) for number in range(100)}
    after = {name: Tally(10, seen.passed + 1) for name, seen in before.items()}
    assert estimate(before.values(), 1).high > estimate(after.values(), 1).low
    assert paired_difference(before, after, k=1).low == pytest.approx(0.1)


def test_a_paired_difference_needs_the_same_problems() -> None:
    with pytest.raises(ValueError, match="same problems on both sides"):
        paired_difference({"a": Tally(1, 1)}, {"b": Tally(1, 1)}, k=1)


@given(st.lists(st.tuples(st.sampled_from("abc"), st.booleans())))
def test_tallies_count_rows_by_problem_in_order_of_first_appearance(rows: list[tuple[str, bool]]) -> None:
    found = tally(rows)
    assert list(found) == list(dict.fromkeys(name for name, _ in rows))
    for name, seen in found.items():
        mine = [passed for problem, passed in rows if problem == name]
        assert seen == Tally(len(mine), sum(mine))


def test_a_summary_holds_each_k_that_the_samples_allow() -> None:
    found = summary({"a": Tally(4, 1), "b": Tally(4, 4)}, [1, 4, 10])
    assert list(found) == ["problems", "samples", "pass@1", "pass@4"]
    assert (found["problems"], found["samples"]) == (2, 4)
    assert found["pass@1"]["value"] == pytest.approx(0.625)
    assert list(found["pass@4"]) == ["value", "low", "high"]
    assert json.loads(json.dumps(found)) == found


def test_a_summary_refuses_uneven_samples_and_no_problems() -> None:
    with pytest.raises(ValueError, match=r"same number of samples; seen \[2, 4\]"):
        summary({"a": Tally(4, 1), "b": Tally(2, 1)}, [1])
    with pytest.raises(ValueError, match="no problems"):
        summary({}, [1])


def test_a_summary_in_words_is_one_line_of_percentages() -> None:
    words = in_words(summary({"a": Tally(2, 2), "b": Tally(2, 2)}, [1, 2]))
    assert words == "pass@1 100.0 % [22.4, 100.0], pass@2 100.0 % [22.4, 100.0] (2 problems x 2 samples)"
