"""One attempt of a run, whole, in words."""

from __future__ import annotations

from dataclasses import dataclass

from leti.errors import RunError
from leti.runs import Place, Run
from leti.types import Attempt, Example


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """An attempt, and the example that was made from it."""

    attempt: Attempt
    example: Example | None


def find_attempt(run: Run, iteration: str, *, name: str) -> Found:
    """An attempt by iteration ("003" or "base") and name ("mbpp/17#4"), trained on or scored.

    Raises:
        RunError: there is none; the message says what there is.
    """
    problem, hash_sign, sample = name.rpartition("#")
    if not hash_sign or not sample.isdecimal():
        raise RunError(f"{name!r} names no attempt. Type PROBLEM#SAMPLE, such as 'mbpp/17#4'.")
    place = _place(run, iteration)
    key = (problem, int(sample))
    for programs in (place, *map(place.scored, run.config["score"]["splits"])):
        row = next((row for row in programs.attempts if row.key == key), None)
        if row is not None:
            example = next((row for row in place.examples if row.key == key), None) if programs is place else None
            return Found(attempt=row.attempt(run.problems), example=example)
    raise RunError(
        f"No attempt {name!r} in {place.path}: see the attempts.jsonl there and in its scored/ for those there are."
    )


def in_words(found: Found) -> str:
    """Everything there is to an attempt."""
    attempt, verdict = found.attempt, found.attempt.verdict
    lines = attempt.solution.program.split("\n")
    error = verdict.error
    parts = [
        ("program (the prompt is its beginning)", "\n".join(f"{n:4} {line}" for n, line in enumerate(lines, 1))),
        ("tests", attempt.problem.check.text),
        ("verdict", f"{verdict.outcome}; tests: {', '.join(test.status for test in verdict.tests) or 'none reached'}"),
        ("expected", error.expected if error else None),
        ("got", error.got if error else None),
        ("output", verdict.output or None),
        ("feedback", attempt.feedback.text),
        ("example: weight, role, text", _example(found.example)),
    ]
    return "\n\n".join(f"== {title}\n{text}" for title, text in parts if text is not None)


def _example(example: Example | None) -> str | None:
    if example is None:
        return None
    return "\n".join(f"{s.weight:4g} {s.role:<9} {s.text!r}" for s in example.segments)


def _place(run: Run, iteration: str) -> Place:
    assert run.config, "a run has a configuration, or says that it is none"
    places = {"base": run.base} | {place.name: place for place in run.iterations()}
    name = iteration.zfill(3) if iteration.isdecimal() else iteration
    if name not in places:
        raise RunError(f"{run.path} has no iteration {iteration!r}. It has: {', '.join(places)}.")
    return places[name]
