from __future__ import annotations

import copy
import gc
import os
import re
import shlex
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from leti.config import Config, load_config, resolved
from leti.errors import RunError
from leti.kinds import Tests
from leti.rows import write_json
from leti.runs import MAY_CHANGE, AttemptRow, Run
from leti.types import Ending, Feedback, Outcome, Problem, Solution, Verdict

if TYPE_CHECKING:
    from pathlib import Path

PROBLEM = Problem(id="p/1", prompt='"""\nAdd.\n"""', check=Tests(tests=("assert add(1, 2) == 3",)), source="p")
MANIFEST = {"identity": {"model": "abc", "problems": "def"}, "versions": {"leti": "0.1"}, "isolation": "process"}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "runs" / "mine"


def work(path: Path, config: Any = None) -> None:
    """What binds a run to its configuration: something was done under it."""
    begin(path, config)
    (path / "base").mkdir()
    (path / "base" / "solutions.jsonl").write_text("{}\n")


def begin(path: Path, config: Any = None, manifest: Any = None) -> list[str]:
    return Run(path).begin(resolved(config or Config()), manifest or MANIFEST, problems=[PROBLEM])


def refusal(path: Path, config: Any = None, manifest: Any = None) -> str:
    with pytest.raises(RunError) as caught:
        begin(path, config, manifest)
    return str(caught.value)


def state(path: Path) -> dict[str, tuple[int, bytes]]:
    return {str(p): (p.stat().st_mtime_ns, p.read_bytes()) for p in sorted(path.rglob("*")) if p.is_file()}


def test_a_new_run_holds_its_configuration_its_manifest_and_its_problems(path: Path) -> None:
    assert begin(path) == []
    run = Run(path)
    assert run.config == resolved(Config())
    assert run.manifest == MANIFEST
    assert run.problems == {"p/1": PROBLEM}
    assert sorted(child.name for child in path.iterdir()) == ["config.json", "manifest.json", "problems.jsonl"]


def test_going_on_with_the_same_configuration_changes_no_file(path: Path) -> None:
    begin(path)
    before = state(path)
    assert begin(path) == []
    assert state(path) == before


def test_a_run_that_was_killed_while_it_began_is_begun_again(path: Path) -> None:
    begin(path)
    whole = {name: content for name, (_, content) in state(path).items()}
    for name in ("manifest.json", "problems.jsonl", "config.json"):
        (path / name).unlink()
        (path / f".{name}.part").write_text("{")
        if name == "config.json":
            for left in ("manifest.json", "problems.jsonl"):
                (path / left).unlink()
        begin(path)
        assert {name: content for name, (_, content) in state(path).items()} == whole


def test_another_configuration_is_refused_with_keys_and_values(path: Path) -> None:
    work(path)
    words = refusal(path, load_config("defaults", ["sampling.samples=4", "feedback.style=paper"]))
    assert "sampling.samples (was 16, is now 4)" in words
    assert "feedback.style (was 'detailed', is now 'paper')" in words
    assert "--run" in words


def test_a_key_that_came_later_is_what_it_is_by_default(path: Path) -> None:
    work(path)
    older = resolved(Config())
    write_json(path / "config.json", {**older, "model": {k: v for k, v in older["model"].items() if k != "lora"}})
    later = load_config("defaults", ["model.lora={rank=8}"])
    with pytest.raises(RunError, match=r"model\.lora \(was \{\}, is now"):
        Run(path).begin(resolved(later), MANIFEST, problems=[PROBLEM], defaults=resolved(Config()))
    assert Run(path).begin(resolved(Config()), MANIFEST, problems=[PROBLEM], defaults=resolved(Config())) == []


def test_a_key_that_is_no_more_is_told_and_nobody_is_asked_to_type_it(path: Path) -> None:
    work(path)
    older = resolved(Config())
    write_json(path / "config.json", {**older, "training": older["training"] | {"recompute": True}})
    words = refusal(path)
    assert "another version of leti, with keys that this one does not have: training.recompute." in words
    assert "--set" not in words


