from __future__ import annotations

import pytest

from leti.errors import ConfigError
from leti.kinds import Tests
from leti.sampling import ScriptedSampler
from leti.types import Decoding, Ending, Problem, SampleRequest

PROBLEM = Problem(id="p/1", prompt="# one\n", check=Tests(tests=("assert f()",)), source="p")
REQUEST = SampleRequest(weights="none", prefix="", decoding=Decoding(), key="seed=0")


def test_answers_go_round() -> None:
    rows = [(PROBLEM, sample) for sample in range(3)]
    found = list(ScriptedSampler({"p/1": ["a", "b"]}).sample(rows, REQUEST, done=set()))
    assert [(s.sample, s.completion, s.program, s.ending) for s in found] == [
        (0, "a", "# one\na", Ending.TOKEN),
        (1, "b", "# one\nb", Ending.TOKEN),
        (2, "a", "# one\na", Ending.TOKEN),
    ]


def test_a_problem_without_answers_is_named() -> None:
    with pytest.raises(ConfigError, match=r"no answers for problem 'p/1' \(it has: q\)"):
        list(ScriptedSampler({"q": ["a"]}).sample([(PROBLEM, 0)], REQUEST, done=set()))
