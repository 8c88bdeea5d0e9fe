"""The benchmark: compositions dealt to splits, and problems in MBPP's shape with tests that tell programs apart."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import replace
from random import Random
from types import MappingProxyType
from typing import TYPE_CHECKING

from grammar import Composition, Task, compositions, draw_input, draw_task, instruction, name_pieces, telling_name
from plain import plain
from trial import call, error_of

from programs import STYLES, draw_style, plan, render

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

CORPUS_SHARE = 0.5
LONGEST_EXPECTED = 60  # characters
SHARES = MappingProxyType({1: 0.12, 2: 0.44, 3: 0.44})
"""Of the problems, by the number of operations."""


def deal(seed: int) -> tuple[list[Composition], list[Composition]]:
    """Return the corpus's compositions and the benchmark's, disjoint; half of each level of difficulty goes to each."""
    levels: dict[int, list[Composition]] = defaultdict(list)
    for composition in compositions():
        levels[composition.operations].append(composition)
    rng = Random(seed)
    corpus: list[Composition] = []
    benchmark: list[Composition] = []
    for level in sorted(levels):
        rng.shuffle(levels[level])
        cut = round(CORPUS_SHARE * len(levels[level]))
        corpus += levels[level][:cut]
        benchmark += levels[level][cut:]
    return corpus, benchmark


def assertions(task: Task, name: str, rng: Random, count: int = 3) -> list[str] | None:
    """Return asserts with `count` different answers that also tell the task from its simpler neighbours, or None."""
    program = render(plan(task, name, Random(0)), "staged")
    for _ in range(12):
        cases = _cases(program, name, task, rng, count)
        if cases is not None and all(_differs(near, name, cases) for near in _neighbours(task)):
            return [f"assert {name}({argument!r}) == {expected!r}" for argument, expected in cases]
    return None


def _cases(program: str, name: str, task: Task, rng: Random, count: int) -> list[tuple[object, object]] | None:
    """Return arguments with different answers, an empty answer never first; None when they cannot be found."""
    found: dict[str, tuple[object, object]] = {}
    for _ in range(6 * count):
        argument = draw_input(task.composition.domain, rng)
        try:
            expected = call(program, name, argument)
        except (ValueError, IndexError, ZeroDivisionError):
            continue  # such as the largest of no numbers
        empty_first = not found and expected in ([], "", 0)
        if len(repr(expected)) <= LONGEST_EXPECTED and repr(expected) not in found and not empty_first:
            found[repr(expected)] = (argument, expected)
        if len(found) == count:
            return list(found.values())
    return None


def _neighbours(task: Task) -> Iterator[Task]:
    """Yield the task without its filter and without its map: the laziest wrong programs."""
    made = task.composition
    if made.keep is not None:
        yield replace(task, composition=replace(made, keep=None))
    if made.change is not None and not made.change.returns:
        yield replace(task, composition=replace(made, change=None))


def _differs(task: Task, name: str, cases: list[tuple[object, object]]) -> bool:
    program = render(plan(task, name, Random(0)), "staged")
    try:
        return any(call(program, name, argument) != expected for argument, expected in cases)
    except (ValueError, IndexError, ZeroDivisionError):
        return True


def problem(composition: Composition, rng: Random) -> dict[str, object] | None:
    """Return one verified problem without its split, or None when the composition has no telling tests."""
    task = draw_task(composition, rng)
    name = telling_name(task, rng)
    tests = assertions(task, name, rng)
    if tests is None:
        return None
    reference = render(plan(task, name, rng), draw_style(rng))
    # Every style is a correct answer, whatever the reference happens to be.
    for program in (reference, *(render(plan(task, name, rng), style) for style in STYLES)):
        if error_of(program, tests) != "":
            raise RuntimeError(f"a correct program fails its tests {tests}:\n{program}")
    return {
        "text": instruction(task, rng),
        "tests": tests,
        "reference": reference,
        "composition": composition.key,
        "operations": composition.operations,
    }


def _turns(pool: list[Composition]) -> list[Composition]:
    """Return the pool with the domains taking turns, so that no domain with many compositions drowns the others."""
    place: Counter[str] = Counter()
    turn: dict[str, int] = {}
    for each in pool:
        turn[each.key] = place[each.domain.key]
        place[each.domain.key] += 1
    return sorted(pool, key=lambda each: turn[each.key])


def benchmark(
    pool: list[Composition], sizes: dict[str, int], seed: int, *, shares: Mapping[int, float] = SHARES
) -> list[dict[str, object]]:
    """Return all problems, split by split; no composition, instruction or function name and test is there twice."""
    rng = Random(seed)
    total = sum(sizes.values())
    rows: list[dict[str, object]] = []
    seen: set[str] = set()
    for level, share in shares.items():
        level_rows: list[dict[str, object]] = []
        for composition in _turns([each for each in pool if each.operations == level]):
            row = problem(composition, rng) if len(level_rows) < round(share * total) else None
            if row is not None and str(row["text"]) not in seen:
                seen.add(str(row["text"]))
                level_rows.append(row)
        rows += level_rows
    rng.shuffle(rows)
    out: list[dict[str, object]] = []
    for split, size in sizes.items():
        start = len(out)
        out += [{"id": f"pocket/{start + i + 1:04d}", "split": split, **row}
                for i, row in enumerate(rows[start : start + size])]  # fmt: skip
    return out


def plain_problems(count: int, seed: int) -> list[dict[str, object]]:
    """Return the second family, split `plain`; every name is another one."""
    rng, pieces = Random(seed), name_pieces()
    rows: dict[str, dict[str, object]] = {}
    while len(rows) < count:
        made = plain(pieces, rng, tests=3)
        if error_of(made.program, made.tests) != "":
            raise RuntimeError(f"a correct program fails its tests {made.tests}:\n{made.program}")
        row = {"text": made.text, "tests": made.tests, "reference": made.program, "operations": 1}
        rows.setdefault(made.program.split("(")[0], row)
    return [{"id": f"pocket/plain-{i + 1:04d}", "split": "plain", **row} for i, row in enumerate(rows.values())]