@pytest.mark.parametrize(
    ("begun", "now"),
    [
        (["sampling.samples=4"], ["sampling.samples=8"]),
        (["training.learning_rate=3e-4"], []),
        (["sampling.stop=['def ', '#']"], ["sampling.stop=['x']"]),
        ([], ["problems.path=my file.jsonl", "sampling.total_tokens=512"]),
        (["problems.path=it's here.jsonl"], []),
        ([], ["problems.limits.test=3"]),
        (["problems.limits.test=3", "problems.limits.train=5"], ["problems.limits.test=4"]),
        (["objective.weights.end=0"], ["objective.weights.end=1", "seed=3"]),
    ],
)
def test_the_set_that_a_refusal_tells_gives_the_first_configuration_back(
    path: Path, begun: list[str], now: list[str]
) -> None:
    first = load_config("defaults", begun)
    work(path, first)
    told = re.search(r"add: (.*?)   To begin anew", refusal(path, load_config("defaults", now)))
    assert told
    words = shlex.split(told.group(1))
    assert words[::2] == ["--set"] * (len(words) // 2)
    assert load_config("defaults", now + words[1::2]) == first
    begin(path, load_config("defaults", now + words[1::2]))


def test_a_refused_run_is_left_as_it_was(path: Path) -> None:
    work(path)
    before = state(path)
    refusal(path, load_config("defaults", ["seed=1"]))
    refusal(path, manifest={**MANIFEST, "identity": {}})
    assert state(path) == before


def test_what_may_change_are_keys_of_the_configuration() -> None:
    settings = {
        f"{section}.{key}" for section, keys in resolved(Config()).items() if isinstance(keys, dict) for key in keys
    }
    assert settings | set(resolved(Config())) >= MAY_CHANGE


def test_more_iterations_and_other_workers_are_the_same_run(path: Path) -> None:
    work(path)
    longer = load_config("defaults", ["iterations=9", "verify.workers=3"])
    assert begin(path, longer) == []
    assert Run(path).config == resolved(longer)


def test_other_data_or_another_model_is_refused_by_name(path: Path) -> None:
    work(path)
    manifest = copy.deepcopy(MANIFEST)
    manifest["identity"]["model"] = "xyz"  # type: ignore[index]
    words = refusal(path, manifest=manifest)
    assert "other model" in words
    assert "problems" not in words
    assert "--run" in words


def test_what_an_earlier_version_did_not_note_down_is_no_difference(path: Path) -> None:
    work(path)
    manifest = copy.deepcopy(MANIFEST)
    manifest["identity"]["function"] = "xyz"  # type: ignore[index]
    begin(path, manifest=manifest)


def test_a_run_in_which_nothing_was_done_takes_another_configuration(path: Path) -> None:
    begin(path)
    other = load_config("defaults", ["seed=1"])
    manifest = {**MANIFEST, "identity": {"model": "xyz"}}
    assert begin(path, other, manifest) == []
    assert Run(path).config == resolved(other)
    assert Run(path).manifest == manifest


def test_another_version_is_told_but_goes_on(path: Path) -> None:
    begin(path)
    told = begin(path, manifest={**MANIFEST, "isolation": "namespace"})
    assert told == ["isolation was process, is now namespace"]
    assert Run(path).manifest == MANIFEST


def test_a_directory_that_holds_other_things_is_refused_and_left_alone(path: Path) -> None:
    path.mkdir(parents=True)
    (path / "thesis.tex").write_text("x")
    assert "is not empty and no run" in refusal(path)
    assert [child.name for child in path.iterdir()] == ["thesis.tex"]


def test_an_empty_directory_is_taken(path: Path) -> None:
    path.mkdir(parents=True)
    assert begin(path) == []


def test_a_path_below_a_file_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    for path in (tmp_path / "file", tmp_path / "file" / "run"):
        words = refusal(path)
        assert "cannot be written" in words
        assert "--run" in words


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_directory_without_write_permission_cannot_be_written(path: Path) -> None:
    path.mkdir(parents=True)
    path.chmod(0o500)
    try:
        assert "cannot be written: Permission denied" in refusal(path)
    finally:
        path.chmod(0o700)


def test_a_second_process_is_told_that_the_run_is_in_use(path: Path) -> None:
    holder = (
        "import sys; from pathlib import Path; from leti.runs import Run; run = Run(Path(sys.argv[1]));"
        "run.begin({'a': 1}, {'identity': {}}, problems=[]); print('held', flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", holder, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout
        assert process.stdout.readline() == "held\n"
        with pytest.raises(RunError, match="in use by another process"):
            Run(path).begin({"a": 1}, {"identity": {}}, problems=[])
        process.kill()
    assert Run(path).begin({"a": 1}, {"identity": {}}, problems=[]) == []


def test_a_run_that_was_let_go_of_may_be_taken_up_again_in_the_same_process(path: Path) -> None:
    run = Run(path)
    for _ in range(2):
        run.begin({"a": 1}, {"identity": {}}, problems=[])
    with pytest.raises(RunError, match="in use"):
        Run(path).begin({"a": 1}, {"identity": {}}, problems=[])
    del run
    gc.collect()
    assert Run(path).begin({"a": 1}, {"identity": {}}, problems=[]) == []


def test_a_directory_that_is_no_run_is_told(tmp_path: Path) -> None:
    with pytest.raises(RunError, match=r"is no run: it has no config\.json"):
        _ = Run(tmp_path).config
    assert Run(tmp_path).manifest == {}
    assert Run(tmp_path).problems == {}
    assert Run(tmp_path).iterations() == []


def test_iterations_are_those_that_have_begun_in_order(path: Path) -> None:
    run = Run(path)
    for number in (2, 0, 1, 10):
        run.iteration(number).path.mkdir(parents=True)
    (path / "iterations" / "notes").mkdir()
    assert [place.name for place in run.iterations()] == ["000", "001", "002", "010"]


def scored(path: Path, *values: float | None, split: str = "validation") -> Run:
    run = Run(path)
    for number, value in enumerate(values):
        run.iteration(number).path.mkdir(parents=True)
        if value is not None:
            run.iteration(number).write_scores({split: {"pass@1": {"value": value}, "pass@10": {"value": -value}}})
    return run


def test_the_iteration_that_is_best_on_validation_is_selected(path: Path) -> None:
    place = scored(path, 0.1, 0.4, 0.2).selected("validation")
    assert place
    assert place.name == "001"


def test_of_equals_the_earliest_is_selected(path: Path) -> None:
    place = scored(path, 0.1, 0.4, 0.4, 0.4).selected("validation")
    assert place
    assert place.name == "001"


def test_selection_may_look_at_another_metric(path: Path) -> None:
    place = scored(path, 0.1, 0.4).selected("validation", "pass@10")
    assert place
    assert place.name == "000"


def test_an_iteration_without_scores_is_not_selected(path: Path) -> None:
    assert scored(path / "a", None, None).selected("validation") is None
    assert scored(path / "b", 0.3).selected("test") is None
    assert Run(path / "none").selected("validation") is None


def test_an_attempt_row_and_its_problem_are_a_whole_attempt() -> None:
    solution = Solution(problem="p/1", sample=3, completion="", tokens=(), program="x", ending=Ending.TOKEN)
    row = AttemptRow(
        solution=solution, verdict=Verdict(outcome=Outcome.PASSED), feedback=Feedback(good=True, text=None)
    )
    attempt = row.attempt({"p/1": PROBLEM})
    assert row.key == ("p/1", 3)
    assert (attempt.problem, attempt.solution, attempt.verdict, attempt.feedback) == (
        PROBLEM,
        solution,
        row.verdict,
        row.feedback,
    )


def test_the_files_of_a_place_stand_where_the_documentation_says(path: Path) -> None:
    place = Run(path).iteration(7)
    names = [rows.path.name for rows in (place.solutions, place.attempts, place.examples, place.metrics)]
    assert names == ["solutions.jsonl", "attempts.jsonl", "examples.jsonl", "metrics.jsonl"]
    assert place.path == path / "iterations" / "007"
    assert place.weights == place.path / "weights"
    assert place.scored("test").solutions.path == place.path / "scored" / "test" / "solutions.jsonl"
    assert Run(path).base.path == path / "base"
    assert place.scores is None


def test_a_sitting_that_wrote_nothing_binds_nobody_though_its_files_are_there(path: Path) -> None:
    begin(path)
    for folder in ("base/scored/test", "iterations/000"):
        (path / folder).mkdir(parents=True)
        (path / folder / "solutions.jsonl").touch()
    other = load_config("defaults", ["score.splits=['validation']"])
    assert begin(path, other) == []
    assert Run(path).config == resolved(other)
    assert Run(path).base.splits == ()


def test_what_was_learned_binds_a_run_whose_base_is_gone(path: Path) -> None:
    begin(path)
    (path / "iterations" / "000").mkdir(parents=True)
    (path / "iterations" / "000" / "attempts.jsonl").write_text("{}\n")
    assert "seed (was 0, is now 1)" in refusal(path, load_config("defaults", ["seed=1"]))


def test_what_another_version_noted_down_is_told_one_by_one(path: Path) -> None:
    work(path)
    before = MANIFEST | {"versions": {"leti": "0.1", "jax": "0.4"}, "cluster": "slurm"}
    write_json(path / "manifest.json", before)
    now = MANIFEST | {"identity": MANIFEST["identity"] | {"splits": "new"}}
    assert begin(path, manifest=now) == ["versions.jax was 0.4, is now None", "cluster was slurm, is now None"]
