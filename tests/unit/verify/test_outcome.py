"""What a verdict rests on."""

from __future__ import annotations

import signal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leti.feedback import STYLES, render
from leti.kinds import Tests as Checks
from leti.types import ErrorRecord, Frame, Outcome, TestStatus
from leti.verify import Job, judge
from leti.verify.evidence import Ended, Evidence, How, Report, Result, place, report, said

JOB = Job(program="x = 1\n", check=Checks(tests=("assert x", "assert x == 1")))
HELD = tuple(Result(test=number, status=TestStatus.PASSED) for number in range(2))
EXIT = Ended(how=How.EXIT)

errors = st.builds(ErrorRecord, type=st.just("E"), message=st.text(max_size=5))
reports = st.builds(
    Report,
    error=errors,
    bases=st.frozensets(st.sampled_from(["MemoryError", "SystemExit", "OSError", "ValueError"])),
    check=st.none() | st.tuples(st.integers(-3, 9), st.integers(-3, 9)),
)
results = st.builds(
    Result, test=st.none() | st.integers(-1, 3), status=st.sampled_from(TestStatus), report=st.none() | reports
)
places = st.lists(st.integers(-1, 9)).map(tuple)
ends = st.builds(Ended, how=st.sampled_from(How), code=st.integers(0, 130), place=places)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
)


@given(st.lists(results, max_size=4).map(tuple), ends, st.booleans(), st.none() | reports)
def test_only_a_run_whose_every_test_held_passes(
    found: tuple[Result, ...],
    ended: Ended,
    loaded: bool,  # noqa: FBT001 - hypothesis gives them in order
    raised: Report | None,
) -> None:
    verdict = judge(JOB, Evidence(results=found, ended=ended, loaded=loaded, report=raised))
    told = {result.test: result.status for result in found}
    held = all(told.get(number) is TestStatus.PASSED for number in range(2))
    others = all(result.status is TestStatus.PASSED for result in found)
    assert verdict.passed == (loaded and raised is None and held and others)
    assert len(verdict.tests) == 2
    assert (verdict.error is None) == verdict.passed


@given(st.sets(st.integers(0, 1)))
def test_no_result_can_be_missing(missing: set[int]) -> None:
    found = tuple(result for number, result in enumerate(HELD) if number not in missing)
    verdict = judge(JOB, Evidence(results=found, ended=EXIT, loaded=True))
    assert verdict.outcome is (Outcome.EXITED if missing else Outcome.PASSED)


def test_what_is_not_loaded_has_not_passed() -> None:
    assert judge(JOB, Evidence(results=HELD, ended=EXIT)).outcome is Outcome.EXITED


def test_whole_evidence_passes_however_the_process_ended() -> None:
    assert judge(JOB, Evidence(results=HELD, ended=Ended(how=How.SIGNAL, code=9), loaded=True)).passed


@pytest.mark.parametrize(
    ("ended", "outcome", "words"),
    [
        (EXIT, Outcome.EXITED, "exit status 0"),
        (Ended(how=How.DEADLINE), Outcome.TIMED_OUT, "within 5 s"),
        (Ended(how=How.LIMIT, code=signal.SIGXCPU), Outcome.TIMED_OUT, "within 5 s"),
        (Ended(how=How.LIMIT, code=signal.SIGXFSZ), Outcome.CRASHED, "SIGXFSZ"),
        (Ended(how=How.SIGNAL, code=11), Outcome.CRASHED, "SIGSEGV"),
        (Ended(how=How.SIGNAL, code=99), Outcome.CRASHED, "signal 99"),
        (Ended(how=How.FLOOD), Outcome.CRASHED, "said too much"),
        (Ended(how=How.LOST), Outcome.CRASHED, "twice"),
    ],
)
def test_the_end_of_the_process_is_asked_where_the_judge_does_not_say(
    ended: Ended, outcome: Outcome, words: str
) -> None:
    found = (HELD[0], Result(test=1, status=TestStatus.STOPPED))
    verdict = judge(JOB, Evidence(results=found, ended=ended, loaded=True))
    assert verdict.outcome is outcome
    assert [test.status for test in verdict.tests] == [TestStatus.PASSED, TestStatus.STOPPED]
    assert verdict.error is not None
    assert words in verdict.error.message
    assert verdict.error.check == "assert x == 1"


