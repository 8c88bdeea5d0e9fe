"""What a comparison comes to, where it is known."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Any

import pytest

from leti.compare import compare, in_words
from leti.compare.sources import PROGRAMS, SECONDS, STEPS
from leti.errors import RunError
from leti.scores import Estimate

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Maker


@pytest.fixture
def two(maker: Maker) -> list[Path]:
    """Two arms of three seeds: the second ends ahead on every problem, by a quarter."""
    slow = [maker.run(f"slow/{seed}", [1, 1, 2], seed=seed) for seed in range(3)]
    fast = [maker.run(f"fast/{seed}", [1, 2, 3], seed=seed, objective="rft", steps=2) for seed in range(3)]
    return slow + fast


def test_who_is_ahead_and_by_how_much(two: list[Path]) -> None:
    found = compare(two)
    assert found.verdict.title == "fast is ahead of slow by 25.0 points of pass@1: 75.0\xa0% against 50.0\xa0%"
    slow, fast = found.standings["pass@1"]
    assert slow.lead is None
    assert fast.lead
    assert fast.lead.points == Estimate(0.25, 0.25, 0.25)
    assert (fast.lead.seeds, fast.lead.clear) == (3, True)
    assert fast.change.value == pytest.approx(0.5)
    assert list(found.standings) == ["pass@1", "pass@2"]
    assert found.at == ("001", "001")


def test_arms_that_are_level_are_not_told_apart(maker: Maker) -> None:
    found = compare([maker.run("a", [1, 2]), maker.run("b", [1, 2], objective="rft")])
    assert "a and b are not clearly apart" in found.verdict.title
    assert "not shown to differ" in found.verdict.sentences[0]
    assert "it covers the choice of problems, not of seeds" in found.verdict.sentences[0]
    assert any(note.startswith("One seed each: a, b.") for note in found.notes)


def test_the_first_of_many_that_is_not_clearly_first_is_said_to_be_so(maker: Maker) -> None:
    found = compare([maker.run(name, [1, 2], objective=name) for name in "abc"])
    assert "stands highest" in found.verdict.title
    assert any("Each interval is of one pair by itself" in note for note in found.notes)


def test_steps_and_programs_are_counted_to_the_highest_that_all_reach(two: list[Path]) -> None:
    found = compare(two)
    assert [round(goal.rate, 4) for goal in found.goals] == [0.375, 0.4375, 0.5]
    steps = {effort.way: effort for effort in found.efforts}
    slow, fast = (row[-1] for row in steps[STEPS].rows)
    assert slow.took.value == pytest.approx(6)
    assert fast.took.value == pytest.approx(2)
    assert fast.ratio
    assert fast.ratio.value == pytest.approx(1 / 3)
    assert steps[PROGRAMS].rows[0][-1].took.value == pytest.approx(16)
    assert SECONDS not in steps
    assert any("Nothing is counted in seconds: those of slow, fast" in note for note in found.notes)


def test_a_target_that_is_asked_for_may_never_be_reached(two: list[Path]) -> None:
    found = compare(two, target=0.9)
    assert found.asked
    assert found.goals[-1].rate == 0.9
    assert "never" in in_words(found)


def test_an_arm_that_does_not_rise_has_no_say_in_what_is_to_be_reached(maker: Maker) -> None:
    down = maker.run("down", [1, 1], objective="rft")
    found = compare([maker.run("up", [1, 3]), down])
    assert found.goals[-1].rate == 0.75
    assert "never" in in_words(found)
    found = compare([down, maker.run("too", [1, 1], objective="too")])
    assert (found.goals, found.efforts) == ((), ())


def test_seconds_are_those_of_learning(maker: Maker) -> None:
    paths = [maker.run("a", [1, 2], seconds=9.0), maker.run("b", [1, 2], seconds=19.0, objective="rft")]
    seconds = next(effort for effort in compare(paths).efforts if effort.way == SECONDS)
    assert [row[-1].took.value for row in seconds.rows] == pytest.approx([10.0, 20.0])
    assert [plot.axis for plot in compare(paths).plots["pass@1"]] == ["iteration", STEPS, PROGRAMS, SECONDS]


def test_only_seeds_that_both_have_are_paired(maker: Maker) -> None:
    paths = [maker.run(f"a/{seed}", [1, 2], seed=seed) for seed in (0, 1, 2)]
    paths += [maker.run(f"b/{seed}", [1, 3], seed=seed, objective="rft") for seed in (1, 2)]
    found = compare(paths)
    [_, row] = found.standings["pass@1"]
    assert row.lead
    assert row.lead.seeds == 2
    assert any("they may disagree" in sentence for sentence in found.verdict.sentences)


def test_arms_without_a_seed_in_common_draw_their_own(maker: Maker) -> None:
    paths = [maker.run("a", [1, 2]), maker.run("b", [1, 3], seed=1, objective="rft")]
    [_, row] = compare(paths).standings["pass@1"]
    assert row.lead
    assert (row.lead.seeds, row.lead.points.value) == (0, pytest.approx(0.25))


def test_an_unfinished_run_is_compared_as_far_as_it_has_got(maker: Maker) -> None:
    going_on = maker.run("b", [1, 2], objective="rft", config={"iterations": 3})
    found = compare([maker.run("a", [1, 2, 3]), going_on])
    assert found.at == ("000", "000")
    assert "b (1 of 3)" in found.verdict.status
    assert "after iteration 000" in found.verdict.status


def test_arms_that_planned_other_iterations_are_compared_after_their_last(maker: Maker) -> None:
    found = compare([maker.run("a", [1, 2, 3]), maker.run("b", [1, 2], objective="rft")])
    assert (found.at, found.verdict.status) == (("001", "000"), "")


def test_a_seed_that_lags_behind_is_left_out(maker: Maker) -> None:
    paths = [maker.run(f"a/{seed}", [1, 2], seed=seed) for seed in (0, 1)]
    late = maker.run("a/2", [1], seed=2, config={"iterations": 1})
    found = compare([*paths, late, maker.run("b", [1, 2], objective="rft")])
    assert found.measured[0].seeds == ("0", "1")
    assert any("Left out" in note and "a/2" in note for note in found.notes)


def test_before_learning_there_is_nothing_to_compare(maker: Maker) -> None:
    found = compare([maker.run("a", [1]), maker.run("b", [1, 2], objective="rft")])
    assert "a has no iteration that is scored" in found.verdict.title


def test_one_arm_of_several_seeds_is_told_by_itself(maker: Maker) -> None:
    found = compare([maker.run(f"a/{seed}", [1, 2], seed=seed) for seed in (0, 1)])
    assert found.verdict.title == "a: pass@1 25.0\xa0% before, 50.0\xa0% after"
    assert found.turned == ()


def test_problems_that_one_arm_solves_and_the_other_does_not(maker: Maker) -> None:
    found = compare([maker.run("a", [0, 1]), maker.run("b", [0, 2], objective="rft")])
    [row] = found.turned
    assert (row.both, row.first, row.other, row.neither) == (4, 0, 4, 0)
    assert found.courses[0].rates == (0.0, 0.25)


def test_runs_are_compared_on_the_problems_they_have_in_common(maker: Maker) -> None:
    names = [f"hand/{number}" for number in (6, 7, 8)]
    found = compare([maker.run("a", [1, 2]), maker.run("b", [1, 2], objective="rft", problems=names)])
    assert found.problems == 2
    assert any("on the 2 problems of test that every run was scored on; 7 more" in note for note in found.notes)


def test_arms_of_the_same_configuration_are_said_to_be_so(maker: Maker) -> None:
    paths = [maker.run(name, [1, 2], objective=name[0]) for name in ("a1", "a2", "b")]
    assert "a1 and a2 have the same configuration" in compare(paths).notes[1]


def test_another_model_or_way_to_score_is_said(maker: Maker) -> None:
    other = maker.run("b", [1, 2], model="other", config={"score": {"temperature": 0.1}})
    notes = " ".join(compare([maker.run("a", [1, 2]), other]).notes)
    assert "did not begin with the same model" in notes
    assert "not scored the same way (score." in notes


def test_a_problem_that_is_put_otherwise_is_said(maker: Maker) -> None:
    first, second = maker.run("a", [1, 2]), maker.run("b", [1, 2], objective="rft")
    file = second / "problems.jsonl"
    file.write_text(file.read_text().replace("Twice x.", "x twice.", 3))
    assert any(
        "3 of the 8 problems of test have the same name but another" in note for note in compare([first, second]).notes
    )


def test_the_split_that_nothing_was_decided_on_is_compared(maker: Maker) -> None:
    paths = [
        maker.run("a", [1, 2], splits=("validation", "test")),
        maker.run("b", [1, 2], splits=("validation", "test"), objective="rft"),
    ]
    assert compare(paths).split == "test"
    assert compare(paths, split="validation").split == "validation"
    assert compare([paths[0], maker.run("c", [1, 2], splits=("validation",), objective="c")]).split == "validation"


def test_a_single_arm_is_not_against_anything_on_a_terminal(two: list[Path]) -> None:
    assert "against" not in in_words(compare(two[:3])).splitlines()[2]
    lines = in_words(compare(two)).splitlines()
    assert lines[2].split()[:2] == ["pass@1", "on"]
    assert lines[4].startswith("fast ")


@pytest.mark.parametrize(
    ("splits", "asked", "words"),
    [
        ((("test",), ("validation",)), None, r"No split is scored in every run \(a: test; b: validation\)"),
        (
            (("test",), ("test", "validation")),
            "validation",
            "'validation' is not scored in every run .* Type --split test",
        ),
    ],
)
def test_runs_without_a_split_in_common_are_refused(
    maker: Maker, splits: tuple[tuple[str, ...], tuple[str, ...]], asked: str | None, words: str
) -> None:
    paths = [maker.run("a", [1], splits=splits[0]), maker.run("b", [1], splits=splits[1], objective="rft")]
    with pytest.raises(RunError, match=words):
        compare(paths, split=asked)


def test_what_makes_no_sense_is_refused_and_says_what_to_type(maker: Maker, tmp_path: Path) -> None:
    run = maker.run("a", [1, 2])
    with pytest.raises(RunError, match="type two or more"):
        compare([run])
    with pytest.raises(RunError, match="is there twice"):
        compare([run, run.parent / "." / "a"])
    with pytest.raises(RunError, match="is no run"):
        compare([run, tmp_path])
    other = maker.run("b", [1, 2], objective="rft", problems=["else/1"])
    with pytest.raises(RunError, match=r"scored on other problems \(hand/0, else/1"):
        compare([run, other])
    shutil.rmtree(other / "base")
    with pytest.raises(RunError, match="b has not been scored yet"):
        compare([run, other])


@pytest.mark.parametrize(
    ("section", "key", "value"),
    [
        *(("sampling", "max_new_tokens", 9), ("sampling", "cut", "block"), ("sampling", "engine", "vllm")),
        *(("model", "precision", "bfloat16"), ("problems", "format", "chat"), ("verify", "timeout", 9.0)),
    ],
)
def test_whatever_decides_a_score_besides_learning_is_said(maker: Maker, section: str, key: str, value: Any) -> None:
    other = maker.run("b", [1, 2], config={section: {key: value}})
    notes = " ".join(compare([maker.run("a", [1, 2]), other]).notes)
    assert f"not scored the same way ({section}.{key})" in notes


def test_how_programs_to_learn_from_are_drawn_decides_no_score(maker: Maker) -> None:
    other = maker.run("b", [1, 2], config={"sampling": {"samples": 9, "min_p": 0.1}})
    assert "not scored the same way" not in " ".join(compare([maker.run("a", [1, 2]), other]).notes)
