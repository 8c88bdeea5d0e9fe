from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from leti.errors import ConfigError, ProblemError
from leti.kinds import Calls
from leti.problems import TEST, evalplus, load_problems
from leti.types import Ending, Problem, Solution
from leti.verify import Limits, PythonVerifier

FILES = {
    "humaneval": "humaneval_plus/HumanEvalPlus-v0.1.10.jsonl.gz",
    "mbpp": "mbpp_plus/MbppPlus-v0.2.0.jsonl.gz",
}
ROW = {
    "task_id": "Mbpp/9999",
    "prompt": '"""\nAdd two numbers.\n"""\n',
    "entry_point": "add",
    "canonical_solution": "\ndef add(a, b):\n    return a + b\n",
    "base_input": [[1, 2]],
    "plus_input": [[0.5, 0.25], [[1], [2]]],
    "atol": 0,
}


def load(tmp_path: Path, *rows: dict[str, Any], **options: Any) -> tuple[Problem, ...]:
    path = tmp_path / "rows.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return evalplus.load(str(path), **options).split(TEST)


def calls(problem: Problem) -> Calls:
    assert isinstance(problem.check, Calls)
    return problem.check


def verify(problem: Problem, *programs: str) -> list[bool]:
    pairs = [
        (problem, Solution(problem=problem.id, sample=n, completion="", tokens=(), program=text, ending=Ending.TOKEN))
        for n, text in enumerate(programs)
    ]
    with PythonVerifier(workers=1, limits=Limits(timeout=10.0)) as verifier:
        return [verdict.passed for verdict in verifier.verify(pairs)]


def test_a_row_is_a_problem_with_calls(tmp_path: Path) -> None:
    (problem,) = load(tmp_path, ROW)
    assert (problem.id, problem.source) == ("mbppplus/9999", "mbppplus")
    assert problem.prompt == '"""\nAdd two numbers.\n"""'
    assert problem.reference == '"""\nAdd two numbers.\n"""\n\ndef add(a, b):\n    return a + b\n'
    assert problem.check == Calls(
        function="add", arguments=("1, 2", "0.5, 0.25", "[1], [2]"), expected=None, tolerance=1e-6
    )


def test_the_inputs_may_be_chosen(tmp_path: Path) -> None:
    (base,) = load(tmp_path, ROW, inputs=("base_input",))
    (plus,) = load(tmp_path, ROW, inputs=("plus_input",))
    assert (calls(base).count, calls(plus).count) == (1, 2)


def test_a_tolerance_of_the_row_counts(tmp_path: Path) -> None:
    (problem,) = load(tmp_path, ROW | {"atol": 1e-4})
    assert calls(problem).tolerance == 1e-4


@pytest.mark.parametrize(
    ("task", "inputs", "arguments"),
    [
        ("Mbpp/2", [[1], [2, 3]], "(1,), (2, 3)"),
        ("Mbpp/106", [[1], [2]], "[1], (2,)"),
        ("Mbpp/307", [[1, [2]], 3, 4], "(1, [2]), 3, 4"),
        ("Mbpp/63", [[[1, 2], [3]]], "[(1, 2), (3,)]"),
        ("Mbpp/75", [[[1, 2]], 3], "[(1, 2)], 3"),
        ("Mbpp/259", [[[1], [2]], [[3]]], "((1,), (2,)), ((3,),)"),
        ("Mbpp/278", [[1, [2]]], "(1, (2,))"),
        ("Mbpp/580", [[1, [2, [3]]]], "(1, (2, (3,)))"),
        ("Mbpp/115", [[[1, 1], [], "a"]], "[{1}, {}, {}]"),
        ("Mbpp/722", [{"a": [1, 2]}, 3], "{'a': (1, 2)}, 3"),
        ("Mbpp/124", ["1", "2+3j"], "1.0, (2+3j)"),
        ("Mbpp/252", ["1j"], "1j"),
        ("Mbpp/9999", [[1], "a", None, True], "[1], 'a', None, True"),
        ("HumanEval/2", [[1]], "[1]"),
    ],
)
def test_what_json_has_made_of_arguments_is_undone(
    tmp_path: Path, task: str, inputs: list[Any], arguments: str
) -> None:
    (problem,) = load(tmp_path, ROW | {"task_id": task, "base_input": [inputs], "plus_input": {}})
    assert calls(problem).arguments == (arguments,)


