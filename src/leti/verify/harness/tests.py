"""Python tests, run against stand-ins for the program's names."""

from __future__ import annotations

import ast
import builtins
import importlib
import warnings
from typing import Any

from . import records
from .names import FUNCTIONS, wanted_names
from .planning import ANSWER, Plan, Planner
from .remote import FILE, Link, StoppedError
from .render import render
from .values import LIBRARIES

CHECK = "@check"
BUILTIN_TYPES = frozenset(name for name, value in vars(builtins).items() if type(value) is type)
MAX_WHERE = 5
MAX_TOLD = 20  # tests of which it is told why they did not pass
_OPERATORS: dict[type, str] = {
    ast.Eq: "==",
    ast.NotEq: "!=",
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
    ast.In: "in",
    ast.NotIn: "not in",
    ast.Is: "is",
    ast.IsNot: "is not",
}
SYMMETRIC = (ast.Eq, ast.NotEq, ast.Is, ast.IsNot)
_DECIDE: dict[str, Any] = {
    "==": lambda a, b: a == b,
    "!=": lambda a, b: a != b,
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
    "in": lambda a, b: a in b,
    "not in": lambda a, b: a not in b,
    "is": lambda a, b: a is b,
    "is not": lambda a, b: a is not b,
    "true": lambda a: a,
    "not": lambda a: not a,
}


def _libraries(trees: list[ast.Module]) -> set[str]:
    """Return the modules that tests use by way of the program: `math` in `assert math.isclose(area(2), 12.57)`.

    They are this side's own, whatever the program calls by that name: it may not decide what is close.
    """
    nodes = [node for tree in trees for node in ast.walk(tree)]
    of_attributes = [id(node.value) for node in nodes if isinstance(node, ast.Attribute)]
    names = [node for node in nodes if isinstance(node, ast.Name) and node.id in LIBRARIES]
    return {node.id for node in names} - {node.id for node in names if id(node) not in of_attributes}


class Asserts:
    """Decides the asserts of one run, and remembers the last one's sides."""

    def __init__(self, link: Link) -> None:
        self._link = link
        self.ran = 0
        self.sides: tuple[str, Any, Any] | None = None

    def __call__(self, operator: str, *sides: Any, turned: bool = False) -> bool:
        """Decide the condition of an assert; `turned`: what is expected stands on the left."""
        self.ran += 1
        self.sides = (operator, sides[-1], sides[0]) if turned else (operator, sides[0], sides[-1])
        answer = bool(_DECIDE[operator](*sides))
        if answer:
            self.sides = None
            self._link.returned.clear()
        return answer

    def shown(self) -> dict[str, Any]:
        """Return what the assert that failed got and expected, and what the calls inside it returned.

        Nothing where it was no assert: a test may raise an AssertionError itself, or by way of `unittest`.
        """
        if self.sides is None:
            return {}
        operator, got, expected = self.sides
        said: dict[str, Any] = {"got": render(got)}
        if operator not in ("true", "not"):
            said["expected"] = render(expected) if operator in ("==", "is") else f"{operator} {render(expected)}"
        inside = [(source, value) for source, value in self._link.returned if value is not got]
        said["where"] = [f"{source} returned {render(value, 300)}" for source, value in inside[:MAX_WHERE]]
        return said


class Test:
    """One test, compiled: its code, and the lines of each assert in it.

    Args:
        tree: the test.
        names: the program's, as the tests use them.
    """

    def __init__(self, tree: ast.Module, names: set[str]) -> None:
        self.ranges: list[tuple[int, int]] = []
        self.counts = False
        """Whether there is an assert that has to be reached. `assert False` says that it must not be."""
        self.trusted = not any(_lets_the_program_decide(node, names) for node in ast.walk(tree))
        for node in ast.walk(tree):
            if isinstance(node, ast.Assert):
                self.ranges.append((node.lineno, node.end_lineno or node.lineno))
                self.counts |= not (isinstance(node.test, ast.Constant) and not node.test.value)
                node.test = _question(node.test)
        self.ranges.sort()
        self.code = compile(tree, FILE, "exec", dont_inherit=True)
        self.own = records.own_codes(self.code, {})


class World(dict[str, Any]):
    """The names that tests see. A variable of the program is asked for whenever it is read: calls may change it."""

    def __init__(self, names: list[str], link: Link) -> None:
        self._names, self._link = frozenset(names), link

    def __missing__(self, name: str) -> Any:
        if name not in self._names:
            raise KeyError(name)
        try:
            return self._link.variable(name)
        except NameError:
            raise KeyError(name) from None  # the interpreter looks among the builtins next


