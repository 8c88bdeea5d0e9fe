"""One program between its own cell and the judge's."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from leti.errors import SandboxError
from leti.kinds import Calls, Case, Streams
from leti.kinds import Tests as Checks
from leti.types import Outcome, TestStatus
from leti.verify import Exchange, Job, judge
from leti.verify.cells import LaneLostError
from leti.verify.evidence import Evidence, How
from leti.verify.sandbox.builtin import namespaces, process
from programs import HONEST, OneLane

CHECK = Checks(tests=("assert solve(1) == 2", "assert solve(41) == 42"))
JOB = Job(program=HONEST, check=CHECK)
ASKS = Checks(tests=("assert [solve(n) for n in range(3)] == [1, 2, 3]",))
"""Its calls are not certain: the program's process waits for them."""


@pytest.fixture(scope="module")
def exchange() -> Iterator[Exchange]:
    one = Exchange(namespaces())
    yield one
    one.close()


def outcome(exchange: Exchange, job: Job) -> Outcome:
    return judge(job, exchange.run(job)).outcome


@pytest.mark.parametrize(
    ("sandbox", "words"),
    [
        (replace(process(), jail="none such"), "jail none such: there is none of this name"),
        (process(("no_such_package",)), "No module named 'no_such_package'"),
    ],
)
def test_a_cell_that_does_not_start_says_why(sandbox: object, words: str) -> None:
    with pytest.raises(SandboxError, match=f"did not start: .*{words}") as raised:
        Exchange(sandbox)  # type: ignore[arg-type]
    assert "leti check" in str(raised.value)


def test_evidence_is_repeatable(exchange: Exchange) -> None:
    job = replace(JOB, program="print('words')\ndef solve(x): return [x, {'a', 'b'}]")
    first, second = exchange.run(job), exchange.run(job)
    nothing = {"seconds": 0.0, "cpu": 0.0}
    assert replace(first, **nothing) == replace(second, **nothing)
    assert first.output == "words\n"
    assert 0 < first.seconds < 5
    assert 0 < first.cpu < 5


def test_odd_texts_arrive_as_they_are(exchange: Exchange) -> None:
    check = Checks(setup="y = '\\x00\u00e9'", tests=("assert y == '\\x00\\xe9' == z", "", "assert y == z"))
    assert outcome(exchange, Job(program="\n\n# é \U0001f600\nz = '\\x00\u00e9'", check=check)) is Outcome.PASSED


@pytest.mark.parametrize("ends", ["\n", "\r\n", "\r"])
def test_lines_are_counted_as_the_interpreter_counts_them(exchange: Exchange, ends: str) -> None:
    job = replace(JOB, program=ends.join(["a = 1", "", "def solve(x):", "    return a", ""]))
    verdict = judge(job, exchange.run(job))
    assert verdict.error is not None
    assert [frame.line for frame in verdict.error.frames] == [5 if ends == "\r" else 6]  # it and the newline are one
    assert [frame.source for frame in verdict.error.frames] == ["assert solve(1) == 2"]


@pytest.mark.parametrize("check", [CHECK, ASKS], ids=["certain", "asked"])
@pytest.mark.parametrize(
    ("solve", "how", "code"),
    [
        ("os._exit(7)", How.EXIT, 7),
        ("os.abort()", How.SIGNAL, 6),
        ("[0 for _ in iter(int, 1)]", How.DEADLINE, 0),
        ("return 'x' * (9 << 20)", How.EXIT, 0),
        ("[os.write(3, b'x' * 65536) for _ in range(1000)]", How.FLOOD, 0),
    ],
)
def test_how_a_process_ended(exchange: Exchange, solve: str, how: How, code: int, check: Checks) -> None:
    job = Job(program=f"import os\ndef solve(x): {solve}", check=check, timeout=0.5)
    evidence = exchange.run(job)
    assert (evidence.ended.how, evidence.ended.code) == (how, code)
    assert evidence.loaded or how is How.FLOOD
    assert not judge(job, evidence).passed
    assert outcome(exchange, JOB) is Outcome.PASSED


def test_a_result_that_is_too_large_is_no_right_one(exchange: Exchange) -> None:
    job = Job(program="def solve(x): return 'x' * (1 << 20) * x", check=CHECK, answers=2 << 20, memory=1 << 30)
    verdict = judge(job, exchange.run(replace(job, check=Checks(tests=("assert solve(1)", "assert solve(9) == 1")))))
    assert [test.status for test in verdict.tests][1:] == [TestStatus.FAILED]


