"""Programs that may share a process, because nothing they can reach outlives them in it.

A program is benign if it imports only modules listed here and uses none of the names by which it could change them,
the builtins, or the interpreter. This keeps programs apart, for speed; it is not what keeps the host safe (the jail)
nor what keeps verdicts honest (the judge is elsewhere). In doubt, a program is not benign and gets its own process.
"""

from __future__ import annotations

import builtins
import gc
import json
import os
import random
import re
import resource
import sys
import typing
from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from io import StringIO
from types import CodeType
from typing import Any, NamedTuple, NoReturn

from . import conversation
from .watch import ENDED, NEXT

GENERATOR = 0x20  # the flag of a code that makes a generator
COROUTINES = 0x80 | 0x100 | 0x200  # of what would have to be awaited
TESTED = {(3, 11), (3, 12), (3, 13)}
"""Bytecode changes from version to version: on others no program is benign."""

LISTED: dict[str, str] = {
    "array": "array ArrayType typecodes",
    "bisect": "bisect bisect_left bisect_right insort insort_left insort_right",
    "cmath": "*",
    "collections": "Counter OrderedDict defaultdict deque namedtuple",
    "fractions": "Fraction",
    "functools": "cache cmp_to_key lru_cache partial reduce",
    "heapq": "heapify heappop heappush heappushpop heapreplace merge nlargest nsmallest",
    "itertools": "*",
    "math": "*",
    "operator": "abs add and_ concat contains countOf eq floordiv ge gt index indexOf inv invert itemgetter "
    "le lshift lt mod mul ne neg not_ or_ pos pow rshift sub truediv truth xor",
    "random": "betavariate choice choices expovariate gauss getrandbits randint random randrange sample seed shuffle "
    "triangular uniform",
    "re": "A ASCII DOTALL I IGNORECASE M MULTILINE Match Pattern S VERBOSE X compile error escape findall finditer "
    "fullmatch match search split sub subn",
    "statistics": "fmean geometric_mean harmonic_mean mean median median_high median_low mode multimode pstdev "
    "pvariance quantiles stdev variance",
    "string": "ascii_letters ascii_lowercase ascii_uppercase digits hexdigits octdigits printable punctuation "
    "whitespace",
    # not Type: as the base of a class it is `type`
    "typing": "Any Callable Counter DefaultDict Deque Dict Final FrozenSet Generator Generic Hashable Iterable "
    "Iterator List Literal Mapping MutableMapping MutableSequence NamedTuple NoReturn Optional "
    "OrderedDict Sequence Set Sized Text Tuple TypeVar Union",
}
FORBIDDEN_BUILTINS = frozenset(
    "breakpoint compile copyright credits delattr dir eval exec getattr globals license locals open setattr "
    "vars "
    # of classes: what is registered or searched outlives a program
    "mro register".split()
)
FORBIDDEN_ATTRIBUTES = frozenset({"format_map", "obj"})
"""Of an exception `obj` is what lacked an attribute, though the program never had it: '{0.__globals__.x}'.format(f)."""
FORBIDDEN_PREFIXES = ("ag_", "co_", "cr_", "f_", "gi_", "tb_")
"""Of the attributes of frames, code and tracebacks: the interpreter's own objects."""
OF_CLASSES = frozenset("_ __doc__ __name__ __main__ __module__ __qualname__".split())
"""Underscored names that are harmless where there are modules, too: `random.__init__` is not. Every program that begins
with a docstring stores `__doc__`."""
UNDERSCORED = frozenset(
    "_ __name__ __main__ __init__ __module__ __qualname__ __annotations__ __doc__ __firstlineno__ "
    "__static_attributes__ __annotate__ __classdict__ __conditional_annotations__ "
    "__repr__ __str__ __eq__ __ne__ __lt__ __le__ __gt__ __ge__ __hash__ __len__ __iter__ __next__ __contains__ "
    "__getitem__ __setitem__ __add__ __sub__ __mul__ __bool__ __call__ __slots__".split()
)
OF_MODULES = frozenset(FORBIDDEN_BUILTINS & {name for names in LISTED.values() for name in names.split()})
"""Forbidden builtins that a listed module has as well: `re.compile` is harmless."""
COMPARING = frozenset("__eq__ __ne__ __lt__ __le__ __gt__ __ge__ __contains__".split())