def _in_classes(trees: list[ast.Module]) -> set[str]:
    """Return the names in the bodies of classes: there the interpreter looks them up without asking `World`."""
    classes = [node for tree in trees for node in ast.walk(tree) if isinstance(node, ast.ClassDef)]
    parts = [part for node in classes for part in node.body if not isinstance(part, FUNCTIONS)]
    return {name.id for part in parts for name in ast.walk(part) if isinstance(name, ast.Name)}


def _lets_the_program_decide(node: ast.AST, names: set[str]) -> bool:
    """Whether the program has a say in more than what its functions return.

    That is so where it is asked about what it returned (`isclose(solve(3), 7310)`, should `isclose` be its own), where
    it matters which object something is, and where a stand-in answers for what it stands for.
    """
    if isinstance(node, ast.Compare):
        return _asks_identity(node)
    if not isinstance(node, ast.Call):
        return False
    if not _is_call_of(node, names):
        return _asks_what_it_can(node)
    given = [*node.args, *(keyword.value for keyword in node.keywords)]
    return any(_is_call_of(part, names | {ANSWER}) for value in given for part in ast.walk(value))


def _asks_what_it_can(call: ast.Call) -> bool:
    """Whether it asks for what every stand-in has: that it can be called, iterated over, or has some attribute."""
    if _is_call_of(call, {"isinstance"}) and len(call.args) == 2:
        parts = [part for part in ast.walk(call.args[1]) if isinstance(part, (ast.Name, ast.Attribute))]
        return not all(isinstance(part, ast.Name) and part.id in BUILTIN_TYPES for part in parts)
    return _is_call_of(call, {"callable", "hasattr"})


def _is_call_of(node: ast.AST, names: set[str]) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in names


def _asks_identity(node: ast.Compare) -> bool:
    """Whether it asks if two values are the same object: of plain data there are only copies here."""
    sides = [node.left, *node.comparators]
    pairs = zip(node.ops, sides[:-1], sides[1:], strict=True)
    return any(
        isinstance(operator, (ast.Is, ast.IsNot))
        and not isinstance(left, ast.Constant)
        and not isinstance(right, ast.Constant)
        for operator, left, right in pairs
    )


def _question(test: ast.expr) -> ast.expr:
    """Turn the condition of an assert into a call that keeps its sides: `@check("==", left, right)`.

    Of `4 == solve(2)` the right side is what was got: the one that calls something, where the order says nothing.
    """
    turned: list[ast.keyword] = []
    if isinstance(test, ast.Compare) and len(test.ops) == 1:
        left, right = test.left, test.comparators[0]
        parts = [ast.Constant(_OPERATORS[type(test.ops[0])]), left, right]
        if isinstance(test.ops[0], SYMMETRIC) and _calls(right) and not _calls(left):
            turned = [ast.keyword("turned", ast.copy_location(ast.Constant(value=True), test))]
    elif isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        parts = [ast.Constant("not"), test.operand]
    else:
        parts = [ast.Constant("true"), test]
    call = ast.copy_location(ast.Call(ast.Name(CHECK, ast.Load()), parts, turned), test)
    for node in (call, call.func, call.args[0], *turned):
        ast.copy_location(node, test)
    return call


def _calls(side: ast.expr) -> bool:
    return any(isinstance(part, ast.Call) for part in ast.walk(side))


