"""What the model card tells is what stands in the run, and nothing of the machine."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from made_run import make_run, row

from leti.export.card import render
from leti.export.facts import Facts, _settings, gather
from leti.runs import Place, Run
from leti.scores import summary, tally
from tiny_models import tiny_gpt2

if TYPE_CHECKING:
    from pathlib import Path

    from leti.runs import AttemptRow

CARD = "---\nlicense: bigcode-openrail-m\ntags: [code]\n---\n# Base\n\nlicense: none of this\n"


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    folder = tmp_path_factory.mktemp("card")
    return make_run(folder / "run", tiny_gpt2(folder / "my-base"), iterations=2)


def facts_of(run: Run, number: int = 1) -> Facts:
    return gather(run, run.iteration(number), first=["<|good|>"])


def score(place: Place, split: str, rows: list[AttemptRow]) -> dict[str, object]:
    place.scored(split).attempts.extend(rows)
    return summary(tally((one.solution.problem, one.verdict.passed) for one in rows), (1, 2))


def test_the_programs_of_all_iterations_up_to_this_one_are_counted(run: Run) -> None:
    assert (facts_of(run, 0).iterations, facts_of(run, 0).programs, facts_of(run, 0).passed) == (1, 2, 1)
    last = facts_of(run)
    assert (last.iterations, last.planned, last.programs, last.passed, last.problems) == (2, 2, 4, 2, 1)
    assert (last.objective, last.feedback, last.isolation) == ("fcft", "detailed", "namespaces")


def test_what_is_not_scored_is_said_to_be_so(run: Run) -> None:
    assert facts_of(run).scores == ()
    assert "Not scored." in render(facts_of(run))


def test_no_path_of_the_machine_is_told(run: Run) -> None:
    facts = facts_of(run)
    assert facts.base == "my-base"
    assert dict(facts.settings)["model.path"] == '"my-base"'
    assert str(run.path.parent) not in render(facts)


def test_settings_and_versions_are_all_told(run: Run) -> None:
    settings = dict(facts_of(run).settings)
    assert settings["seed"] == "0"
    assert settings["training.learning_rate"] == "1e-05"
    assert len(settings) > 40
    assert dict(facts_of(run).versions) == {"python": "3.11.2", "leti": "0.1.0"}


def test_scores_are_those_of_the_run_with_the_paired_change(tmp_path: Path) -> None:
    run = make_run(tmp_path / "run", tiny_gpt2(tmp_path / "base"))
    place = run.iteration(0)
    good = [row(0), row(1)]
    bad = [replace(one, verdict=row(1).verdict) for one in good]
    run.base.write_scores({"test": score(run.base, "test", bad)})
    half_done = facts_of(run, 0)
    assert [(one.metric, one.base is None, one.exported, one.change) for one in half_done.scores] == [
        ("pass@1", False, None, None),
        ("pass@2", False, None, None),
    ]
    assert "not scored" in render(half_done)
    place.write_scores({"test": score(place, "test", good), "validation": score(place, "validation", good)})
    first, second, *others = facts_of(run, 0).scores
    assert first.base is not None
    assert first.exported is not None
    assert first.change is not None
    assert (first.base.value, first.exported.value, first.change.value) == (0.0, 0.5, 0.5)
    assert second.change is not None
    assert second.change.value == 1.0
    assert [(one.split, one.base, one.change) for one in others] == [("validation", None, None)] * 2
    assert facts_of(run, 0).selected == "000"


@pytest.mark.parametrize(
    ("card", "found"),
    [
        (CARD, "bigcode-openrail-m"),
        (CARD.replace("bigcode-openrail-m", '"mit"'), "mit"),
        (CARD.replace("license: bigcode", "licence: bigcode"), None),
        ("# Base\nlicense: mit\n", None),
        ("---\nlicense: mit\n", None),
        (None, None),
    ],
)
def test_the_license_is_the_one_the_base_tells(card: str | None, found: str | None, run: Run) -> None:
    file = run.path.parent / "my-base" / "README.md"
    file.unlink(missing_ok=True)
    if card is not None:
        file.write_text(card)
    facts = facts_of(run)
    assert facts.license == found
    assert ("\nlicense:" in render(facts)) == (found is not None)


@pytest.mark.parametrize(
    ("key", "value", "shown"),
    [
        ("problems.path", "clients/acme/problems.jsonl", "problems.jsonl"),
        ("problems.path", "google-research-datasets/mbpp", "google-research-datasets/mbpp"),
        ("model.path", "private/ft-2026", "ft-2026"),
        ("pretrain.source", "src/secret/**/*.py", "*.py"),
        ("pretrain.source", "hf:bigcode/the-stack:data/python", "hf:bigcode/the-stack:data/python"),
        ("pretrain.source", "stdlib", "stdlib"),
        ("verify.function", "clients/acme/judge.py:verify", "judge.py:verify"),
        ("tracker", "wandb", "wandb"),
    ],
)
def test_of_a_path_only_its_last_part_is_told(key: str, value: str, shown: str) -> None:
    section, _, name = key.rpartition(".")
    config = {section: {name: value}} if section else {name: value}
    assert dict(_settings(config, on_hub=False)) == {key: f'"{shown}"'}