def test_infinite_numbers_are_known(tmp_path: Path) -> None:
    (problem,) = load(tmp_path, ROW | {"base_input": [[float("inf"), -float("inf")]], "plus_input": []})
    assert calls(problem).arguments == ("1e999, -1e999",)
    assert verify(problem, "def add(a, b): return a * 0 + b", "def add(a, b): return a") == [True, False]


@pytest.mark.parametrize("row", [{}, {"task_id": "Mbpp/1"}, ROW | {"task_id": "other/1"}, ROW | {"base_input": 3}])
def test_other_rows_are_refused_with_file_and_line(tmp_path: Path, row: dict[str, Any]) -> None:
    with pytest.raises(ProblemError, match=r"line 2: not a row of HumanEval\+ or MBPP\+"):
        load(tmp_path, ROW, row)


def test_a_file_without_rows_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ProblemError, match="no problems"):
        load(tmp_path)
    with pytest.raises(ConfigError, match=r"--set problems\.path=FILE, or evalplus=FILE"):
        load_problems("evalplus")


@pytest.fixture(scope="module")
def sets(shared: Path) -> dict[str, dict[str, Problem]]:
    found = {name: evalplus.load(str(shared / "data" / file)).split(TEST) for name, file in FILES.items()}
    return {name: {problem.id.rpartition("/")[2]: problem for problem in problems} for name, problems in found.items()}


def test_the_published_files_are_read_whole(shared: Path, sets: dict[str, dict[str, Problem]]) -> None:
    for name, file in FILES.items():
        with gzip.open(shared / "data" / file, "rt") as lines:
            rows = [json.loads(line) for line in lines]
        counts = sum(len(row["base_input"]) + len(row["plus_input"]) for row in rows)
        left_out = 5 if name == "mbpp" else 0
        assert len(sets[name]) == len(rows)
        assert sum(calls(problem).count for problem in sets[name].values()) == counts - left_out


BY_PLACE = """
def digit_distance_nums(a, b):
    a, b = str(a), str(b)
    return sum(abs(int(x) - int(y)) for x, y in zip(a.zfill(len(b)), b.zfill(len(a))))
"""
OTHERS = {
    "a root, whichever": ("humaneval", "32", "def find_zero(xs):\n    raise ValueError", False),
    "members in another order": (
        "mbpp",
        "2",
        "def similar_elements(a, b):\n    return sorted(set(a) & set(b), key=str, reverse=True)",
        True,
    ),
    "found, as a truth": (
        "mbpp",
        "737",
        "def check_str(s):\n    return bool(s) and s[0] in 'aeiouAEIOU'",
        True,
    ),
    "found, but never": ("mbpp", "737", "def check_str(s):\n    return None", False),
    "the pyramid's height": (
        "mbpp",
        "581",
        "def surface_Area(b, h):\n    return round(b * b + 2 * b * ((b / 2) ** 2 + h * h) ** 0.5)",
        True,
    ),
    "digits by place": (
        "mbpp",
        "558",
        BY_PLACE,
        True,
    ),
    "a fraction that is near": ("mbpp", "82", "def volume_sphere(r):\n    return 4.18879020478 * r ** 3", True),
    "a fraction that is off": ("mbpp", "82", "def volume_sphere(r):\n    return 4.1887 * r ** 3", False),
}


@pytest.mark.parametrize(("name", "number", "program", "passes"), OTHERS.values(), ids=OTHERS)
def test_tasks_with_rules_of_their_own(
    sets: dict[str, dict[str, Problem]], name: str, number: str, program: str, *, passes: bool
) -> None:
    problem = sets[name][number]
    assert problem.reference is not None
    assert verify(problem, problem.reference, program) == [True, passes]
