"""Programs for a task: the styles in which correct ones are written."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from random import Random

    from grammar import Task
    from operations import Reducer

# What hasty people call things.
HASTY_ARGUMENTS = ("arg", "inp", "stuff")
HASTY_ELEMENTS = ("q", "e", "it")
HASTY_RESULTS = ("tmp", "foo", "aa", "bb")
ELEMENTS = {"int": ("x", "n", "num", "v"), "word": ("w", "word", "x"), "char": ("c", "ch", "x")}
RESULTS = ("result", "res", "out", "items")
TOTALS = ("total", "result", "res", "acc")


@dataclass(frozen=True)
class Plan:
    """Everything a style needs, as source text; a planted mistake is another plan or an edit of the text."""

    name: str
    argument: str
    source: str
    element: str
    condition: str
    expression: str
    reducer: Reducer
    result: str
    total: str
    indexable: bool


def plan(task: Task, name: str, rng: Random, *, hasty: bool = False) -> Plan:
    """Return the plan of a correct program, with variable names drawn: those of the careful or of the hasty."""
    made = task.composition
    argument = rng.choice(HASTY_ARGUMENTS if hasty else made.domain.arguments)
    elements = HASTY_ELEMENTS if hasty else ELEMENTS[made.domain.kind]
    element = rng.choice([word for word in elements if word != argument])
    totals = HASTY_RESULTS if hasty else TOTALS
    keep, change = made.keep, made.change
    return Plan(
        name=name,
        argument=argument,
        source=made.domain.source.format(a=argument),
        element=element,
        condition=keep.code.format(x=element, k=task.keep_k) if keep else "",
        expression=change.code.format(x=element, k=task.change_k) if change else element,
        reducer=made.reducer,
        result=rng.choice(HASTY_RESULTS if hasty else RESULTS),
        total=rng.choice([word for word in totals if word != argument]),
        indexable=made.domain.indexable,
    )


def _comprehension(plan: Plan) -> str:
    if not plan.condition and plan.expression == plan.element:
        return plan.argument if plan.indexable else f"list({plan.source})"
    where = f" if {plan.condition}" if plan.condition else ""
    return f"[{plan.expression} for {plan.element} in {plan.source}{where}]"


def _reduced(plan: Plan, iterable: str) -> str:
    """Return the reducer's expression, without a `list(...)` around what is a list already."""
    if plan.reducer.key == "list" and iterable != plan.argument:
        return iterable
    return plan.reducer.code.format(it=iterable)


def _inline(plan: Plan) -> list[str]:
    if "{it}" in plan.reducer.code.replace("{it}", "", 1):  # the list would be written twice
        return _staged(plan)
    return [f"return {_reduced(plan, _comprehension(plan))}"]


def _staged(plan: Plan) -> list[str]:
    return [f"{plan.result} = {_comprehension(plan)}", f"return {_reduced(plan, plan.result)}"]


def _kept(plan: Plan) -> list[str]:
    """Filter into one list, then map over it: two comprehensions."""
    if not plan.condition or plan.expression == plan.element or "{it}" in plan.reducer.code.replace("{it}", "", 1):
        return _staged(plan)
    kept = f"kept = [{plan.element} for {plan.element} in {plan.source} if {plan.condition}]"
    mapped = f"[{plan.expression} for {plan.element} in kept]"
    return [kept, f"return {_reduced(plan, mapped)}"]


def _functional(plan: Plan) -> list[str]:
    iterable = plan.source
    if plan.condition:
        iterable = f"filter(lambda {plan.element}: {plan.condition}, {iterable})"
    if plan.expression != plan.element:
        iterable = f"map(lambda {plan.element}: {plan.expression}, {iterable})"
    return [f"{plan.result} = list({iterable})", f"return {_reduced(plan, plan.result)}"]


def _indented(lines: list[str]) -> list[str]:
    return [f"    {line}" for line in lines]


def _guarded(plan: Plan, lines: list[str]) -> list[str]:
    return [f"if {plan.condition}:", *_indented(lines)] if plan.condition else lines


def _gather(plan: Plan, loop: Callable[[Plan, list[str]], list[str]]) -> list[str]:
    """Collect into a list inside `loop`, then reduce the list."""
    append = [f"{plan.result}.append({plan.expression})"]
    return [f"{plan.result} = []", *loop(plan, append), f"return {_reduced(plan, plan.result)}"]


def _accumulate(plan: Plan, loop: Callable[[Plan, list[str]], list[str]]) -> list[str]:
    """Reduce inside the loop where the reducer has a loop form."""
    if not plan.reducer.start:
        return _gather(plan, loop)
    update = plan.reducer.update.format(acc=plan.total, e=plan.expression).split("\n")
    return [f"{plan.total} = {plan.reducer.start}", *loop(plan, update), f"return {plan.total}"]


def _for(plan: Plan, lines: list[str]) -> list[str]:
    return [f"for {plan.element} in {plan.source}:", *_indented(_guarded(plan, lines))]


def _continue(plan: Plan, lines: list[str]) -> list[str]:
    if not plan.condition:
        return _for(plan, lines)
    skip = [f"if not ({plan.condition}):", "    continue"]
    return [f"for {plan.element} in {plan.source}:", *_indented([*skip, *lines])]


def _listed(plan: Plan) -> tuple[list[str], str]:
    """Return the lines and the name that make the source something with indices."""
    return ([], plan.argument) if plan.indexable else ([f"seq = list({plan.source})"], "seq")


def _indices(plan: Plan, lines: list[str]) -> list[str]:
    first, name = _listed(plan)
    body = [f"{plan.element} = {name}[i]", *_guarded(plan, lines)]
    return [*first, f"for i in range(len({name})):", *_indented(body)]


def _while(plan: Plan, lines: list[str]) -> list[str]:
    first, name = _listed(plan)
    body = [f"{plan.element} = {name}[i]", *_guarded(plan, lines), "i += 1"]
    return [*first, "i = 0", f"while i < len({name}):", *_indented(body)]


STYLES: dict[str, tuple[int, Callable[[Plan], list[str]]]] = {
    "inline": (22, _inline),
    "staged": (8, _staged),
    "kept": (6, _kept),
    "functional": (6, _functional),
    "gather": (12, lambda plan: _gather(plan, _for)),
    "accumulate": (20, lambda plan: _accumulate(plan, _for)),
    "continue": (8, lambda plan: _accumulate(plan, _continue)),
    "indices": (9, lambda plan: _accumulate(plan, _indices)),
    "while": (9, lambda plan: _accumulate(plan, _while)),
}


def draw_style(rng: Random) -> str:
    """Return a style, the usual ones more often."""
    return rng.choices(list(STYLES), [weight for weight, _ in STYLES.values()])[0]


def render(plan: Plan, style: str) -> str:
    """Return the program's source, ending in a newline."""
    body = STYLES[style][1](plan)
    if any("math." in line for line in body):
        body = ["import math", *body]
    return "\n".join([f"def {plan.name}({plan.argument}):", *_indented(body)]) + "\n"
