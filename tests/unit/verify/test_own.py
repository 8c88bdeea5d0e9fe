"""Your own verify function, in this process and in the sandbox."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from leti.errors import ConfigError, WorkError
from leti.kinds import Tests
from leti.types import ErrorRecord, Outcome, Problem, Solution, Verdict
from leti.verify import Limits
from leti.verify.inside import InsideVerifier, load_source
from leti.verify.own import OwnVerifier, load_function
from programs import pair

Write = Callable[[str], str]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def to_file(body: str, *, before: str = "") -> str:
        path = tmp_path / "judge.py"
        lines = "\n".join(f"    {line}" for line in body.split("\n"))
        path.write_text(f"{before}\n\ndef verify(problem, program):\n{lines}\n")
        return f"{path}:verify"

    return to_file


def own(name: str, *programs: str) -> list[Verdict]:
    with OwnVerifier(name) as verifier:
        return list(verifier.verify(map(pair, programs), scored=True))


def inside(name: str, *programs: str, timeout: float = 2.0) -> list[Verdict]:
    with InsideVerifier(name, workers=1, limits=Limits(timeout=timeout)) as verifier:
        return list(verifier.verify(map(pair, programs), scored=True))


WAYS = pytest.mark.parametrize("way", [own, inside])
SHORT = """\
return {
    "yes": True,
    "no": False,
    "words": "it lacks a semicolon",
    "all": {"outcome": "failed", "message": "no table", "type": "SQLError", "expected": "2 rows", "got": "none"},
    "some": {"outcome": "raised", "message": "odd"},
    "good": {"outcome": "passed"},
    "slow": {"outcome": "timed-out"},
}[program]"""


@WAYS
def test_a_verdict_may_be_said_in_short(way: Callable[..., list[Verdict]], write: Write) -> None:
    yes, no, words, every, some, good, slow = way(write(SHORT), "yes", "no", "words", "all", "some", "good", "slow")
    assert yes.passed
    assert good.passed
    assert (no.outcome, no.error) == (Outcome.FAILED, None)
    assert (words.outcome, words.error) == (
        Outcome.FAILED,
        ErrorRecord(type="Rejected", message="it lacks a semicolon"),
    )
    assert every.error == ErrorRecord(type="SQLError", message="no table", expected="2 rows", got="none")
    assert (some.outcome, slow.outcome) == (Outcome.RAISED, Outcome.TIMED_OUT)


def test_a_whole_verdict_is_taken_as_it_is(write: Write) -> None:
    before = "from leti.types import ErrorRecord, Outcome, Verdict"
    body = "return Verdict(outcome=Outcome.FAILED, error=ErrorRecord(type=problem.id, message=program), output='o')"
    (verdict,) = own(write(body, before=before), "SELECT")
    assert verdict == Verdict(outcome=Outcome.FAILED, error=ErrorRecord(type="test/1", message="SELECT"), output="o")


@WAYS
def test_the_problem_is_given(way: Callable[..., list[Verdict]], write: Write) -> None:
    body = "p = problem if isinstance(problem, dict) else problem.__reduce__ and {'id': problem.id}\nreturn p['id']"
    (verdict,) = way(write(body), "x")
    assert verdict.error is not None
    assert verdict.error.message == "test/1"


def test_inside_the_problem_is_plain_data(write: Write) -> None:
    name = write("import json\nreturn json.dumps(problem, sort_keys=True)")
    problem = Problem(id="a/1", prompt="p", check=Tests(tests=("assert 1",)), source="a", reference="r\ud800")
    with InsideVerifier(name, workers=1) as verifier:
        (verdict,) = verifier.verify([(problem, pair("x")[1])])
    assert verdict.error is not None
    assert verdict.error.message == (
        '{"chat": false, "check": {"kind": "tests", "setup": "", "tests": ["assert 1"]}, "id": "a/1", "prompt": "p", '
        '"reference": "r\\ud800", "source": "a"}'
    )


@WAYS
@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("return None", ["NoneType", "It has to return"]),
        ("return 1", ["int: 1", "It has to return"]),
        ("return [True]", ["list", "It has to return"]),
        ("return {}", ["the outcome None", "passed, failed"]),
        ("return {'outcome': 'good'}", ["the outcome 'good'", "passed, failed"]),
        ("return {'outcome': 'failed', 'mesage': 'x'}", ["the key 'mesage'", "message"]),
        ("return {'outcome': 'failed', 'message': 3}", ["'message' is no text: 3"]),
        ("return undefined", ["NameError: name 'undefined' is not defined", "judge.py", "line 4"]),
        ("return int(program)", ["ValueError: invalid literal"]),
    ],
)
def test_a_function_that_gives_no_verdict_stops_the_work_and_names_the_problem(
    way: Callable[..., list[Verdict]], write: Write, body: str, words: list[str]
) -> None:
    with pytest.raises(WorkError) as told:
        way(write(body), "x")
    for word in [*words, "test/1", "sample 0"]:
        assert word in str(told.value) or (way is inside and word in ("judge.py", "line 4"))


@pytest.mark.parametrize("load", [load_function, load_source])
@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("verify", "Type package.module:function"),
        ("judge.py", "Type package.module:function"),
        ("judge.py:", "Type package.module:function"),
        (":verify", "Type package.module:function"),
        ("judge.py:no name", "Type package.module:function"),
        ("nowhere/judge.py:verify", "there is no file"),
        ("no_such_module:verify", "there is no module"),
        ("no.such.module:verify", "there is no module"),
        ("leti.scores:pass_at_kk", "Type leti.scores:pass_at_k"),
        ("leti.scores:verify", "Define verify(problem, program)"),
    ],
)
def test_a_wrong_name_is_refused_with_what_to_type(load: Callable[[str], object], name: str, words: str) -> None:
    with pytest.raises(ConfigError) as told:
        load(name)
    assert words in str(told.value)
    assert repr(name) in str(told.value)


@pytest.mark.parametrize(("text", "words"), [("def verify(", "SyntaxError"), ("x = 1 / 0", "ZeroDivisionError")])
def test_a_file_that_does_not_load_is_refused(tmp_path: Path, text: str, words: str) -> None:
    (tmp_path / "judge.py").write_text(f"{text}\ndef verify(problem, program): return True\n")
    with pytest.raises(ConfigError, match=words):
        load_function(f"{tmp_path}/judge.py:verify")


def test_inside_a_file_that_is_no_python_is_refused_and_nothing_of_it_runs_here(tmp_path: Path) -> None:
    (tmp_path / "judge.py").write_text("def verify(")
    with pytest.raises(ConfigError, match="no Python text"):
        load_source(f"{tmp_path}/judge.py:verify")
    (tmp_path / "judge.py").write_text("1 / 0\ndef verify(problem, program): return True\n")
    assert load_source(f"{tmp_path}/judge.py:verify").function == "verify"


def test_inside_a_module_that_does_not_load_stops_the_work(write: Write) -> None:
    with pytest.raises(WorkError, match=r"does not load.*ModuleNotFoundError.*verify\.packages"):
        inside(write("return True", before="import no_such_package"), "x")
    with pytest.raises(WorkError, match="took more than"):
        inside(write("return True", before="while True: pass"), "x", timeout=0.3)


RUNS = """\
world = {}
exec(program, world)
return world["solve"](1) == 2 or f"solve(1) returned {world['solve'](1)}"
"""


def test_inside_the_function_may_run_the_program(write: Write) -> None:
    name = write(RUNS)
    good, bad, raises, open_, slow, leaves, large = inside(
        name,
        "def solve(x): return x + 1",
        "def solve(x): return x",
        "def solve(x):\n    return {}[x]",
        "def solve(x",
        "def solve(x):\n    while True: pass",
        "import os\nos._exit(0)",
        "def solve(x): return [0] * 10**12",
        timeout=0.5,
    )
    assert good.passed
    assert bad.error == ErrorRecord(type="Rejected", message="solve(1) returned 1")
    assert raises.error is not None
    assert (raises.outcome, raises.error.type) == (Outcome.RAISED, "KeyError")
    assert [(frame.line, frame.source) for frame in raises.error.frames] == [(2, "return {}[x]")]
    assert (open_.outcome, open_.error and open_.error.type) == (Outcome.RAISED, "SyntaxError")
    assert (slow.outcome, leaves.outcome, large.outcome) == (
        Outcome.TIMED_OUT,
        Outcome.EXITED,
        Outcome.OUT_OF_MEMORY,
    )
    assert not any(verdict.trusted for verdict in (good, bad, raises, open_, slow, leaves, large))


def test_inside_what_is_printed_is_kept_and_the_order_too(write: Write) -> None:
    found = inside(write("print(program)\nreturn program == 'b'"), "a", "b", "a", "c")
    assert [(verdict.output, verdict.passed) for verdict in found] == [
        ("a\n", False),
        ("b\n", True),
        ("a\n", False),
        ("c\n", False),
    ]


def test_only_as_many_programs_are_asked_for_as_are_wanted(write: Write) -> None:
    def many() -> Iterator[tuple[Problem, Solution]]:
        yield pair("a")
        pytest.fail("nobody asked for a second one")

    with OwnVerifier(write("return True")) as verifier:
        assert next(verifier.verify(many())).passed


def test_a_module_that_is_installed_may_hold_the_function() -> None:
    assert load_function("leti.scores:pass_at_k").__module__ == "leti.scores"
    assert "def pass_at_k" in load_source("leti.scores:pass_at_k").text
