"""Programs for the verifier's tests."""

from __future__ import annotations

from collections.abc import Iterable

from leti.kinds import Check
from leti.types import Ending, Problem, Solution, Verdict
from leti.verify import Exchange, Job, Lane, PythonVerifier, judge, tests_from_text
from leti.verify.sandbox import Sandbox
from leti.verify.sandbox.builtin import namespaces

HONEST = "def solve(x):\n    return x + 1"
TESTS = "assert solve(1) == 2\nassert solve(41) == 42"


def pair(program: str, tests: str | Check = TESTS) -> tuple[Problem, Solution]:
    check = tests_from_text(tests) if isinstance(tests, str) else tests
    problem = Problem(id="test/1", prompt="", check=check, source="test")
    solution = Solution(problem="test/1", sample=0, completion="", tokens=(), program=program, ending=Ending.TOKEN)
    return problem, solution


def verdicts(programs: Iterable[str], tests: str | Check = TESTS, **options: object) -> list[Verdict]:
    with PythonVerifier(**{"workers": 1, **options}) as verifier:  # type: ignore[arg-type]
        return list(verifier.verify([pair(program, tests) for program in programs]))


class OneLane:
    """One lane, kept for many tests; `judged` runs a program and gives its verdict."""

    def __init__(self, sandbox: Sandbox | None = None) -> None:
        self.lane = Lane(lambda: Exchange(sandbox or namespaces()))

    def judged(self, program: str, tests: str | Check = TESTS, **limits: object) -> Verdict:
        check = tests_from_text(tests) if isinstance(tests, str) else tests
        job = Job(program=program, check=check, **limits)  # type: ignore[arg-type]
        return judge(job, self.lane.run(job))

    def still_works(self) -> bool:
        return self.judged(HONEST).passed and not self.judged("def solve(x):\n    return x").passed

    def close(self) -> None:
        self.lane.close()
