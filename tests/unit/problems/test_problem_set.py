from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from leti.errors import ConfigError, ProblemError
from leti.kinds import Tests
from leti.problems import NAMES, TEST, TRAIN, ProblemSet, digest, load_problems
from leti.problems.rows import _names_a_hub_data_set
from leti.types import Problem

A = Problem(id="p/a", prompt="a", check=Tests(tests=("assert 1",), setup="x"), source="p")
B = replace(A, id="p/b")
SET = ProblemSet("p", {TRAIN: (A,), TEST: (B,)})


def test_a_split_and_a_problem_are_found_by_name() -> None:
    assert SET.split(TEST) == (B,)
    assert SET.split(TEST, 0) == ()
    assert SET.find("p/a") is A


def test_a_split_that_is_not_there_is_told_with_those_that_are() -> None:
    with pytest.raises(ProblemError, match=r"'p' has no split 'dev'\. It has: train, test"):
        SET.split("dev")
    with pytest.raises(ProblemError, match="It has: none"):
        ProblemSet("q", {}).split(TEST)


def test_a_problem_that_is_not_there_is_told() -> None:
    with pytest.raises(ProblemError, match="'p' has no problem 'p/c'"):
        SET.find("p/c")


def test_the_digest_sees_everything_that_decides_a_run() -> None:
    turned = [
        replace(A, id="p/c"),
        replace(A, prompt="b"),
        replace(A, check=Tests(tests=("assert 2",), setup="x")),
        replace(A, check=Tests(tests=("assert 1",), setup="y")),
        replace(A, check=Tests(tests=("assert 1", "assert 1"), setup="x")),
    ]
    assert len({digest((one,)) for one in [A, *turned]}) == len(turned) + 1
    assert digest((A, B)) != digest((B, A))
    assert digest((A, B)) == digest((A, B))


def test_the_digest_does_not_see_the_reference() -> None:
    assert digest((A,)) == digest((replace(A, reference="x"),))


def test_a_set_that_is_not_there_is_told_with_those_that_are() -> None:
    with pytest.raises(ConfigError, match="No problem set 'apps'") as caught:
        load_problems("apps")
    assert all(name in str(caught.value) for name in NAMES)


@pytest.mark.parametrize(
    ("path", "hub"),
    [
        ("google-research-datasets/mbpp", True),
        ("data/mbpp.jsonl", False),
        ("data/mbpp.jsonl.gz", False),
        ("mbpp", False),
        ("/data/mbpp", False),
        ("a/b/c", False),
        ("data/", False),
    ],
)
def test_owner_and_name_are_a_data_set_of_the_hub(path: str, hub: bool) -> None:  # noqa: FBT001
    assert _names_a_hub_data_set(path) == hub


def test_a_data_set_of_the_hub_that_cannot_be_loaded_is_told_with_what_to_type(tmp_path: Path) -> None:
    pytest.importorskip("datasets", reason="datasets is not installed")
    code = "from leti.problems import load_problems; load_problems('mbpp', 'leti-no-such-owner/no-such-set')"
    offline = {"HF_HUB_OFFLINE": "1", "HF_DATASETS_OFFLINE": "1", "HF_HOME": str(tmp_path)}
    ended = subprocess.run(
        [sys.executable, "-c", code], env={**os.environ, **offline}, capture_output=True, text=True, check=False
    )
    told = ended.stderr.splitlines()[-1]
    assert "leti.errors.ProblemError: The data set 'leti-no-such-owner/no-such-set' could not be loaded" in told
    assert "Type a path to a JSONL file instead, or go online." in told
