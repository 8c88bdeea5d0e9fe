"""Whether a program holds the answers: the expected values of the tests, as literals, next to the tests' inputs.

Only what the tests' names lead to is looked at, so that a program that checks itself is no suspect.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import islice

from leti.verify.suspicion.cases import Case, Cases
from leti.verify.suspicion.links import Link, branches, rows_of, tables
from leti.verify.suspicion.literals import Value, as_set, atoms, value
from leti.verify.suspicion.live import constants, live, nodes
from leti.verify.suspicion.program import Program

MOST_LINKS = 5000
MOST_TABLES = 1000
SHORTEST_TEXT = 3
"""Characters of an input that is telling by itself."""
LARGEST_FIRST_TERM = 9
"""Numbers up to here may be where a recursion ends."""
LARGEST_NAME = 100
"""Numbers up to here may be names of classes: days, grades, per cent."""
_TRIVIAL = (None, 0, 1, 2, -1, "", b"", ...)


def covered(cases: Cases, program: Program) -> int:
    """How many of the cases a program answers by a literal; 0 where that is not telling.

    It is telling if it is at least half of all checks, and two of them where there are two.

    Raises:
        RecursionError: the program is nested beyond the interpreter's depth.
    """
    if not cases.readable or not _may_hold(cases, program):
        return 0
    statements = live(program.tree, cases.names)
    known = constants(statements)
    returned = list(islice(branches(statements, (), known=known), MOST_LINKS))
    results = _results(statements, known)
    computed = None in results
    found = _matched(returned, cases, tells=_no_first_term if computed else telling)
    for links in islice(tables(statements, known), MOST_TABLES):
        found |= _matched(links, cases, tells=telling)
    if found:
        found |= _left_over(returned, cases)
    found |= _in_order(statements, cases.readable)
    if not _enough(found, cases) and not computed:
        found = _only(results, cases)
    return len(found) if _enough(found, cases) else 0


def telling(literal: Value) -> bool:
    """Whether a value is seldom in a program by chance."""
    inside = list(atoms(literal))
    return len(inside) > 1 or any(one not in _TRIVIAL for one in inside)


def _telling_input(keys: Iterable[Value]) -> bool:
    """Whether what is compared with is hardly a first term or the name of a class: a text, a large number, a row."""
    inside = [one for key in keys for one in atoms(key)]
    long = any(isinstance(one, str | bytes) and len(one) >= SHORTEST_TEXT for one in inside)
    large = any(isinstance(one, int | float) and abs(one) > LARGEST_NAME for one in inside)
    return long or large or (len(inside) > 1 and any(one not in _TRIVIAL for one in inside))


def _no_first_term(literal: Value) -> bool:
    """Whether a value is hardly that of a first term, such as of Fibonacci's numbers."""
    inside = list(atoms(literal))
    small = len(inside) == 1 and isinstance(inside[0], int) and abs(inside[0]) <= LARGEST_FIRST_TERM
    return telling(literal) and not small


def _no_name(literal: Value) -> bool:
    """Whether a value is no name of a class, as the number of a month's days is."""
    inside = list(atoms(literal))
    return len(inside) > 1 or any(isinstance(one, int | float) and abs(one) > LARGEST_NAME for one in inside)


def _may_hold(cases: Cases, program: Program) -> bool:
    """The quick answer for honest programs: whether the constants are there at all."""
    constants = {node.value for node in program.all(ast.Constant)}
    there = sum(
        all((abs(one) if isinstance(one, int | float) else one) in constants for one in atoms(case.expected))
        or isinstance(case.expected[1], bool)
        for case in cases.readable
    )
    return 2 * there >= cases.total


def _enough(found: set[int], cases: Cases) -> bool:
    return len(found) >= min(2, cases.total) and 2 * len(found) >= cases.total


def _matched(links: list[Link], cases: Cases, *, tells: Callable[[Value], bool]) -> set[int]:
    """The cases that a table or the branches answer, if those are most of what they answer at all.

    A table of the months that holds the three months of the tests is a table of the months.
    """
    hits = {link: _hits(link, cases) for link in links if link.keys}
    found = set[int]().union(*hits.values())
    told = any(hit and (tells(link.value) or _told(link, hit, cases)) for link, hit in hits.items())
    return found if told and 2 * len(found) > sum(map(_entries, hits)) else set()


