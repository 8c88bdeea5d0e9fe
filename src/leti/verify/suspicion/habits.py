"""What a program does that no answer to a problem needs: it looks around, replaces things, or leaves."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping

LOOKS_AROUND = frozenset(
    """
    cffi ctypes leti linecache posix __builtins__ __file__ __loader__ __main__ __spec__ gc.callbacks
    inspect.getfile inspect.getouterframes inspect.getsource inspect.getsourcelines inspect.stack inspect.trace
    os.dup os.dup2 os.fdopen os.pread os.pwrite os.write sys.addaudithook sys.getprofile sys.gettrace sys.modules
    sys.monitoring sys.setprofile sys.settrace threading.setprofile threading.settrace traceback.extract_stack
    traceback.format_stack traceback.walk_stack ._current_frames ._getframe .ag_frame .cell_contents .co_code
    .co_consts .cr_frame .currentframe .f_back .f_builtins .f_code .f_globals .f_lineno .f_locals .f_trace
    .get_objects .get_referents .get_referrers .gi_frame .tb_frame .__closure__ .__code__ .__globals__
    .__subclasses__
    """.split()
)
"""Modules, names in full, and with a dot before them names within anything."""
REPLACES = frozenset({"importlib.reload", "unittest.mock.patch"})
MAY_BE_SET = frozenset({"stdin", "stdout", "stderr", "tracebacklimit"})
LEAVES = frozenset(
    """
    BaseException atexit os.abort os.kill os.killpg signal.alarm signal.pthread_kill signal.raise_signal
    signal.setitimer signal.signal sys.excepthook sys.unraisablehook ._exit
    """.split()
)
LEAVES_AT_IMPORT = frozenset({"sys.exit", "SystemExit", "exit", "quit"})
"""Within a function they are an honest way to report an error."""
STARTS = frozenset(
    """
    _thread concurrent multiprocessing subprocess os.execv os.execve os.execvp os.fork os.forkpty os.popen
    os.posix_spawn os.system posix.fork threading.Thread threading.Timer
    """.split()
)
OF_TWO = frozenset({"__eq__", "__ne__", "__lt__", "__le__", "__gt__", "__ge__", "__contains__", "__instancecheck__"})
OF_ONE = frozenset({"__bool__", "__hash__"})
VALUES = frozenset("bool bytes bytearray complex dict float frozenset int list set str tuple".split())


def habits(tree: ast.Module) -> dict[str, set[str]]:
    """Sentences, in their order, and the names each is about; without names there is nothing to say."""
    nodes = list(ast.walk(tree))
    imported = dict(_imported(nodes))
    used = set(_used(nodes, imported))
    used_at_import = set(_used(_at_import(tree), imported))
    found = {
        "reaches into its surroundings": (used & LOOKS_AROUND) | set(_opened(nodes)),
        "has comparisons that always agree": (used & {"unittest.mock.ANY"}) | set(_always_agree(nodes)),
        "has values that say themselves what they are equal to": set(_forged(nodes)),
        "replaces builtins or functions of modules": (used & REPLACES) | set(_replaced(nodes, imported)),
        "leaves early or keeps from being ended": (used & LEAVES) | (used_at_import & LEAVES_AT_IMPORT),
        "starts threads or processes": used & STARTS,
    }
    return {sentence: {name.removeprefix(".") for name in names} for sentence, names in found.items()}


def _imported(nodes: Iterable[ast.AST]) -> Iterator[tuple[str, str]]:
    """What each imported name stands for: `np` for numpy, `leave` for os._exit."""
    for node in nodes:
        match node:
            case ast.Import(names=names):
                for one in names:
                    yield (one.asname, one.name) if one.asname else (one.name.partition(".")[0],) * 2
            case ast.ImportFrom(names=names, module=module):
                for one in names:
                    yield one.asname or one.name, f"{module or ''}.{one.name}"


def _used(nodes: Iterable[ast.AST], imported: Mapping[str, str]) -> Iterator[str]:
    """The names that are read, as they stand in the lists above."""
    for node in nodes:
        match node:
            case ast.Name(id=name, ctx=ast.Load()):
                full = imported.get(name, name)
                module, *within = full.split(".")
                yield from (full, module, *(f".{part}" for part in within))
            case ast.Attribute(attr=name):
                yield from (_full(node, imported), f".{name}")
            case ast.Constant(value=str(text)):
                yield f".{text}"  # `getattr(frame, "f_back")`


def _full(node: ast.expr, imported: Mapping[str, str]) -> str:
    """The dotted name of what comes from a module; empty for everything else."""
    parts: list[str] = []
    while isinstance(node, ast.Attribute) and len(parts) < 3:  # none of the names is longer
        parts.insert(0, node.attr)
        node = node.value
    return ".".join((imported[node.id], *parts)) if isinstance(node, ast.Name) and node.id in imported else ""


def _at_import(tree: ast.Module) -> Iterator[ast.AST]:
    """What runs when the program is loaded, and not only as a main program."""
    for statement in tree.body:
        inside = list(ast.walk(statement))
        main_only = any(isinstance(node, ast.Name) and node.id == "__name__" for node in inside)
        if not main_only and not isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield from inside


def _opened(nodes: Iterable[ast.AST]) -> Iterator[str]:
    """Open channels by number, and files about processes."""
    for node in nodes:
        match node:
            case ast.Call(func=ast.Name(id="open"), args=[ast.Constant(value=int(number)), *_]):
                yield f"open({number})"
            case ast.Constant(value=str(text)) if text.startswith("/proc"):
                yield "/proc"


def _replaced(nodes: Iterable[ast.AST], imported: Mapping[str, str]) -> Iterator[str]:
    """Names within modules that are assigned to or deleted, and the exception of a failed test."""
    for node in nodes:
        match node:
            case ast.Attribute(value=ast.Name(id=name), attr=attr, ctx=ast.Store() | ast.Del()) if name in imported:
                if attr not in MAY_BE_SET and not attr.isupper():  # `ImageFile.LOAD_TRUNCATED_IMAGES` is a setting
                    yield f"{imported[name]}.{attr}"
            case ast.Call(func=ast.Name(id="setattr"), args=[ast.Name(id=name), ast.Constant(value=str(attr)), _]):
                if name in imported:
                    yield f"{imported[name]}.{attr}"
            case ast.Name(id="AssertionError", ctx=ast.Store()) | ast.ClassDef(name="AssertionError"):
                yield "AssertionError"


def _always_agree(nodes: Iterable[ast.AST]) -> Iterator[str]:
    """Comparisons that do not look at what they compare."""
    for node in nodes:
        match node:
            case ast.ClassDef(name=name):
                yield from (f"{name}.{method.name}" for method in _methods(node) if _agrees(method.name, method))
            case ast.Assign(targets=[ast.Name(id=name) | ast.Attribute(attr=name)], value=ast.Lambda() as function):
                yield from [name] if _agrees(name, function) else []


def _agrees(name: str, function: ast.FunctionDef | ast.Lambda) -> bool:
    """Whether it gives one constant, or never reads the other value and does not pass the question on."""
    nodes = list(ast.walk(function))
    answers = [node.value for node in nodes if isinstance(node, ast.Return)]
    answers = [function.body] if isinstance(function, ast.Lambda) else answers
    if name not in OF_TWO | OF_ONE or not answers:
        return False
    constants = [answer.value for answer in answers if isinstance(answer, ast.Constant)]
    if len(constants) == len(answers):
        return len(set(constants)) == 1
    read = {node.id for node in nodes if isinstance(node, ast.Name)}
    others = {one.arg for one in function.args.args[1:]} if name in OF_TWO else set()
    return bool(others) and not read & (others | {"NotImplemented"})


def _forged(nodes: Iterable[ast.AST]) -> Iterator[str]:
    """Classes that are a builtin value with a comparison of their own, or that claim another class than theirs."""
    for node in nodes:
        if isinstance(node, ast.ClassDef):
            methods = {method.name for method in _methods(node)}
            bases = {base.id for base in node.bases if isinstance(base, ast.Name)} & VALUES
            yield from (f"{node.name}({base})" for base in bases if methods & {"__eq__", "__ne__"})
            yield from (f"{node.name}.{name}" for name in methods & {"__class__"})


def _methods(owner: ast.ClassDef) -> list[ast.FunctionDef]:
    return [node for node in owner.body if isinstance(node, ast.FunctionDef)]
