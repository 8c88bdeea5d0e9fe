from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from leti.kinds import Tests
from leti.objectives import Choice, Objective
from leti.objectives.choose import choose
from leti.types import Attempt, Ending, Feedback, Outcome, Problem, Solution, Verdict


def attempt(problem: str, sample: int, program: str, *, good: bool) -> Attempt:
    return Attempt(
        problem=Problem(id=problem, prompt="", check=Tests(tests=("assert f()",)), source="p"),
        solution=Solution(
            problem=problem, sample=sample, completion=program, tokens=(), program=program, ending=Ending.TOKEN
        ),
        verdict=Verdict(outcome=Outcome.PASSED if good else Outcome.FAILED),
        feedback=Feedback(good=good, text=None),
    )


@st.composite
def some_attempts(draw: st.DrawFn) -> list[Attempt]:
    keys = draw(st.lists(st.tuples(st.sampled_from("pq"), st.integers(0, 30)), unique=True, max_size=20))
    return [attempt(p, n, draw(st.sampled_from("abc")), good=draw(st.booleans())) for p, n in keys]


def is_subsequence(part: list[Attempt], whole: list[Attempt]) -> bool:
    rest = iter(whole)
    return all(one in rest for one in part)


@given(some_attempts())
def test_the_paper_keeps_every_attempt(attempts: list[Attempt]) -> None:
    assert choose(attempts, Choice(), key="key") == attempts


@given(some_attempts())
def test_dedupe_keeps_the_first_of_equal_programs_for_one_problem(attempts: list[Attempt]) -> None:
    kept = choose(attempts, Choice(dedupe=True), key="key")
    first: dict[tuple[str, str], Attempt] = {}
    for one in attempts:
        first.setdefault((one.problem.id, one.solution.program), one)
    assert kept == list(first.values())


def test_equal_programs_for_two_problems_are_both_kept() -> None:
    attempts = [attempt("p", 0, "a", good=True), attempt("q", 0, "a", good=True)]
    assert choose(attempts, Choice(dedupe=True), key="key") == attempts


ratios = st.sampled_from([0.1, 0.5, 1.0, 1.5, 2.5])


@given(some_attempts(), ratios, st.booleans())
def test_balance_keeps_all_good_attempts_and_at_most_so_many_bad_ones(
    attempts: list[Attempt],
    balance: float,
    dedupe: bool,  # noqa: FBT001
) -> None:
    kept = choose(attempts, Choice(balance=balance, dedupe=dedupe), key="key")
    everything = choose(attempts, Choice(dedupe=dedupe), key="key")
    good = [a for a in everything if a.feedback.good]
    bad = [a for a in kept if not a.feedback.good]
    assert [a for a in kept if a.feedback.good] == good
    assert len(bad) == min(int(balance * len(good)), len(everything) - len(good))
    assert is_subsequence(kept, attempts)


@given(some_attempts(), ratios)
def test_the_same_attempts_and_key_give_the_same_choice(attempts: list[Attempt], balance: float) -> None:
    choice = Choice(balance=balance)
    assert choose(attempts, choice, key="key") == choose(list(attempts), choice, key="key")


@given(some_attempts(), ratios, st.randoms(use_true_random=False))
def test_the_choice_does_not_depend_on_the_order_of_the_attempts(attempts: list[Attempt], balance: float, dice) -> None:  # noqa: ANN001
    shuffled = list(attempts)
    dice.shuffle(shuffled)
    kept = {a.solution.key for a in choose(attempts, Choice(balance=balance), key="key")}
    assert {a.solution.key for a in choose(shuffled, Choice(balance=balance), key="key")} == kept


@given(some_attempts(), ratios, st.data())
def test_taking_away_what_was_not_chosen_changes_nothing(
    attempts: list[Attempt], balance: float, data: st.DataObject
) -> None:
    choice = Choice(balance=balance)
    kept = choose(attempts, choice, key="key")
    others = [a for a in attempts if a not in kept]
    gone = data.draw(st.lists(st.sampled_from(others), unique_by=lambda a: a.solution.key)) if others else []
    assert choose([a for a in attempts if a not in gone], choice, key="key") == kept


def test_another_key_draws_other_lots() -> None:
    attempts = [attempt("p", 0, "a", good=True), *(attempt("p", n, "b", good=False) for n in range(1, 40))]
    choice = Choice(balance=5)
    kept = {key: [a.solution.sample for a in choose(attempts, choice, key=key)] for key in ("seed=0", "seed=1")}
    assert kept["seed=0"] != kept["seed=1"]


def test_each_bad_attempt_has_the_same_chance() -> None:
    attempts = [attempt("p", 0, "a", good=True), *(attempt("p", n, "b", good=False) for n in range(1, 5))]
    drawn = [choose(attempts, Choice(balance=1), key=f"seed={seed}")[1].solution.sample for seed in range(800)]
    assert all(150 < drawn.count(sample) < 250 for sample in range(1, 5))


def test_an_objective_trains_on_what_was_chosen() -> None:
    attempts = [attempt("p", n, "same", good=n == 0) for n in range(4)]
    examples = Objective("fcft", choice=Choice(dedupe=True)).examples(attempts, "key")
    assert [example.key for example in examples] == [("p", 0)]
