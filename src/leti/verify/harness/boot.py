"""Where a cell's process begins: it enters its jail, then takes up its role.

Arguments: the directory that holds this package, and the options as JSON. Standard input and output are the caller's;
what goes wrong on the way is one line on standard error.
"""

from __future__ import annotations

import json
import os
import sys
from typing import Any, NoReturn, cast

from . import jail
from .kernel import JailError

DEFAULTS: dict[str, Any] = {
    "jail": "none",
    "seccomp": False,
    "drop": False,
    "tied": False,
    "readable": [],
    "scratch": None,
    "scratch_bytes": 64 << 20,
    "scratch_inodes": 4096,
    "packages": [],
    "site": [],
}
FAILED = 71  # the exit status where the jail could not be made


def main() -> NoReturn:
    """Enter the jail and serve; the roles `none` and `load` (packages) only say that it could be done."""
    options = DEFAULTS | json.loads(sys.argv[2])
    try:
        inside = jail.enter(cast("jail.Options", options))
    except (JailError, OSError) as error:
        os.write(2, f"{error}\n".encode("utf-8", "replace"))
        os._exit(FAILED)
    for name in ("LD_LIBRARY_PATH", "LD_BIND_NOW"):  # what was for this interpreter's start
        os.environ.pop(name, None)
    os.environ["HOME"] = os.environ["TMPDIR"] = inside.scratch
    if options["role"] != "none":
        _load(options["packages"], options["site"])
    if options["role"] in ("program", "shared"):
        from . import template

        template.main(inside.scratch, first=inside.first, proc=inside.proc, shared=options["role"] == "shared")
    if options["role"] == "judge":
        if inside.proc is not None:
            os.close(inside.proc)
        from . import judge

        judge.main()
    os._exit(0)


def _load(packages: list[str], site: list[str] | None) -> None:
    """Load packages in advance, while what goes wrong can still be said."""
    if site is None:  # the interpreter is not the caller's: what is installed here
        import sysconfig

        site = sorted({sysconfig.get_path(kind) for kind in ("purelib", "platlib")})
    sys.path += site
    for name in packages:
        try:
            __import__(name)
        except ImportError as error:
            os.write(2, f"package {name!r}: {error}\n".encode("utf-8", "replace"))
            os._exit(FAILED)