class Rules(NamedTuple):
    """What is looked for in a program's bytecode."""

    names: frozenset[str]
    """That no benign program uses: every name of a listed module that is not listed itself, and what is forbidden."""
    stores: tuple[int, ...]
    """Operations that change attributes."""
    match: int
    """The operation that reads attributes whose names are not among a code's names."""
    load: int
    """The operation that imports."""
    extended: int
    """The operation that carries the high part of the next one's argument."""
    named: dict[int, int]
    """Operations with a name, and how many low bits of the argument are not the number of the name."""
    variables: frozenset[int]
    """Those of them whose name is a variable's."""
    attributes: frozenset[int]
    """Those that read an attribute."""


def rules() -> Rules:
    """Return what is looked for in the bytecode of this interpreter; loads all listed modules."""
    from opcode import hasname, opmap, opname

    listed, there = set(), set()
    for name, names in LISTED.items():
        own = {entry for entry in dir(__import__(name)) if not entry.startswith("_")}
        there |= own
        listed |= own if names == "*" else set(names.split())
    return Rules(
        names=frozenset(there - listed - LISTED.keys() - set(dir(builtins))) | FORBIDDEN_BUILTINS,
        stores=(opmap["STORE_ATTR"], opmap["DELETE_ATTR"]),
        match=opmap["MATCH_CLASS"],
        load=opmap["IMPORT_NAME"],
        extended=opmap["EXTENDED_ARG"],
        named={operation: _flags(opname[operation]) for operation in hasname},
        variables=frozenset(
            opmap[f"{deed}_{kind}"] for deed in ("LOAD", "STORE", "DELETE") for kind in ("NAME", "GLOBAL")
        ),
        attributes=frozenset(opmap[name] for name in ("LOAD_ATTR", "LOAD_METHOD") if name in opmap),
    )


def _flags(operation: str) -> int:
    """Return how many low bits of an operation's argument are something else than the number of a name."""
    if operation == "LOAD_GLOBAL":
        return 1
    if sys.version_info[:2] < (3, 12):
        return 0
    return {"LOAD_ATTR": 1, "LOAD_SUPER_ATTR": 2}.get(operation, 0)


def is_benign(code: CodeType, rules: Rules) -> bool:
    """Whether nothing that a module's code can reach outlives it."""
    if sys.version_info[:2] not in TESTED:
        return False
    imports = any(rules.load in part.co_code[::2] for part in _parts(code))
    return all(_names_are(part, rules, imports=imports) for part in _parts(code))


def _parts(code: CodeType) -> Iterator[CodeType]:
    yield code
    for constant in code.co_consts:
        if type(constant) is CodeType:
            yield from _parts(constant)


def _names_are(code: CodeType, rules: Rules, *, imports: bool) -> bool:
    operations = code.co_code[::2]
    if code.co_flags & COROUTINES:
        return False
    if rules.match in operations or (imports and any(store in operations for store in rules.stores)):
        return False
    if rules.load in operations and not _imported(code, rules) <= LISTED.keys():
        return False
    underscored = [name for name in code.co_names if name.startswith("_")]
    if not _none_is_forbidden(code, rules):
        return False
    if any(name.startswith("__") and name not in (OF_CLASSES if imports else UNDERSCORED) for name in underscored):
        return False
    # `_last = 1` is harmless, `random._inst` is not
    return not (imports and underscored) or _are_variables(set(underscored) - OF_CLASSES, code, rules)


def _none_is_forbidden(code: CodeType, rules: Rules) -> bool:
    """Whether the code uses no name by which a program could change what others use."""
    if FORBIDDEN_ATTRIBUTES & set(code.co_names) and not _are_variables(FORBIDDEN_ATTRIBUTES, code, rules):
        return False
    forbidden = [name for name in code.co_names if name in rules.names or name.startswith(FORBIDDEN_PREFIXES)]
    return not forbidden or (OF_MODULES.issuperset(forbidden) and _are_attributes(forbidden, code, rules))


def _are_variables(names: AbstractSet[str], code: CodeType, rules: Rules) -> bool:
    """Whether names are never those of attributes, or of what is taken from a module."""
    return all(operation in rules.variables for operation, name in _uses(code, rules) if name in names)


def _are_attributes(names: list[str], code: CodeType, rules: Rules) -> bool:
    """Whether names are only ever read as attributes."""
    return all(operation in rules.attributes for operation, name in _uses(code, rules) if name in names)


def _uses(code: CodeType, rules: Rules) -> Iterator[tuple[int, str]]:
    """Yield the operations of a code that have a name, and the name."""
    for operation, argument in _operations(code, rules):
        if operation in rules.named:
            yield operation, code.co_names[argument >> rules.named[operation]]


