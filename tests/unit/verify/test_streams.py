"""Whole programs that read standard input and print."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leti.kinds import Case, Streams
from leti.types import Outcome, Verdict
from leti.verify.cases import MORE, difference
from programs import OneLane

SUM = Streams(cases=(Case(stdin="1 2\n", stdout="3\n"), Case(stdin="10\n20\n", stdout="30")))
RIGHT = "import sys\nprint(sum(map(int, sys.stdin.read().split())))"


@pytest.fixture(scope="module")
def lane() -> Iterator[OneLane]:
    one = OneLane()
    yield one
    one.close()


def statuses(verdict: Verdict) -> list[str]:
    return [test.status.value for test in verdict.tests]


@pytest.mark.parametrize(
    "program",
    [
        RIGHT,
        "print(sum(int(n) for line in open(0) for n in line.split()))",
        "import sys\nprint(sum(int(n) for line in sys.stdin for n in line.split()))",
        "import sys\nprint(sum(map(int, sys.stdin.buffer.read().split())))",
        "import os\nos.write(1, str(sum(map(int, os.read(0, 99).split()))).encode())",
        "import fileinput\nprint(sum(int(n) for line in fileinput.input() for n in line.split()))",
        "a = input().split()\nif len(a) < 2: a.append(input())\nprint(int(a[0]) + int(a[1]))",
        "def main():\n    print(sum(map(int, open(0).read().split())))\nif __name__ == '__main__':\n    main()",
        f"{RIGHT}\nexit()",
        f"{RIGHT}\nquit(0)",
        f"{RIGHT}\nsys.exit()",
        f"{RIGHT}\nsys.exit(None)",
        f"{RIGHT}\nsys.exit(False)",
        f"{RIGHT}\nsys.stdout.flush()\nimport os\nos._exit(0)",
        f"{RIGHT}\nprint('debug', file=sys.stderr)\nsys.stderr.flush()",
        f"{RIGHT}\nsys.stdout.close()",
        f"{RIGHT}\nsys.stderr.close()",
        "import sys\nprint(sum(map(int, sys.stdin.read().split())), '  \\r')\nprint()\nprint(' ')",
    ],
)
def test_a_program_that_prints_what_it_has_to_passes(lane: OneLane, program: str) -> None:
    verdict = lane.judged(program, SUM)
    assert verdict.passed, verdict.error
    assert statuses(verdict) == ["passed", "passed"]
    assert verdict.trusted


@pytest.mark.parametrize(
    ("program", "outcome", "kind", "reached"),
    [
        ("print(3)", Outcome.FAILED, "WrongAnswer", ["passed", "failed"]),
        ("", Outcome.FAILED, "WrongAnswer", ["failed", "failed"]),
        ("print('Answer: 3')", Outcome.FAILED, "WrongAnswer", ["failed", "failed"]),
        ("print(' 3')", Outcome.FAILED, "WrongAnswer", ["failed", "failed"]),
        ("print()\nprint(3)", Outcome.FAILED, "WrongAnswer", ["failed", "failed"]),
        ("import sys\nsys.stderr.write('3')", Outcome.FAILED, "WrongAnswer", ["failed", "failed"]),
        ("import os\nos.write(2, b'3')", Outcome.FAILED, "WrongAnswer", ["failed", "failed"]),
        ("import sys\nsys.stdout.close()", Outcome.FAILED, "WrongAnswer", ["failed", "failed"]),
        ("print(3)\nraise SystemExit(1)", Outcome.EXITED, "SystemExit", ["raised", "raised"]),
        ("print(3)\nexit('no')", Outcome.EXITED, "SystemExit", ["raised", "raised"]),
        ("print(3)\nexit('0')", Outcome.EXITED, "SystemExit", ["raised", "raised"]),
        ("print(3, flush=True)\nimport os\nos._exit(4)", Outcome.EXITED, "ProcessExited", ["stopped", "not-reached"]),
        ("import os\nos._exit(0)", Outcome.FAILED, "WrongAnswer", ["failed", "failed"]),
        ("print(3)\n1 / 0", Outcome.RAISED, "ZeroDivisionError", ["raised", "raised"]),
        ("import sys\nsys.stdout.close()\nprint(3)", Outcome.RAISED, "ValueError", ["raised", "raised"]),
        ("a, b = map(int, input().split())\nprint(a + b)", Outcome.RAISED, "ValueError", ["passed", "raised"]),
        ("input(); input()", Outcome.RAISED, "EOFError", ["raised", "failed"]),
        ("print(3", Outcome.RAISED, "SyntaxError", ["not-reached", "not-reached"]),
        ("print(3)\nx = [0] * 10**12", Outcome.OUT_OF_MEMORY, "MemoryError", ["raised", "not-reached"]),
        ("print(3, flush=True)\nwhile True: pass", Outcome.TIMED_OUT, "ProcessTimeout", ["stopped", "not-reached"]),
        ("import os\nos.kill(os.getpid(), 9)", Outcome.CRASHED, "ProcessKilled", ["stopped", "not-reached"]),
    ],
)  # fmt: skip
def test_other_ends(lane: OneLane, program: str, outcome: Outcome, kind: str, reached: list[str]) -> None:
    verdict = lane.judged(program, SUM, timeout=0.5)
    assert verdict.error is not None
    assert (verdict.outcome, verdict.error.type, statuses(verdict)) == (outcome, kind, reached)


def test_what_failed_is_told(lane: OneLane) -> None:
    error = lane.judged("print('one')\nprint('two')", Streams(cases=(Case(stdin="x", stdout="one\n2\n"),))).error
    assert error is not None
    assert (error.expected, error.got) == ("one\n2", "one\ntwo")
    assert "line 2" in error.message
    assert error.check is not None
    assert "x" in error.check


def test_a_raise_has_the_programs_frames(lane: OneLane) -> None:
    error = lane.judged("def f():\n    return {}[1]\n\nprint(f())", SUM).error
    assert error is not None
    assert [(frame.line, frame.source) for frame in error.frames] == [(4, "print(f())"), (2, "return {}[1]")]


def test_after_a_case_that_fails_the_others_run_only_if_asked(lane: OneLane) -> None:
    assert statuses(lane.judged("print(30)", SUM)) == ["failed", "passed"]
    assert statuses(lane.judged("print(30)", SUM, every=False)) == ["failed", "not-reached"]


@pytest.mark.parametrize("filler", [" ", "\n", "x"])
@pytest.mark.parametrize("size", [MORE // 2, MORE + 100, 20 << 20])
def test_what_comes_after_a_flood_counts(lane: OneLane, filler: str, size: int) -> None:
    program = f"import sys\nsys.stdout.write('3' + {filler!r} * {size} + '4')"
    verdict = lane.judged(program, Streams(cases=(Case(stdin="", stdout="3"),)))
    assert verdict.outcome is Outcome.FAILED
    assert len(verdict.output) <= 16 << 10
    assert verdict.error is not None
    assert verdict.error.got is not None
    assert len(verdict.error.got) <= 2003


def test_much_may_be_printed_where_much_is_expected(lane: OneLane) -> None:
    much = "\n".join(map(str, range(200_000)))
    assert lane.judged("print(*range(200_000), sep='\\n')", Streams(cases=(Case(stdin="", stdout=much),))).passed


def test_bytes_that_are_no_text_are_no_error(lane: OneLane) -> None:
    program = "import os\nos.write(1, b'\\xff\\xfe\\x00')"
    assert lane.judged(program, SUM).outcome is Outcome.FAILED
    assert not lane.judged("print('\\ud800')", SUM).passed


def test_the_cases_do_not_know_each_other(lane: OneLane) -> None:
    program = "import os\nprint(os.path.exists('a'))\nopen('a', 'w').write('x')\nprint(input())"
    cases = Streams(cases=tuple(Case(stdin=text, stdout=f"False\n{text}") for text in ("one", "two", "three")))
    assert lane.judged(program, cases).passed


def test_nothing_expected_is_in_the_memory_of_a_program(lane: OneLane) -> None:
    program = """
