"""Who may import what."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import leti

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(next(iter(leti.__path__)))
REPOSITORY = Path(__file__).resolve().parents[2]
FILES = {str(path.relative_to(ROOT)): path for path in sorted(ROOT.rglob("*.py"))}
HEAVY = {"torch", "transformers", "accelerate", "safetensors", "peft"}
TRACKERS = "watch/trackers.py"
"""They are accelerate's, which brings torch along: imported when one is named."""
DOORS = {"sampling/hf.py", "sampling/openai.py", "sampling/vllm.py"}
"""The samplers that `build` imports by name."""
OUTSIDE = {
    "vllm": {"sampling/vllm_process.py"},
    "ray": {name for name in FILES if name.startswith("cluster/")},
    "openai": {"sampling/server.py"},
}


def module(name: str) -> str:
    return ".".join(("leti", *Path(name).with_suffix("").parts)).removesuffix(".__init__")


def is_for_types(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and ast.unparse(node.test).endswith("TYPE_CHECKING")


def imported(node: ast.AST, package: str) -> Iterator[str]:
    """Modules that are imported anywhere below, in functions too, other than for the type checker."""
    for child in ast.iter_child_nodes(node):
        if is_for_types(child):
            assert isinstance(child, ast.If)
            for other in child.orelse:
                yield from imported(ast.Module([other], []), package)
        elif isinstance(child, ast.Import):
            yield from (alias.name for alias in child.names)
        elif isinstance(child, ast.ImportFrom):
            above = package.split(".")[: len(package.split(".")) - child.level + 1] if child.level else []
            origin = ".".join([*above, *([child.module] if child.module else [])])
            yield from (f"{origin}.{alias.name}" for alias in child.names)
        else:
            yield from imported(child, package)


def package(name: str) -> str:
    return module(name) if name.endswith("__init__.py") else module(name).rpartition(".")[0]


IMPORTS = {name: set(imported(ast.parse(path.read_text("utf-8")), package(name))) for name, path in FILES.items()}


def uses(name: str, packages: set[str]) -> bool:
    return any(found.partition(".")[0] in packages for found in IMPORTS[name])


def importers(name: str) -> set[str]:
    mine = module(name)
    return {other for other, found in IMPORTS.items() if any(f"{one}.".startswith(f"{mine}.") for one in found)}


def test_only_training_and_the_samplers_of_models_import_torch() -> None:
    users = {name for name in FILES if uses(name, HEAVY)}
    others = {name for name in users if not name.startswith(("training/", "sampling/"))}
    assert others == {TRACKERS}
    assert not uses(TRACKERS, HEAVY - {"accelerate"})
    assert importers(TRACKERS) == {"build.py"}
    assert not uses("training/place.py", HEAVY)
    assert not uses("training/__init__.py", HEAVY)

    ours = {name for name in users if name.startswith("sampling/")} | DOORS
    for name in ours - DOORS:  # what it is made of: files that nobody else imports
        assert importers(name) <= ours, f"{name} imports torch and is imported by {importers(name) - ours}"


@pytest.mark.parametrize("package", OUTSIDE)
def test_optional_backends_are_imported_in_their_own_files_only(package: str) -> None:
    assert {name for name in FILES if uses(name, {package})} <= OUTSIDE[package]


def test_the_configuration_is_read_at_the_edge_only() -> None:
    allowed = {"build.py"} | {name for name in FILES if name.startswith("cli/")}
    assert importers("config.py") <= allowed


def test_what_runs_inside_the_sandbox_imports_the_standard_library_only() -> None:
    inside = [name for name in FILES if "harness" in name]
    assert inside
    for name in inside:
        for found in IMPORTS[name]:
            assert found.startswith("leti.verify.harness") or found.partition(".")[0] in sys.stdlib_module_names, name


def loaded_after(code: str, packages: set[str]) -> list[str]:
    """Which of some packages are loaded after some code, in a fresh interpreter."""
    script = f"import sys\n{code}\nprint(sorted({packages!r} & set(sys.modules)), file=sys.stderr)"
    ended = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    found: list[str] = ast.literal_eval(ended.stderr.splitlines()[-1])
    return found


def test_importing_leti_imports_nothing_heavy() -> None:
    packages = HEAVY | {"numpy", "datasets", "pydantic"}
    assert loaded_after("import leti", packages) == []


def test_the_public_names_that_need_no_model_import_no_torch() -> None:
    assert loaded_after("import leti\nfor name in leti.__all__: getattr(leti, name)", HEAVY | {"datasets"}) == []


def test_the_help_imports_nothing_heavy() -> None:
    code = """
import contextlib
sys.argv = ["leti", "--help"]
from leti.cli import main
with contextlib.suppress(SystemExit):
    main()
"""
    assert loaded_after(code, HEAVY | {"numpy", "datasets", "vllm", "ray", "openai", "anyio"}) == []


def test_the_contract_of_the_layers_is_kept() -> None:
    if find_spec("importlinter") is None:
        pytest.skip("import-linter is not installed: pip install 'leti[dev]'")
    code = "from importlinter.cli import lint_imports; raise SystemExit(lint_imports(no_cache=True))"
    paths = os.pathsep.join([str(ROOT.parent), os.environ.get("PYTHONPATH", "")])
    ended = subprocess.run(
        [sys.executable, "-c", code],
        cwd=REPOSITORY,
        env={**os.environ, "PYTHONPATH": paths},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
