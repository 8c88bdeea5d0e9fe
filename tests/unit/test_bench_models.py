"""The models' bench: what it reads off turns, how it batches for a peer, what it counts, and who sits where."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / "bench" / "models"))

import board
import executor
from calls import calls, written
from contest import Contest, NotThereError, Seat, Turn, Worker, in_turn
from iteration import hidden


def turn(seconds: float, **amounts: float) -> Turn:
    return Turn(seconds=seconds, amounts=amounts)


TOKENS = board.per_second("tokens")


def test_ratios_are_of_the_same_round_and_leave_out_rounds_that_one_did_not_see() -> None:
    fast = [turn(1, tokens=30), turn(2, tokens=30), turn(1, tokens=90)]
    slow = [turn(1, tokens=10), turn(3, tokens=30), None]
    assert board.ratios(fast, slow, measure=TOKENS) == [3.0, 1.5]


def test_a_row_shows_the_median_of_rates_and_not_the_rate_of_sums() -> None:
    rows: dict[str, list[Turn | None]] = {
        "a": [turn(1, tokens=10), turn(1, tokens=20), turn(10, tokens=10)],
        "b": [None],
    }
    lines = board.table(rows, {"tokens/s": TOKENS}, first="who")
    assert lines == ["| who | tokens/s |", "|---|---|", "| a | 10.0 (1.00..20.0) |"]


def test_the_best_peer_is_the_one_with_the_greatest_median() -> None:
    rows: dict[str, list[Turn | None]] = {
        "steady": [turn(1, tokens=5), turn(1, tokens=5), turn(1, tokens=5)],
        "lucky once": [turn(1, tokens=1), turn(1, tokens=1), turn(1, tokens=99)],
        "gone": [None, None, None],
    }
    assert board.best(rows, rows, measure=TOKENS) == "steady"
    assert board.best(rows, ["gone", "never there"], measure=TOKENS) is None


@pytest.mark.parametrize("samples", [1, 3, 16, 128])
@pytest.mark.parametrize("rows", [1, 10, 32, 512])
def test_every_prompt_is_asked_for_all_of_its_completions_in_calls_that_are_not_too_large(
    samples: int, rows: int
) -> None:
    asked = dict.fromkeys("abcde", 0)
    for group, share in calls("abcde", samples, rows=rows):
        assert len(group) * share <= rows
        for prompt in group:
            asked[prompt] += share
    assert set(asked.values()) == {samples}


def test_tokens_count_up_to_the_one_that_ends() -> None:
    assert written([5, 6, 0, 0, 7], ends=[0, 9]) == [5, 6]
    assert written([5, 6], ends=[]) == [5, 6]


def test_everybody_is_in_every_round_and_nobody_is_always_first() -> None:
    seats = [Seat(table="t", row=str(number), worker=None) for number in range(3)]  # type: ignore[arg-type]
    orders = [[seat.row for seat in in_turn(seats, number)] for number in range(4)]
    assert orders == [["0", "1", "2"], ["1", "2", "0"], ["2", "0", "1"], ["0", "1", "2"]]


def test_what_is_hidden_is_counted_against_the_longer_of_the_two() -> None:
    apart = [turn(9, sampling=4.0, verifying=2.0), turn(9, sampling=1.0, verifying=5.0)]
    assert hidden([turn(9, attempts=5.0), turn(9, attempts=5.0)], apart) == [1.25, 1.0]


def test_a_command_that_fails_is_told_and_the_others_go_on() -> None:
    with Contest(limit=60) as contest:
        worker = contest.invite("python", "starts:Fresh", settings=None)
        assert worker is not None
        for row, command in (("good", ("-c", "pass")), ("bad", ("-c", "raise SystemExit('no such luck')"))):
            contest.seats.append(Seat(table="t", row=row, worker=worker, request=command))
        found = contest.play(rounds=2)
    assert found["t"]["bad"] == [None, None]
    assert contest.missing == {"t: bad": "no such luck"}
    assert all(one and one.seconds > 0 for one in found["t"]["good"])


def test_a_contender_that_does_not_answer_is_ended_with_what_it_started(tmp_path: Path) -> None:
    worker = Worker("starts:Fresh", None, limit=60)
    mark = tmp_path / "pid"
    program = f"import os, pathlib, time; pathlib.Path({str(mark)!r}).write_text(str(os.getpid())); time.sleep(600)"
    with pytest.raises(NotThereError, match="no answer in 1 s"):
        worker.turn(("-c", program), limit=1.0)
    assert not worker._process.is_alive()
    if mark.exists():  # on a busy machine it may not have come so far
        wait_for_end(int(mark.read_text()))


def wait_for_end(process: int) -> None:
    for _ in range(100):
        state = Path(f"/proc/{process}/stat")
        if not state.exists() or state.read_text().rpartition(")")[2].split()[0] == "Z":
            return
        time.sleep(0.1)
    pytest.fail(f"process {process} still runs")


def test_the_reward_of_the_peer_tells_good_programs_from_bad_and_endless_ones() -> None:
    tests = "assert f(1) == 2"
    programs = ["def f(x):\n    return x + 1", "def f(x):\n    return x", "while True:\n    pass", "def f(x):\n  \0"]
    assert executor.rewards([(program, tests) for program in programs], timeout=2.0) == [1.0, 0.0, 0.0, 0.0]