def test_more_checks_than_are_kept(exchange: Exchange, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("leti.verify.judging.CHECKS", 4)
    checks = [Checks(tests=(f"assert solve({number}) == {number + 1}", "assert solve")) for number in range(12)]
    for number in [*range(12), 0, 1, 11, 0, 5, *range(12)]:
        assert outcome(exchange, Job(program=HONEST, check=checks[number])) is Outcome.PASSED
        assert outcome(exchange, Job(program="def solve(x): return x", check=checks[number])) is Outcome.FAILED


def test_tests_that_take_too_long_for_the_judge(exchange: Exchange, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("leti.verify.judging.JUDGING", 0.3)
    check = Checks(tests=("assert sum(range(solve(1))) == 0", "assert solve(2) == 1"))
    job = Job(program="def solve(x): return 10 ** 12", check=check, timeout=0.3)
    began = time.monotonic()
    verdict = judge(job, exchange.run(job))
    assert verdict.outcome is Outcome.TIMED_OUT
    assert time.monotonic() - began < 5
    assert outcome(exchange, JOB) is Outcome.PASSED


def test_a_program_that_takes_too_long_to_compile(exchange: Exchange, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("leti.verify.judging.COMPILING", 0.05)
    long = "x = [\n" + "1, 2, 3, 4, 5, 6, 7, 8, 9,\n" * 60_000 + "]\n"
    assert outcome(exchange, replace(JOB, program=HONEST + "\n" + long)) is Outcome.PASSED
    assert outcome(exchange, replace(JOB, program=HONEST + "\n" + long + "(")) is Outcome.RAISED
    assert outcome(exchange, JOB) is Outcome.PASSED


def test_a_stopped_exchange_is_lost(exchange: Exchange) -> None:
    one = Exchange(process())
    one.stop()
    with pytest.raises(LaneLostError):
        one.run(JOB)
    one.stop()
    one.close()
    one.close()
    assert outcome(exchange, JOB) is Outcome.PASSED


def test_descriptors_do_not_pile_up() -> None:
    def count() -> int:
        return len(list(Path("/proc/self/fd").iterdir()))

    before = count()
    exchange = Exchange(process())
    during = count()
    for number in range(20):
        exchange.run(replace(JOB, program=f"{HONEST}\nx = {number}", check=(CHECK, ASKS)[number % 2]))
    assert count() == during
    exchange.close()
    assert count() == before


def test_programs_together() -> None:
    exchange = Exchange(namespaces())
    programs = [HONEST, "def solve(x): return x", "import os\n" + HONEST, HONEST + "\nprint('a')"]
    jobs = [replace(JOB, program=program) for program in programs]
    jobs.append(replace(JOB, check=ASKS))
    jobs.append(Job(program="print(1)", check=Streams(cases=(Case(stdin="", stdout="1"),))))
    jobs.append(Job(program=HONEST, check=Calls(function="solve", arguments=("1",), expected=("2",))))
    found = exchange.together(jobs)
    for job, shared in zip(jobs, found, strict=True):
        if shared is not None:
            assert judge(job, shared) == judge(job, exchange.run(job))
    assert [one is not None for one in found[:2]] == [True, True]
    assert [one is None for one in (found[2], found[4], found[5])] == [True, True, True]
    assert exchange.together([]) == []
    exchange.close()


ENDS = [
    HONEST,
    "def solve(x): return x",
    "import os\ndef solve(x): os._exit(7)",
    "def solve(x): raise KeyError(x)",
    "def solve(x): return (n for n in [x])",  # to be asked for more: it is no plain data
    "class A: pass\ndef solve(x): return A()",
    "def solve(x: return x",
    "raise ValueError('here')",
    "while True: pass",
    "print('words')\n" + HONEST,
    "import os, signal\nos.kill(os.getpid(), signal.SIGSEGV)",
    "def solve(x): return [" * 150,
    "\ud800",
    "",
]


def all_apart(exchange: Exchange, jobs: list[Job]) -> list[Evidence | None]:
    found: list[Evidence | None] = []
    while len(found) < len(jobs):
        part = exchange.apart(jobs[len(found) :])
        assert part
        found += part
    return found


@pytest.mark.parametrize("check", [CHECK, ASKS, Calls(function="solve", arguments=("1",), expected=("2",))], ids=str)
def test_programs_apart_are_judged_as_each_by_itself(exchange: Exchange, check: Checks | Calls) -> None:
    jobs = [Job(program=program, check=check, timeout=0.5) for program in ENDS]
    found = all_apart(exchange, jobs)
    assert exchange.clean
    for job, one in zip(jobs, found, strict=True):
        if one is not None:
            assert judge(job, replace(one, seconds=0)) == judge(job, replace(exchange.run(job), seconds=0)), job.program
    assert [one is None for one in found[:4]] == [check is ASKS] * 4
    assert exchange.apart([]) == []


def test_an_object_that_has_to_be_asked_for_more_is_asked_by_itself(exchange: Exchange) -> None:
    job = Job(program="def solve(x): return (n for n in [x])", check=Checks(tests=("assert list(solve(1)) == [1]",)))
    assert exchange.apart([JOB, job])[1] is None
    assert outcome(exchange, job) is Outcome.PASSED


def test_whole_programs_and_raw_jobs_are_run_by_themselves(exchange: Exchange) -> None:
    stream = Job(program="print(1)", check=Streams(cases=(Case(stdin="", stdout="1"),)))
    assert exchange.apart([stream, replace(JOB, raw=True)]) == [None, None]
    assert exchange.together([stream, replace(JOB, raw=True)]) == [None, None]


def test_a_late_program_takes_no_time_from_those_behind_it(exchange: Exchange) -> None:
    loop = replace(JOB, program="def solve(x):\n    while True: pass", timeout=0.3)
    jobs = [JOB, loop, JOB, loop, JOB]
    assert len(exchange.apart(jobs)) == 2
    found = [one for one in all_apart(exchange, jobs) if one is not None]
    assert [one.ended.how for one in found] == [How.EXIT, How.DEADLINE, How.EXIT, How.DEADLINE, How.EXIT]
    assert all(one.seconds < 0.3 for one in found[::2])


def test_programs_that_say_much_are_all_heard(exchange: Exchange) -> None:
    large = replace(JOB, program="def solve(x): return x + 1 if x < 9 else 'x' * (3 << 20)")
    check = Checks(tests=("assert solve(1) == 2", "assert len(solve(9)) == 3 << 20"))
    found = all_apart(exchange, [replace(large, check=check)] * 4)
    assert [one is not None and one.results[-1].status for one in found] == [TestStatus.PASSED] * 4


def test_what_a_late_shared_program_says_is_not_torn(exchange: Exchange) -> None:
    job = replace(JOB, program="def solve(x): raise ValueError('x' * 5_000_000)")
    for _ in range(8):
        (shared,) = exchange.together([job])
        assert shared is None or judge(job, shared).outcome is Outcome.RAISED


LIES = [
    {"names": []},
    {"names": {"solve": 1}},
    {"names": {"solve": {"value": {"no such kind": 1}}}},
    {"names": {"solve": {"import": ["os", "system"]}}},
    {"names": {"solve": {"import": ["math", "__loader__"]}}},
    {"names": {"solve": {"import": ["math", "no such"]}}},
    {"names": {"solve": {"import": 1}}},
    {"names": {"solve": {"value": {"handle": 1}}}},
    {"names": {"solve": {"value": {"handle": ["x", 1, 2]}}}},
    {"names": {"solve": {"value": {"handle": [10**9, "a", "b"]}}}},
    {"names": {"solve": {"value": {"type": "int"}}}},
    {"error": 1},
    {"error": {"type": "E", "frames": [], "syntax": ""}},
    {"error": {"type": "E", "frames": [[1, 2]]}},
    {"value": 1},
    {},
    [],
    1,
    {"waiting": 1},
    {"ended": 1},
]


@pytest.mark.parametrize("check", [CHECK, ASKS], ids=["certain", "asked"])
@pytest.mark.parametrize("lie", LIES, ids=json.dumps)
def test_no_lie_of_a_program_breaks_what_hears_it(exchange: Exchange, lie: object, check: Checks) -> None:
    lines = json.dumps(lie).encode() + b"\n"
    for program in (
        f"import os\nos.write(3, {lines!r})\nos._exit(0)",
        f"import os\nos.write(3, {lines!r})\ndef solve(x): return 0",
        f"import os\ndef solve(x):\n    os.write(3, {lines!r})\n    return 0",
        f"import os\ndef solve(x):\n    os.write(3, {lines!r} * 9)\n    os._exit(0)",
    ):
        job = Job(program=program, check=check, timeout=1.0)
        assert outcome(exchange, job) is not Outcome.PASSED
        (one,) = exchange.apart([job])
        assert one is None or not judge(job, one).passed
    assert outcome(exchange, JOB) is Outcome.PASSED
    assert exchange.clean


def test_a_lane_is_kept_for_all_kinds_of_checks() -> None:
    lane = OneLane(process())
    assert lane.still_works()
    kept = lane.lane._exchange
    for check in (ASKS, Calls(function="solve", arguments=("1",), expected=("2",)), CHECK):
        assert lane.judged(HONEST, check).passed
    assert lane.judged("print(input())", Streams(cases=(Case(stdin="a", stdout="a"),))).passed
    assert lane.lane._exchange is kept
    lane.close()
