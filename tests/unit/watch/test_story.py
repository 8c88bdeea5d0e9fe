from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from written_run import EXPECTED, SCORES

from leti.watch.expected import Expected
from leti.watch.news import Follower
from leti.watch.story import Story

if TYPE_CHECKING:
    from written_run import Writing


def test_a_stage_is_told_with_its_pace_its_pass_rate_and_its_errors(writing: Writing) -> None:
    follower, story = Follower(writing.run), Story(EXPECTED, now=0.0)
    first = writing.run.iteration(0)
    writing.judged(first, 0)
    writing.judged(first, 1, "NameError")
    assert story.hear(list(follower.news()), now=4.0) == []
    assert story.stage is not None
    assert story.stage.progress(4.0) == "000: 2 of 4 programs, 0.5/s, 4.0 s left; 50.0 % passed; NameError 50 %"
    writing.judged(first, 2)
    writing.judged(first, 3)
    assert story.hear(list(follower.news()), now=8.0) == ["000: 4 programs in 8.0 s; 75.0 % passed; NameError 25 %"]
    assert story.stage is None


def test_steps_are_told_with_their_loss_and_scores_with_their_interval(writing: Writing) -> None:
    follower, story = Follower(writing.run), Story(EXPECTED, now=0.0)
    writing.examples(0, 3)
    writing.stepped(0, 1, loss=0.25)
    assert story.hear(list(follower.news()), now=2.0) == []
    assert story.stage is not None
    assert story.stage.progress(2.0) == "000: 1 of 6 steps, 0.5/s, 10 s left; loss 0.250"
    writing.judged(writing.run.iteration(0).scored("validation"), 0, "TypeError")
    writing.run.iteration(0).write_scores({"validation": SCORES})
    assert story.hear(list(follower.news()), now=3.0) == [
        "000: 1 steps in 3.0 s; loss 0.250",  # there were fewer than expected
        "000: validation pass@1 50.0 % [0.0, 100.0] (1 problems x 2 samples)",
    ]


def test_what_was_done_in_an_earlier_sitting_does_not_count_for_the_pace(writing: Writing) -> None:
    first = writing.run.iteration(0)
    writing.judged(first, 0)
    writing.judged(first, 1)
    follower, story = Follower(writing.run), Story(EXPECTED, now=0.0)
    writing.judged(first, 2)
    story.hear(list(follower.news()), now=2.0)
    assert story.stage is not None
    assert story.stage.progress(2.0).startswith("000: 3 of 4 programs, 0.5/s, 2.0 s left")


@pytest.mark.parametrize(("examples", "steps"), [(0, 0), (1, 3), (4, 6), (5, 9)])
def test_steps_are_foreseen_as_the_plan_has_them(examples: int, steps: int) -> None:
    plan = pytest.importorskip("leti.training.plan", reason="needs torch: pip install 'leti[train]'")
    from leti.training import PretrainSettings, TrainerSettings

    settings = TrainerSettings(epochs=2, batch=2, pretrain=PretrainSettings(ratio=0.5))
    assert len(plan.plan(examples, settings, key="k")) == steps
    assert Expected(programs=1, scored={}, epochs=2, batch=2, pretrain_ratio=0.5).steps(examples) == steps


@pytest.mark.parametrize("ratio", [0.07, 0.29, 0.57, 1 / 3])
def test_steps_on_plain_code_are_foreseen_to_the_last_one(ratio: float) -> None:
    plan = pytest.importorskip("leti.training.plan", reason="needs torch: pip install 'leti[train]'")
    from leti.training import PretrainSettings, TrainerSettings

    settings = TrainerSettings(epochs=1, batch=1, pretrain=PretrainSettings(ratio=ratio))
    expected = Expected(programs=1, scored={}, epochs=1, batch=1, pretrain_ratio=ratio)
    for examples in (3, 100, 300):
        assert len(plan.plan(examples, settings, key="k")) == expected.steps(examples)


def test_the_pace_is_that_since_the_first_look_so_that_loading_a_model_does_not_count(writing: Writing) -> None:
    follower, story = Follower(writing.run), Story(EXPECTED, now=0.0)
    for sample, now in ((0, 100.0), (1, 101.0), (2, 102.0)):
        writing.judged(writing.run.iteration(0), sample)
        story.hear(list(follower.news()), now=now)
    assert story.stage is not None
    assert story.stage.progress(102.0).startswith("000: 3 of 4 programs, 1.0/s, 1.0 s left")