def _hits(link: Link, cases: Cases) -> set[int]:
    """The cases a link answers. A part of the input that many cases share tells none of them from the others."""
    right = list(_expecting(link.value, cases))
    whole = {number for number in right if _is_input(link, cases.readable[number])}
    part = {number for number in right if _shares(link, cases.readable[number])} - whole
    return whole | part if len(part) <= _entries(link) else whole


def _expecting(given: Value, cases: Cases) -> Iterator[int]:
    """The cases that a value is right for. Where a test compares sets, the order does not count."""
    for number in cases.by_answer.get(as_set(given), ()):
        expected = cases.readable[number].expected
        if given == expected or "set" in (given[0], expected[0]):
            yield number


def _is_input(link: Link, case: Case) -> bool:
    """Whether what holds is the input, in one comparison or in one for each argument."""
    if any(key & case.wholes for key in link.keys):
        return True
    return len(case.inputs) > 1 and frozenset(case.inputs) <= frozenset[Value]().union(*link.keys)


def _told(link: Link, hit: set[int], cases: Cases) -> bool:
    """Whether it compares with an input that no honest program knows."""
    known = frozenset[Value]().union(*link.keys)
    inputs = (known & {*cases.readable[number].wholes, *cases.readable[number].inputs} for number in hit)
    return any(map(_telling_input, inputs))


def _entries(link: Link) -> int:
    """How many inputs a link answers. Fillers of a table do not count."""
    count = int(telling(link.value) or isinstance(link.value[1], bool))
    for alternatives in link.keys:
        count *= sum(kind != "said" for kind, _ in alternatives)
    return min(count, MOST_LINKS)


def _shares(link: Link, case: Case) -> bool:
    """Whether all keys are parts of the input, where the answer or one of the parts is telling."""
    shared = [key & case.parts for key in link.keys]
    return all(shared) and (_no_name(link.value) or any(telling(one) for some in shared for one in some))


def _left_over(returned: list[Link], cases: Cases) -> set[int]:
    """The cases that are answered where no comparison holds: the last `else` of a chain.

    An answer to several cases does not count: it may be the name of a class.
    """
    rest = {link.value for link in returned if not link.keys and telling(link.value)}
    answered = [[*_expecting(one, cases)] for one in rest]
    return {number for numbers in answered if len(numbers) == 1 for number in numbers}


def _in_order(statements: list[ast.stmt], readable: tuple[Case, ...]) -> set[int]:
    """The cases whose answers stand in the tests' order, to be given one after the other."""
    wanted = tuple(case.expected for case in readable)
    if len(set(wanted)) < min(2, len(wanted)) or len(wanted) < 2 or not any(map(telling, wanted)):
        return set()
    return set(range(len(wanted))) if any(row == wanted for row in rows_of(statements)) else set()


def _results(statements: list[ast.stmt], known: Mapping[str, Value]) -> set[Value | None]:
    """The literals that are returned; None among them where something is computed."""
    found: set[Value | None] = set()
    for node in nodes(statements):
        match node:
            case ast.Return(value=ast.expr() as given) | ast.Lambda(body=given):
                found.update(_written(given, known))
    return found


def _only(results: set[Value | None], cases: Cases) -> set[int]:
    """The cases that a program answers which returns literals only, whatever it asks before.

    A text does not count, since a program that names a class ("even", "odd") is like this and honest.
    """
    answered = {number for one in results if one is not None and _no_name(one) for number in _expecting(one, cases)}
    different = {cases.readable[number].expected for number in answered}
    return answered if len(different) >= min(2, cases.total) else set()


def _written(given: ast.expr, known: Mapping[str, Value]) -> list[Value | None]:
    """The literals that are returned; None among them for what is computed."""
    if isinstance(given, ast.IfExp):
        return [*_written(given.body, known), *_written(given.orelse, known)]
    if isinstance(given, ast.Constant) and given.value is None:
        return []
    return [value(given, known)]