class PythonTests:
    """The setup and the tests of a check, prepared once and run against many programs.

    Args:
        setup: code that runs before them, or the empty string.
        texts: the tests.
    """

    def __init__(self, setup: str, texts: list[str]) -> None:
        self._tests: list[Test | None] = []
        self.plan = Plan()
        self.wrong: dict[str, Any] | None = None
        """Why the tests cannot be run at all: the error, and `test`, the number of the one at fault."""
        trees: list[ast.Module] = []
        padded: list[str] = []
        line = 1
        for index, text in enumerate([setup, *texts], start=-1):
            if index == -1 and not text:
                continue
            padded.append("\n" * (line - 1) + text)
            line += records.lines_of(text)
            tree = self._parsed(padded[-1], index)
            if tree is None:
                return
            trees.append(tree)
        names = wanted_names(padded, trees)
        self.plan = Planner(names, trees).plan
        self._libraries = _libraries(trees)
        self._in_classes = _in_classes(trees)
        self._tests = [*([] if setup else [None]), *(Test(tree, set(names)) for tree in trees)]

    def _parsed(self, text: str, index: int) -> ast.Module | None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about the text's own style, such as an invalid escape
            try:
                tree = ast.parse(text, FILE)
                compile(text, FILE, "exec", dont_inherit=True)
            except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
                self.wrong = {"test": index if index >= 0 else None, "error": _plain_record(error, [])}
                return None
        return tree

    def decide(self, lines: list[str], link: Link, *, offset: int, every: bool) -> dict[str, Any]:
        """Run the tests of one program.

        Args:
            lines: what it has said; the first says what it defined.
            link: to ask it for more.
            offset: the number of lines of the program, which stands before the tests.
            every: go on after the first test that does not pass.
        """
        asserts = Asserts(link)
        try:
            world = self._world(lines, link, asserts)
        except StoppedError:
            return {"results": [{"test": None, "status": "stopped"}], "trusted": True}
        results: list[dict[str, Any]] = []
        for index, test in enumerate(self._tests, start=-1):
            if test is None:
                continue
            result = _run(test, world, asserts, link) | {"test": index if index >= 0 else None}
            _moved(result, offset)
            results.append(result)
            failed = result["status"] != "passed"
            if result["status"] == "stopped" or (failed and (index < 0 or not every or result.get("last"))):
                break
            if failed and sum(1 for other in results if "error" in other) > MAX_TOLD:
                del result["error"]
        return {"results": results, "trusted": link.trusted}

    def _world(self, lines: list[str], link: Link, asserts: Asserts) -> dict[str, Any]:
        sources = self.plan.sources
        world = World(self.plan.names, link)
        world["__name__"] = "program"
        world[CHECK] = asserts
        world[ANSWER] = lambda number: link.answer(number, sources[number])
        named = link.names(lines)
        named |= {name: value for name, value in link.variables().items() if name in self._in_classes}
        for name in self.plan.names:
            if name in named:
                world[name] = importlib.import_module(name) if name in self._libraries else named[name]
        return world


def _run(test: Test, world: dict[str, Any], asserts: Asserts, link: Link) -> dict[str, Any]:
    """Run one test; return its status, and the error where it did not pass."""
    link.returned.clear()
    before = asserts.ran
    asserts.sides = None
    try:
        exec(test.code, world)  # noqa: S102 - a test of the data set, in the judge's cell
    except StoppedError:
        return {"status": "stopped"}
    except BaseException as error:  # noqa: BLE001 - whatever a test raises is its result
        return _failed(error, test, asserts) if not link.stopped else {"status": "stopped"}
    if link.stopped:
        return {"status": "stopped"}
    link.trusted &= test.trusted
    if test.counts and asserts.ran == before:
        skipped = {"type": "SkippedCheck", "message": "no assert of the test was reached", "frames": []}
        return {"status": "raised", "error": skipped}
    return {"status": "passed"}


def _failed(error: BaseException, test: Test, asserts: Asserts) -> dict[str, Any]:
    record = getattr(error, "leti_record", None)
    frames = records.places(error, test.own, file=FILE)
    within = [span for span in test.ranges if any(span[0] <= place[0] <= span[1] for place in frames)]
    asserted = type(error) is AssertionError and record is None
    said = _plain_record(error, frames) if record is None else {**record, "ours": len(frames)}
    if record is not None:
        said["frames"] = frames + record["frames"]
    if asserted and _in_test(error, test):
        said |= asserts.shown()
    said["check"] = within[-1] if within else None
    result: dict[str, Any] = {"status": "failed" if asserted else "raised", "error": said}
    if record is not None and {"SystemExit", "MemoryError"} & set(record["bases"]):
        result["last"] = True
    return result


def _in_test(error: BaseException, test: Test) -> bool:
    code = records.innermost(error)
    return code is not None and id(code) in test.own


def _plain_record(error: BaseException, frames: list[list[Any]]) -> dict[str, Any]:
    """Return an exception of the tests themselves as data."""
    kind = type(error)
    said: dict[str, Any] = {"type": records.type_name(kind, "program"), "frames": frames, "ours": len(frames)}
    said["bases"] = [base.__name__ for base in kind.__mro__]
    if isinstance(error, SyntaxError):
        said["message"], said["syntax"] = records.syntax_part(error, evaluated=bool(frames))
    else:
        said["message"] = records.bounded(str(error))
    return said


def _moved(result: dict[str, Any], offset: int) -> None:
    """Count the lines of the tests from the program's beginning."""
    error = result.get("error")
    if not error:
        return
    error["frames"] = [
        [place[0] + offset, *place[1:]] if index < error.get("ours", 0) else place
        for index, place in enumerate(error["frames"])
    ]
    if error.get("check"):
        error["check"] = [line + offset for line in error["check"]]
