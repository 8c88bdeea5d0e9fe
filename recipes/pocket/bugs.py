"""Natural mistakes: another plan (a wrong condition, a wrong reducer) or an edit of the program's text."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from operations import FILTERS, MAPS, REDUCERS

from programs import render

if TYPE_CHECKING:
    from random import Random

    from grammar import Task

    from programs import Plan

# (weight, pattern, replacement): one match is edited. No edit can drop a loop's `i += 1` on purpose: programs that
# never end teach the model nothing and cost a time limit each.
EDITS: tuple[tuple[int, str, str], ...] = (
    # Wrong answers.
    (3, r" \+= (?!1\b)", " = "),
    (3, r" = 0\n(?=    for)", " = 1\n"),
    (4, r" = 1\n", " = 0\n"),
    (3, r" > ", " >= "),
    (3, r" < (?!len\()", " <= "),
    (3, r" >= ", " > "),
    (3, r" <= (?!abs|99)", " < "),
    (3, r" == ", " != "),
    (2, r" != ", " == "),
    (4, r"range\(1, (\w+) \+ 1\)", r"range(1, \1)"),
    (4, r"range\(1, (\w+) \+ 1\)", r"range(\1)"),
    (5, r"(\n        [^\n]+)\n    return", r"\1\n        return"),
    (3, r"\n    return (\w+)\n$", r"\n    print(\1)\n"),
    (2, r"\n    return (\w+)\n$", r"\n    \1\n"),
    (2, r"\[-1\]", "[0]"),
    (2, r"\[0\]", "[1]"),
    (2, r"\bmax\(", "min("),
    (2, r"\bmin\(", "max("),
    (2, r", reverse=True", ""),
    (2, r"    return sorted\((\w+)\)\n", r"    return \1.sort()\n"),
    (2, r"\[::-1\]", "[::1]"),
    (2, r" // ", " / "),
    (2, r"i = 0\n", "i = 1\n"),
    # TypeError.
    (7, r"\.split\(\)", ".split"),
    (5, r"\.values\(\)", ".values"),
    (7, r"\.values\(\)", ""),
    (7, r"range\(1, (\w+) \+ 1\)", r"\1"),
    (5, r"map\(int, str\((\w+)\)\)", r"\1"),
    (5, r"map\(int, str\((\w+)\)\)", r"str(\1)"),
    (4, r" = 0\n(?=    for)", " = []\n"),
    (4, r" = 0\n(?=    for)", " = None\n"),
    (3, r" = ''\n", " = 0\n"),
    (2, r"(def \w+\(\w+)\):", r"\1, k):"),
    (2, r"(def \w+\()\w+\):", r"\1):"),
    (5, r"in range\(len\((\w+)\)\):", r"in len(\1):"),
    (4, r" = (\w+)\[i\]\n", r" = \1(i)\n"),
    (5, r"\blen\((\w)\) (?=[<>=])", r"\1 "),
    (4, r"\bin (\w+)(?=[:\]]| if)", r"in len(\1)"),
    (3, r"\bfor (\w+) in (\w+)(?=[:\]]| if)", r"for i, \1 in \2"),
    (3, r"\bsum\(", "sum(*"),
    (2, r"''\.join\(", "sum("),
    # IndexError.
    (14, r"while i < len", "while i <= len"),
    (10, r"range\(len\((\w+)\)\)", r"range(len(\1) + 1)"),
    (6, r"(\w+)\[i\]\n", r"\1[i + 1]\n"),
    (4, r"(\b\w+)\[-1\]\n", r"\1[len(\1)]\n"),
    (3, r"(\b\w+)\[0\]\n", r"\1[len(\1)]\n"),
    # AttributeError, NameError, ValueError and SyntaxError.
    (3, r"\.append\(", ".add("),
    (2, r"\.append\(", ".push("),
    (2, r"\.values\(\)", ".value()"),
    (2, r"\blen\((\w+)\)(?=\n)", r"\1.length"),
    (2, r"\.startswith\(", ".start("),
    (2, r"\.upper\(\)", ".uppercase()"),
    (2, r"\.append\((\w+)", r".append(\1.value"),
    (3, r"return (?:result|res|out|items|total|acc)\n", "return answer\n"),
    (3, r"\n    \w+ = (?:0|1|\[\]|'')(?=\n    for)", ""),
    (4, r"    import math\n", ""),
    (2, r"(def \w+\()\w+\):", r"\1arr):"),
    (3, r"\blen\((\w)\) (?=[<>=])", r"int(\1) "),
    (2, r"map\(int, str\((\w+)\)\)", r"map(int, str(\1) + '.')"),
    (1, r":\n", "\n"),
    (2, r"\)\n", "\n"),
    (1, r"\n        (?=\w+ [+=])", "\n    "),
    (1, r"(?<=def )(\w+)_\w+", r"\1"),  # the wrong function name: seldom, copying it right is the first thing to learn
)


def wrong_plan(plan: Plan, task: Task, rng: Random) -> Plan:
    """Return the plan with one operation swapped for another or left out."""
    made = task.composition
    kind = made.domain.kind
    choices = ["reducer"] + ["keep"] * (2 * bool(made.keep)) + ["change"] * (2 * bool(made.change))
    choice = rng.choice(choices)
    if choice == "keep":
        other = rng.choice(FILTERS[kind])
        code = other.code.format(x=plan.element, k=rng.choice(other.constants or ("",)))
        return replace(plan, condition="" if rng.random() < 0.4 else code)
    if choice == "change":
        other = rng.choice(MAPS[kind])
        code = other.code.format(x=plan.element, k=rng.choice(other.constants or ("",)))
        return replace(plan, expression=plan.element if rng.random() < 0.4 else code)
    return replace(plan, reducer=rng.choice(REDUCERS[kind]))


def wrong_text(program: str, rng: Random, habits: range | None = None) -> str:
    """Return the program with one edit in one place, one of the habits where any fits; unchanged where no edit fits."""
    fitting = [edit for edit in EDITS if re.search(edit[1], program)]
    usual = [edit for edit in fitting if habits is not None and EDITS.index(edit) in habits]
    if not fitting:
        return program
    chosen = usual or fitting
    _, pattern, replacement = rng.choices(chosen, [weight for weight, _, _ in chosen])[0]
    match = rng.choice(list(re.finditer(pattern, program)))
    return program[: match.start()] + match.expand(replacement) + program[match.end() :]


def buggy(plan: Plan, task: Task, style: str, rng: Random, habits: range | None = None) -> str:
    """Return a program with one mistake, or sometimes two; `habits` numbers the edits that somebody often makes."""
    draw = rng.random()
    if draw < 0.35 and habits is None:
        return render(wrong_plan(plan, task, rng), style)
    program = wrong_text(render(plan, style), rng, habits)
    return wrong_text(program, rng) if draw > 0.92 else program
