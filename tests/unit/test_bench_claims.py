"""The claims' bench: its arms are configurations, its statistics are right where the answer is known."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / "bench" / "claims"))

import arms
import owing
import retries
import tables

from leti import build
from leti.config import load_config, resolved
from leti.problems import load_problems
from leti.types import Ending, Feedback, Outcome, Problem, SampleRequest, Solution, Verdict, Wanted


@pytest.mark.parametrize("name", list(arms.arms(Path("second"))))
def test_every_arm_is_a_configuration(name: str) -> None:
    arm = arms.arms(Path("second"))[name]
    config = load_config("pocket", arm.overrides(seed=3))
    assert config.seed == 3
    assert config.problems.limits["validation"] == 100


def test_experiments_name_arms_that_there_are_and_no_arm_is_idle() -> None:
    named = {arm for claim in arms.claims() for arm in claim.arms}
    assert named == set(arms.arms(Path("second")))


def result(arm: str, seed: int, rates: list[float]) -> dict[str, Any]:
    """As `play.py` writes it: 40 problems, 10 programs each, after the base and two iterations."""
    draw = np.random.default_rng(seed)
    places = [
        {
            "name": name,
            "steps": 10 * number,
            "pretrain_steps": number,
            "tokens": 100 * number,
            "train": {"passed": 30, "NameError": 70} if number else {},
            "plain_code_loss": 4.0 + number,
            **{
                split: {
                    "samples": 10,
                    "passed": [int(each) for each in draw.binomial(10, rate, 40)],
                    "ends": {"passed": 25, "NameError": 75},
                }
                for split in ("test", "plain", "block", "masked", "cold")
            },
        }
        for number, (name, rate) in enumerate(zip(("base", "000", "001"), rates, strict=True))
    ]
    one = {"mean": 0.4, "error": 0.1}
    meaning = {
        "pass@1": dict.fromkeys(("good", "none", "bad", "masked", "guided"), one),
        "good-bad": one,
        "guided-masked": one,
        "swap_good": one,
        "swap_bad": one,
    }
    token = None if arm in ("rejection", "supervised") else meaning
    return {"seed": seed, "learning_seconds": 60.0, "places": places, "reward_token": token, "date": "2026-01-01"}


@pytest.mark.parametrize("claim", arms.claims(), ids=lambda claim: claim.name)
def test_every_experiment_has_its_tables(claim: arms.Claim) -> None:
    known = arms.arms(Path("second"))
    found = {name: [result(name, seed, [0.2, 0.3, 0.4]) for seed in range(3)] for name in known}
    for table in tables.TABLES[claim.name](found, claim, known):
        assert table.rows
        assert {len(row) for row in table.rows} == {len(table.head)}


def test_a_gain_that_is_there_is_told_in_bold_and_one_that_is_not_is_not() -> None:
    known = arms.arms(Path("second"))
    found = {
        "text": [result("text", seed, [0.2, 0.3, 0.4]) for seed in range(3)],
        "rejection": [result("rejection", seed, [0.2, 0.3, 0.4]) for seed in range(3)],
        "supervised": [result("supervised", seed, [0.2, 0.2, 0.2]) for seed in range(3)],
    }
    claim = replace(arms.claims()[1], arms=list(found))
    ahead = {row[0]: row[2] for row in tables.against(found, claim, known)[0].rows}
    assert ahead["`supervised`"].startswith("**+")
    assert not ahead["`rejection`"].startswith("**")


def test_arms_are_compared_on_the_seeds_that_both_have() -> None:
    known = arms.arms(Path("second"))
    rates = {0: 0.3, 1: 0.6}
    found = {
        "text": [result("text", seed, [0.2, 0.2, rates[seed]]) for seed in (0, 1)],
        "supervised": [result("supervised", 1, [0.2, 0.2, 0.6])],
    }
    claim = replace(arms.claims()[1], arms=list(found))
    ahead = {row[0]: row[2] for row in tables.against(found, claim, known)[0].rows}
    assert ahead["`supervised`"].startswith("+0.0")


def test_a_result_is_owed_until_its_file_holds_what_a_run_would_give_now(tmp_path: Path) -> None:
    known = arms.arms()
    config = load_config("pocket", known["text"].overrides(0))
    now = {"config": resolved(config), "identity": build.manifest(config, "")["identity"]}

    def stands(kept: dict[str, Any]) -> bool:
        file = tmp_path / "text" / "0.json"
        file.parent.mkdir(exist_ok=True)
        file.write_text(json.dumps(kept))
        return owing.owed(["text"], known, tmp_path, [0]) == []

    assert owing.owed(["text"], known, tmp_path, [0]) == [("text", 0)]
    assert stands(now)
    without_a_default = {key: value for key, value in now["config"]["verify"].items() if key != "inside"}
    assert stands(now | {"config": now["config"] | {"verify": without_a_default}})  # from before the key was there
    assert not stands(now | {"config": now["config"] | {"gone": 1}})
    assert not stands(now | {"config": now["config"] | {"iterations": 3}})
    assert not stands(now | {"identity": now["identity"] | {"problems": "others"}})


class Reader:
    """Writes the right program where it has read what was said of its problem, and only there."""

    def sample(
        self,
        rows: Sequence[Wanted],
        request: SampleRequest,  # noqa: ARG002 - the protocol's
        *,
        done: AbstractSet[tuple[str, int]],  # noqa: ARG002 - the protocol's
    ) -> Iterator[Solution]:
        for problem, sample in rows:
            text = "\nright" if f"\nsaid of {problem.id.split()[0]}\n" in problem.prompt else "\nwrong"
            yield Solution(
                problem=problem.id,
                sample=sample,
                completion=text,
                tokens=(),
                program=problem.prompt + text,
                ending=Ending.TOKEN,
            )


class Judge:
    """Passes a program that is the problem's own prompt and the right end."""

    def verify(
        self,
        pairs: Iterable[tuple[Problem, Solution]],
        *,
        scored: bool,  # noqa: ARG002 - the protocol's
    ) -> Iterator[Verdict]:
        for problem, solution in pairs:
            passed = solution.program == f"{problem.prompt}\nright"
            outcome = Outcome.PASSED if passed else Outcome.FAILED
            yield Verdict(outcome=outcome, output=problem.id)


def test_a_retry_reads_the_failed_program_and_what_was_said_of_it_and_is_judged_as_a_program_for_its_problem() -> None:
    loop = build.leti(load_config("pocket"), Judge())
    reading = replace(loop, sampler=Reader(), render=lambda v: Feedback(good=v.passed, text=f"said of {v.output}\n"))
    problems = load_problems("pocket").split("validation", 5)
    rates = {row[0]: float(row[1].split()[0]) for row in retries.retries(reading, problems).rows}
    assert rates == {"another": 0.0, "told": 100.0, "mistold": 0.0, "untold": 0.0}


def test_retries_need_words_that_differ() -> None:
    loop = build.leti(load_config("pocket"), Judge())
    wordless = replace(loop, sampler=Reader(), render=lambda v: Feedback(good=v.passed, text=None))
    with pytest.raises(SystemExit, match=r"feedback\.style"):
        retries.retries(wordless, load_problems("pocket").split("validation", 2))