@pytest.mark.parametrize(
    ("base", "status", "outcome"),
    [
        ("AssertionError", TestStatus.FAILED, Outcome.FAILED),
        ("AssertionError", TestStatus.RAISED, Outcome.RAISED),
        ("MemoryError", TestStatus.RAISED, Outcome.OUT_OF_MEMORY),
        ("SystemExit", TestStatus.RAISED, Outcome.EXITED),
    ],
)
def test_what_was_raised(base: str, status: TestStatus, outcome: Outcome) -> None:
    raised = Report(error=ErrorRecord(type="E"), bases=frozenset({base}))
    found = (HELD[0], Result(test=1, status=status, report=raised))
    verdict = judge(JOB, Evidence(results=found, ended=EXIT, loaded=True))
    assert verdict.outcome is outcome
    assert [test.status for test in verdict.tests] == [TestStatus.PASSED, status]
    verdict = judge(JOB, Evidence(ended=EXIT, report=raised))
    assert verdict.outcome is (Outcome.RAISED if outcome is Outcome.FAILED else outcome)
    assert [test.status for test in verdict.tests] == [TestStatus.NOT_REACHED] * 2


@pytest.mark.parametrize(
    ("base", "message", "limit"),
    [
        ("MemoryError", "", "memory: 512 MiB"),
        ("OSError", "[Errno 27] File too large", "file size: 16 MiB"),
        ("OSError", "[Errno 24] Too many open files: 'a'", "open files: 64"),
        ("OSError", "[Errno 28] No space left on device", "scratch directory: 32 MiB, 1024 files"),
        ("BlockingIOError", "[Errno 11]", "processes: none besides its own"),
        ("RuntimeError", "can't start new thread", "threads: none"),
        ("ValueError", "x", None),
    ],
)
def test_the_limit_that_an_exception_tells_of(base: str, message: str, limit: str | None) -> None:
    raised = Report(error=ErrorRecord(type=base, message=message), bases=frozenset({base}))
    verdict = judge(JOB, Evidence(ended=EXIT, report=raised))
    assert verdict.error is not None
    assert verdict.error.limit == limit


@pytest.mark.parametrize(
    ("lines", "found"),
    [((2,), 2), ((5,), 4), ((6,), 4), ((2, 6), 2), ((9,), 8), ((0,), None), ((99,), None), ((), None)],
)
def test_a_late_programs_place_is_the_outermost_loop_of_its_outermost_call(
    lines: tuple[int, ...], found: int | None
) -> None:
    program = (
        "x = 0\nx += 1\ndef f():\n    while x:\n        for y in 'ab':\n            print(y)\n\nfor z in 'a':\n\tf()\n"
    )
    verdict = judge(Job(program=program, check=JOB.check), Evidence(ended=Ended(how=How.DEADLINE, place=lines)))
    assert verdict.error is not None
    sources = program.split("\n")
    expected = [] if found is None else [Frame(line=found, function="", source=sources[found - 1].strip())]
    assert list(verdict.error.frames) == expected


@given(st.text() | json_values.map(str), json_values, st.binary())
def test_nothing_that_is_said_breaks_what_reads_it(text: str, value: object, blob: bytes) -> None:
    assert isinstance(said(text), dict)
    for data in (value, {"type": value, "frames": []}, {"type": "E", "frames": value}):
        report(data)
    for name in ("message", "syntax", "check", "expected", "got", "where", "bases"):
        found = report({"type": "E", "frames": [], name: value})
        judge(JOB, Evidence(ended=EXIT, report=found))
    place(blob)
    place(b'most recent call first):\n  File "<string>", line 3 in f\n' + blob)


def test_what_was_raised_is_read_whole() -> None:
    data = {"type": "E", "message": "m", "frames": [[3, "f", False, 2]], "got": "1", "expected": "2", "syntax": None}
    found = report(data | {"check": [3, 4], "bases": ["E", "Exception"], "where": ["f(1) returned 2"]})
    assert found is not None
    assert found.error.frames == (Frame(line=3, function="f", source="", repeated=2),)
    assert (found.error.got, found.error.expected, found.error.where) == ("1", "2", ("f(1) returned 2",))
    assert (found.check, found.bases) == ((3, 4), {"E", "Exception"})


fields = st.sampled_from(["type", "message", "frames", "syntax", "check", "expected", "got", "where", "bases"])


@given(json_values, fields)
def test_whatever_a_program_says_it_raised_can_be_told(value: object, name: str) -> None:
    found = report({"type": "E", "frames": [[1, "f", False, 0]], name: value})
    verdict = judge(JOB, Evidence(ended=EXIT, report=found))
    assert not verdict.passed
    for style in STYLES:
        render(verdict, style=style, max_chars=100)
    assert verdict.error is not None
    texts = (verdict.error.type, verdict.error.message, verdict.error.expected or "", verdict.error.got or "")
    assert all(type(text) is str for text in (*texts, *verdict.error.where))
    assert verdict.error.syntax is None or type(verdict.error.syntax) is Frame


def test_what_a_program_says_it_raised_is_bounded() -> None:
    much = "x" * 300_000
    found = report(
        {
            **dict.fromkeys(("type", "message", "expected", "got"), much),
            "frames": [[1, much, False, 0]] * 300,
            "where": [much] * 30,
            "syntax": [1, much, False],
        }
    )
    assert found is not None
    assert len(repr(found)) < 1_000_000
