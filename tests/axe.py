"""What axe, which knows how pages shut people out, has to say of a page."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

SERIOUS = "axe.run().then(found => found.violations.filter(one => ['serious', 'critical'].includes(one.impact)))"


def axe() -> str:
    spec = find_spec("axe_core_python")
    if spec is None or not spec.submodule_search_locations:
        pytest.skip("axe-core-python is not installed")
    return (Path(next(iter(spec.submodule_search_locations))) / "axe.min.js").read_text("utf-8")


def told(fault: dict[str, Any]) -> str:
    return f"{fault['id']}: {[node['html'][:150] for node in fault['nodes'][:4]]} {fault['nodes'][0]['any'][:1]}"