import gc, sys
seen, frame = [], sys._getframe()
while frame is not None:
    seen += [repr(frame.f_locals), repr(frame.f_globals)]
    frame = frame.f_back
for thing in gc.get_objects():
    try:
        seen.append(repr(thing))
    except BaseException:
        pass
print("".join(("902", "107", "77")) in "".join(seen))
"""
    verdict = lane.judged(program, Streams(cases=(Case(stdin="", stdout="90210777"),)))
    assert verdict.error is not None
    assert verdict.error.got == "False"


def test_what_a_program_does_at_its_end_counts(lane: OneLane) -> None:
    assert lane.judged(
        f"import atexit\natexit.register(lambda: print(total))\n{RIGHT.replace('print', 'total = ')}", SUM
    ).passed
    buffered = "import io, os\nclass Out(io.StringIO):\n    def flush(self): os.write(1, self.getvalue().encode())\n"
    assert lane.judged(f"{buffered}{RIGHT.replace('print', 'sys.stdout = Out(); print')}", SUM).passed
    assert lane.judged(
        "import atexit\natexit.register(lambda: exec('while 1: pass'))\nprint(3)", SUM, timeout=0.5
    ).error
    assert lane.judged(RIGHT, SUM).passed


TEXTS = st.text(st.sampled_from("ab \t\r\n"), max_size=12)


@given(TEXTS, TEXTS)
def test_outputs_are_the_same_if_their_lines_are(one: str, other: str) -> None:
    def lines(text: str) -> list[str]:
        found = [line.rstrip() for line in text.split("\n")]
        while found and not found[-1]:
            found.pop()
        return found

    where = difference(one, other)
    assert (where == 0) == (lines(one) == lines(other))
    assert difference(other, one) == where
    if where:
        first, second = ([*lines(text), *[""] * where][: where - 1] for text in (one, other))
        assert first == second
