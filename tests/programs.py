"""Programs for the verifier's tests."""

from __future__ import annotations

from collections.abc import Iterable

from leti.types import Ending, Problem, Solution, Tests, Verdict
from leti.verify import Job, ProcessSandbox, PythonVerifier, judge, tests_from_text

HONEST = "def solve(x):\n    return x + 1"
TESTS = "assert solve(1) == 2\nassert solve(41) == 42"


def pair(program: str, tests: str | Tests = TESTS) -> tuple[Problem, Solution]:
    check = tests if isinstance(tests, Tests) else tests_from_text(tests)
    problem = Problem(id="test/1", prompt="", check=check, source="test")
    solution = Solution(problem="test/1", sample=0, completion="", tokens=(), program=program, ending=Ending.TOKEN)
    return problem, solution


def verdicts(programs: Iterable[str], tests: str | Tests = TESTS, **options: float) -> list[Verdict]:
    with PythonVerifier(**{"workers": 1, "timeout": 5.0, **options}) as verifier:
        return list(verifier.verify([pair(program, tests) for program in programs]))


class Lane:
    """One lane, kept for many tests; `judged` runs a program and gives its verdict."""

    def __init__(self) -> None:
        self.sandbox = ProcessSandbox()

    def judged(self, program: str, tests: str = TESTS, **limits: float) -> Verdict:
        job = Job(program=program, tests=tests_from_text(tests).tests, **limits)
        return judge(job, self.sandbox.run(job))

    def still_works(self) -> bool:
        return self.judged(HONEST).passed and not self.judged("def solve(x):\n    return x").passed
