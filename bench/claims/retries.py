"""Is a retry that sees what the interpreter said worth more than another program?

    python bench/claims/retries.py --set feedback.style=brief                 the built-in model
    python bench/claims/retries.py --set model.path=runs/pocket-second/model  the second scale

Programs that failed are gone on from in four ways: `another` program for the same problem; `told`, the failed program,
what was said of it, and a word that asks for the right one, much as in the posts about errors that the base has read;
`mistold`, with what was said of a program for another problem instead; and `untold`, with nothing said. Problems are
those of the validation split, programs are drawn as those to learn from are. Prints how often each way passes, and how
far `told` is ahead of it, with 95 % intervals over problems.
"""

from __future__ import annotations

import argparse
import os
from collections import defaultdict
from dataclasses import replace
from random import Random
from typing import TYPE_CHECKING

import numpy as np
from tables import Table, percent, points

from leti import build
from leti.compare import intervals
from leti.config import load_config
from leti.problems import VALIDATION
from leti.sampling.completion import written as program
from leti.types import Attempt, Problem, SampleRequest, Solution, Wanted, wanted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from leti.loop import Leti

SAMPLES = 8
"""Programs per problem; those that failed are gone on from."""
SAID, RIGHT = "Error:\n{}\n", "Answer:"
"""What stands around the words and before the right program in posts about errors (`recipes/pocket/headers.py`)."""
TOLD = "told"


def retries(loop: Leti, problems: Sequence[Problem]) -> Table:
    """How often each way to go on from a failed program passes."""
    drawn = sample(loop, wanted(problems, SAMPLES))
    failed = [attempt for attempt in judged(loop, problems, drawn) if not attempt.verdict.passed]
    rates = {way: passed(loop, failed, asked) for way, asked in prompts(failed).items()}
    told = rates[TOLD]
    rows = [
        [way, percent(intervals.mean(found)), "" if way == TOLD else points(intervals.difference(told, found))]
        for way, found in rates.items()
    ]
    head = [
        f"after {len(failed)} programs that failed, of {told.size} problems",
        "passes, %",
        "told is ahead by, points",
    ]
    return Table(head=head, rows=rows)


def prompts(failed: Sequence[Attempt]) -> dict[str, list[str]]:
    """What the model reads, way by way, before it goes on from each failed program."""
    before = [f"{attempt.solution.program.rstrip()}\n\n" for attempt in failed]
    words = [str(attempt.feedback.text).rstrip() for attempt in failed]
    others = [said_of_others(attempt, failed) for attempt in failed]
    return {
        "another": [attempt.problem.prompt for attempt in failed],
        TOLD: [f"{start}{SAID.format(said)}{RIGHT}" for start, said in zip(before, words, strict=True)],
        "mistold": [f"{start}{SAID.format(said)}{RIGHT}" for start, said in zip(before, others, strict=True)],
        "untold": [f"{start}{RIGHT}" for start in before],
    }


def said_of_others(attempt: Attempt, failed: Sequence[Attempt]) -> str:
    """What was said of a program for another problem, and not of this one too.

    Raises:
        SystemExit: there are no such words.
    """
    own = str(attempt.feedback.text).rstrip()
    words = [str(other.feedback.text).rstrip() for other in failed if other.problem.id != attempt.problem.id]
    others = [said for said in words if said != own]
    if not others:
        raise SystemExit("The same was said of all that failed. Take more problems, or a feedback.style with words.")
    return Random(f"mistold {attempt.solution.key}").choice(others)


def passed(loop: Leti, failed: Sequence[Attempt], asked: Sequence[str]) -> NDArray[np.float64]:
    """The pass rate of one more program after each failed one, by problem: (1, problems)."""
    # A failed program is a problem of its own here, so that every way draws with the same random numbers.
    own = [
        replace(attempt.problem, id=f"{attempt.problem.id} {attempt.solution.sample}", prompt=prompt)
        for attempt, prompt in zip(failed, asked, strict=True)
    ]
    written = [
        (
            attempt.problem,
            replace(solution, program=program(attempt.problem, solution.completion, cut=loop.decoding.cut)),
        )
        for attempt, solution in zip(failed, sample(loop, wanted(own, 1)), strict=True)
    ]
    by_problem = defaultdict(list)
    for (problem, _), verdict in zip(written, loop.verifier.verify(written, scored=True), strict=True):
        by_problem[problem.id].append(verdict.passed)
    return np.array([[np.mean(found) for found in by_problem.values()]])


def sample(loop: Leti, rows: Sequence[Wanted]) -> list[Solution]:
    """Programs, drawn as those to learn from are."""
    request = SampleRequest(weights=loop.base, prefix="", decoding=loop.decoding, key=f"retries seed={loop.seed}")
    return list(loop.sampler.sample(rows, request, done=frozenset()))


def judged(loop: Leti, problems: Sequence[Problem], solutions: Sequence[Solution]) -> list[Attempt]:
    """The solutions with their verdicts and what is said of them."""
    by_id = {problem.id: problem for problem in problems}
    verdicts = loop.verifier.verify(((by_id[each.problem], each) for each in solutions), scored=True)
    return [
        Attempt(problem=by_id[each.problem], solution=each, verdict=verdict, feedback=loop.render(verdict))
        for each, verdict in zip(solutions, verdicts, strict=True)
    ]


def main() -> None:
    """Read the switches, print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", help="as of `leti learn`")
    os.environ["ATEN_CPU_CAPABILITY"] = "avx2"  # as in play.py: wider vectors round differently
    config = load_config("pocket", parser.parse_args().set)
    with build.verifier(config) as verifier:
        problems = build.split(config, build.problem_set(config), name=VALIDATION)
        print(retries(build.leti(config, verifier), problems).markdown())


if __name__ == "__main__":
    main()