def _operations(code: CodeType, rules: Rules) -> Iterator[tuple[int, int]]:
    """Yield the operations of a code, each with its whole argument."""
    high = 0
    for operation, low in zip(code.co_code[::2], code.co_code[1::2], strict=True):
        argument = high | low
        high = argument << 8 if operation == rules.extended else 0
        yield operation, argument


def _imported(code: CodeType, rules: Rules) -> set[str]:
    """Return the modules that the code imports by name."""
    return {code.co_names[argument] for operation, argument in _operations(code, rules) if operation == rules.load}


def is_harmless(code: CodeType, program: str) -> bool:
    """Whether `type` and `format`, of which bytecode does not tell enough, are used harmlessly, if they are used."""
    names = {name for part in _parts(code) for name in part.co_names}  # the text may write them in other letters
    if "type" in names and (names & COMPARING or not _asks_types_only(program)):
        return False
    return "format" not in names or _formats_plainly(program)


def _formats_plainly(program: str) -> bool:
    """Whether `format` is only asked of texts written out that read no attribute, as `'{0.__globals__}'` does."""
    import ast

    attributes = [node for node in ast.walk(ast.parse(program)) if isinstance(node, ast.Attribute)]
    asked = [node.value for node in attributes if node.attr == "format"]
    texts = [node.value for node in asked if isinstance(node, ast.Constant) and isinstance(node.value, str)]
    return len(texts) == len(asked) and not any(re.search(r"\{[^{}:!]*[.\[]", text) for text in texts)


def _asks_types_only(program: str) -> bool:
    """Whether `type` is only ever asked for the type of a value, to be compared: what it gives could make classes.

    It must not be compared with what could keep it, either.
    """
    import ast

    nodes = list(ast.walk(ast.parse(program)))
    compared = [side for node in nodes if isinstance(node, ast.Compare) for side in (node.left, *node.comparators)]
    calls = [side for side in compared if isinstance(side, ast.Call) and len(side.args) == 1 and not side.keywords]
    asked = {id(call.func) for call in calls if not isinstance(call.args[0], ast.Starred)}
    return all(id(node) in asked for node in nodes if isinstance(node, ast.Name) and node.id == "type")


def work(known: Rules) -> NoReturn:
    """Run the programs of one request after another, as asked for in lines; ends the process when they end.

    What each says is followed by a line that separates it from the next, and what is printed is a part of it: the
    process's own output is one for all, and a byte on it says that a request is done.

    Args:
        known: `rules`, made before there was a program.
    """
    limits = resource.getrlimit(resource.RLIMIT_AS)
    rest = b""
    while True:
        while b"\n" not in rest:
            part = os.read(conversation.CHANNEL, 1 << 18)
            if not part:
                os._exit(0)
            rest += part
        line, _, rest = rest.partition(b"\n")
        for request in json.loads(line):
            _one(request, known, limits[1])
            resource.setrlimit(resource.RLIMIT_AS, limits)
        os.write(conversation.CHANNEL, ENDED)
        os.write(1, b".")


def _one(request: dict[str, Any], known: Rules, memory: int) -> None:
    sys.stdout = sys.stderr = printed = StringIO()
    world = conversation.World(request, memory=memory, patient=True)
    world.begin(b"", request["program"])
    code = world.code
    if code is not None and not (is_benign(code, known) and is_harmless(code, request["program"])):
        world.say({"refused": 1})
    else:
        conversation.converse(request, world)
        if world.kept:  # objects that could still be asked for
            world.say({"refused": 1})
        world.kept.clear()
        vars(world.module).clear()
        _forget(code)
    world.say({"printed": printed.getvalue()[: request["limits"]["output"]]})
    world.unsaid += NEXT
    world.speak()


def _forget(code: CodeType | None) -> None:
    """Undo what a program may leave to the next one."""
    parts = list(_parts(code)) if code is not None else []
    names = {name for part in parts for name in part.co_names}
    if "re" in names:
        re.purge()  # the texts of patterns are kept, which may be objects; and a pattern that is known warns no more
    if "typing" in names:
        for forget in getattr(typing, "_cleanups", ()):  # classes are kept
            forget()
    if any(part.co_flags & GENERATOR for part in parts):
        gc.collect()  # one that is not at its end could print while the next program runs
    if "random" in names:
        random.seed(0)
