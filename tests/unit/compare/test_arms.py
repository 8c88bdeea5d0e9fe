"""Which runs belong together, and what they are called."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from leti.compare.arms import NOT_THERE, arms
from leti.compare.sources import open_runs

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Maker


def told(paths: list[Path], defaults: dict[str, object] | None = None) -> dict[str, list[str]]:
    return {arm.name: [source.seed for source in arm.sources] for arm in arms(open_runs(paths, defaults or {}))}


def test_runs_that_differ_in_the_seed_alone_are_one_arm(maker: Maker) -> None:
    paths = [maker.run(f"text/{seed}", [1], seed=seed) for seed in (0, 1)]
    paths += [maker.run("binary/0", [1], objective="reward-only")]
    assert told(paths) == {"text": ["0", "1"], "binary/0": ["0"]}


def test_what_may_change_between_sittings_sets_no_run_apart(maker: Maker) -> None:
    paths = [maker.run("a-seed0", [1, 2]), maker.run("a-seed1", [1, 2, 2], seed=1, config={"tracker": "wandb"})]
    assert told([*paths, maker.run("b", [1], objective="reward-only")]) == {"a-seed": ["0", "1"], "b": ["0"]}


def test_a_seed_that_is_there_already_begins_another_arm(maker: Maker) -> None:
    paths = [maker.run(f"{name}/{seed}", [1], seed=seed) for seed in (0, 1) for name in ("old", "new")]
    assert told(paths) == {"old": ["0", "1"], "new": ["0", "1"]}


@pytest.mark.parametrize(
    ("names", "name"),
    [
        (["x/10", "x/11"], "x"),
        (["run7/0", "run7/1"], "run7"),
        (["a", "b"], "runs"),
    ],
)
def test_an_arm_is_named_by_what_its_folders_have_in_common(maker: Maker, names: list[str], name: str) -> None:
    paths = [maker.run(each, [1], seed=seed) for seed, each in enumerate(names)]
    apart = maker.run("other/0", [1], objective="reward-only") if name != "runs" else None
    assert next(iter(told([*paths, *([apart] if apart else [])]))) == name


def test_arms_of_one_folder_are_named_by_their_runs(maker: Maker) -> None:
    paths = [maker.run("sweep/0", [1]), maker.run("sweep/1", [1], seed=1)]
    paths += [maker.run(f"sweep/{2 + seed}", [1], seed=seed, objective="reward-only") for seed in (0, 1)]
    assert list(told(paths)) == ["0 and 1 more", "2 and 1 more"]


def test_an_arm_says_in_which_keys_it_differs(maker: Maker) -> None:
    config = {"training": {"epochs": 1}, "sampling": {"samples": 8, "stop": ["\n"]}}
    found = arms(open_runs([maker.run("a", [1]), maker.run("b", [1], objective="x", config=config)], {}))
    assert found[0].settings == {
        "objective.name": "fcft",
        "training.epochs": NOT_THERE,
        "sampling.samples": NOT_THERE,
        "sampling.stop": NOT_THERE,
    }
    assert found[1].gloss == "objective.name = x, training.epochs = 1 and 2 more"


def test_a_key_that_came_later_is_as_it_is_by_default(maker: Maker) -> None:
    old, new = maker.run("old", [1]), maker.run("new", [1], seed=1, config={"training": {"layers": {}}})
    assert len(told([old, new])) == 2
    assert len(told([old, new], {"training": {"layers": {}}})) == 1
