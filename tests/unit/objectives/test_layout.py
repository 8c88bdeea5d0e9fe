from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leti.kinds import Tests
from leti.objectives import OBJECTIVES, Layout, Objective
from leti.types import (
    CONTROL_ROLES,
    Attempt,
    Ending,
    Example,
    Feedback,
    Outcome,
    Problem,
    Role,
    Segment,
    Solution,
    Verdict,
)
from leti.vocabulary import BAD, CONTROL_TOKENS, GOOD

PROMPT = '"""\nAdd.\n"""'
WEIGHTS = Layout(reward=1.0, feedback=2.0, problem=3.0, program=4.0, end=5.0)


def attempt(
    completion: str = "\nx = 1\n",
    *,
    kept: str | None = None,
    words: str | None = "NameError: x\n",
    ending: Ending = Ending.TOKEN,
    sample: int = 0,
) -> Attempt:
    good = words is None
    return Attempt(
        problem=Problem(id="p/1", prompt=PROMPT, check=Tests(tests=("assert x",)), source="p"),
        solution=Solution(
            problem="p/1",
            sample=sample,
            completion=completion,
            tokens=(5, 6, 7),
            program=PROMPT + (completion if kept is None else kept),
            ending=ending,
        ),
        verdict=Verdict(outcome=Outcome.PASSED if good else Outcome.RAISED),
        feedback=Feedback(good=good, text=words),
    )


def example(made_of: Attempt, name: str = "fcft", layout: Layout = WEIGHTS) -> Example:
    (found,) = Objective(name, layout).examples([made_of], "key")
    return found


def by_role(made_of: Example) -> dict[Role, Segment]:
    return {segment.role: segment for segment in made_of.segments}


def test_every_segment_bears_the_weight_of_its_role() -> None:
    found = by_role(example(attempt()))
    assert {role: segment.weight for role, segment in found.items()} == {
        Role.REWARD: 1.0,
        Role.MARKER: 2.0,
        Role.FEEDBACK: 2.0,
        Role.PROBLEM: 3.0,
        Role.PROGRAM: 4.0,
        Role.END: 5.0,
    }


def test_a_failing_attempt_weighs_what_it_is_told_to_and_a_passing_one_as_before() -> None:
    lighter = replace(WEIGHTS, bad=0.5)
    for words, times in (("NameError: x\n", 0.5), (None, 1.0)):
        made_of = attempt(words=words)
        whole, less = (example(made_of, layout=layout).segments for layout in (WEIGHTS, lighter))
        assert [segment.weight for segment in less] == [segment.weight * times for segment in whole]


def test_of_a_chat_the_whole_answer_goes_back_as_it_was_sampled() -> None:
    answer = "Sure:\n```python\nx = 1\n```"
    made_of = attempt(answer, kept="")
    asked = replace(
        made_of, problem=replace(made_of.problem, chat=True), solution=replace(made_of.solution, program="x = 1\n")
    )
    for name in OBJECTIVES:
        found = example(replace(asked, feedback=Feedback(good=True, text=None)), name)
        assert found.chat
        assert by_role(found)[Role.PROGRAM] == Segment(text=answer, role=Role.PROGRAM, weight=4.0, tokens=(5, 6, 7))
        assert Role.END in by_role(found)


def test_the_paper_weighs_every_token_alike() -> None:
    assert {segment.weight for segment in example(attempt(), layout=Layout()).segments} == {1.0}


@pytest.mark.parametrize(
    ("ending", "kept", "ends"),
    [
        (Ending.TOKEN, None, True),
        (Ending.STOP, None, True),
        (Ending.LENGTH, None, False),
        (Ending.TOKEN, "\nx", True),
        (Ending.STOP, "\nx", True),
        (Ending.LENGTH, "\nx", True),
    ],
)
@pytest.mark.parametrize("name", OBJECTIVES)
def test_a_program_that_ended_by_itself_or_was_cut_is_closed(
    ending: Ending,
    kept: str | None,
    ends: bool,  # noqa: FBT001
    name: str,
) -> None:
    made_of = attempt(kept=kept, ending=ending, words=None)
    found = example(made_of, name).segments
    assert (found[-1].role is Role.END) == ends
    assert example(made_of, name, Layout(end=0.0)).segments[-1].role is Role.PROGRAM


def test_the_end_is_no_text() -> None:
    assert by_role(example(attempt()))[Role.END].text == ""


def test_an_unmodified_program_keeps_the_ids_it_was_sampled_as() -> None:
    assert by_role(example(attempt()))[Role.PROGRAM].tokens == (5, 6, 7)


@pytest.mark.parametrize("kept", ["", "\nx", "\nx = 1\n\n"])
def test_a_modified_program_leaves_its_ids_to_the_tokenizer(kept: str) -> None:
    assert by_role(example(attempt(kept=kept)))[Role.PROGRAM].tokens == ()


def test_only_the_program_ever_has_ids() -> None:
    assert all(not s.tokens for s in example(attempt()).segments if s.role is not Role.PROGRAM)


def test_a_bad_program_without_words_has_no_span() -> None:
    roles = [segment.role for segment in example(attempt(words="")).segments]
    assert roles.count(Role.MARKER) == 2  # empty words are still words
    silent = attempt()
    silent = Attempt(
        problem=silent.problem,
        solution=silent.solution,
        verdict=silent.verdict,
        feedback=Feedback(good=False, text=None),
    )
    assert example(silent).text == BAD + PROMPT + "\nx = 1\n"


@given(st.text(max_size=20), st.none() | st.text(max_size=20), st.sampled_from(sorted(OBJECTIVES)))
def test_what_a_program_says_is_never_a_control_token(completion: str, words: str | None, name: str) -> None:
    hostile = "".join(CONTROL_TOKENS)
    made_of = attempt(completion + hostile, words=None if words is None else words + hostile)
    for found in Objective(name).examples([made_of], "key"):
        for segment in found.segments:
            assert (segment.role in CONTROL_ROLES) == (segment.text in (*CONTROL_TOKENS, ""))
        assert found.text.endswith(PROMPT + completion + hostile)


@given(st.lists(st.tuples(st.text(max_size=8), st.booleans()), max_size=6), st.sampled_from(sorted(OBJECTIVES)))
def test_an_objective_makes_one_example_per_attempt_in_their_order(rows: list[tuple[str, bool]], name: str) -> None:
    attempts = [attempt(text, words=None if good else "E\n", sample=sample) for sample, (text, good) in enumerate(rows)]
    found = Objective(name).examples(attempts, "key")
    used = [a for a in attempts if a.feedback.good or name != "passing-only"]
    assert [e.key for e in found] == [a.solution.key for a in used]
    assert Objective(name).examples(tuple(attempts), "key") == found


def test_no_attempts_are_no_examples() -> None:
    assert all(Objective(name).examples([], "key") == [] for name in OBJECTIVES)


def test_a_trained_model_is_asked_for_good_programs_with_what_it_saw_before_them() -> None:
    for name in OBJECTIVES:
        objective = Objective(name)
        assert example(attempt(words=None), name).text.startswith(objective.prefix + PROMPT)
    assert [Objective(name).prefix for name in ("fcft", "reward-only", "passing-only")] == [GOOD, GOOD, ""]
