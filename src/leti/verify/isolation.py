"""Which sandbox is used here: the strongest that works, or the one that was named, never a weaker one in silence."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path

from leti.errors import IsolationError, SandboxError
from leti.verify.sandbox import Sandbox, builtin
from leti.verify.sandbox.bubblewrap import Bubblewrap
from leti.verify.sandbox.container import IMAGE, Container

AUTO = "auto"
STRONGEST_FIRST = ("namespaces", "landlock")
"""What `auto` chooses from. The last one is the minimum."""
MINIMUM = STRONGEST_FIRST[-1]
LEVELS = (*STRONGEST_FIRST, "bubblewrap", "container", "process")
_PATIENCE = 60.0
_CONTAINER = "--set verify.isolation=container (needs docker or podman)"
_OTHERS = (
    f"--set verify.isolation=bubblewrap (needs the program bwrap), {_CONTAINER}, "
    "or, for programs you trust, --set verify.isolation=process"
)
_SETTINGS = {
    "/proc/sys/kernel/apparmor_restrict_unprivileged_userns": ("1", "AppArmor keeps user namespaces from programs"),
    "/proc/sys/kernel/unprivileged_userns_clone": ("0", "user namespaces are root's alone"),
    "/proc/sys/user/max_user_namespaces": ("0", "no user namespaces are allowed"),
}
_CONTAINERS = ("/.dockerenv", "/run/.containerenv")


_Adapter = builtin.BuiltIn | Bubblewrap | Container


def choose(name: str = AUTO, *, packages: tuple[str, ...] = (), image: str | None = None) -> Sandbox:
    """Return the sandbox of a name, having tried it; `auto` is the strongest level built in that works here.

    Args:
        name: `auto` or one of `LEVELS`.
        packages: modules that programs find loaded.
        image: of level `container`.

    Raises:
        IsolationError: there is no such level, it does not work here, or `auto` found less than the minimum; or a
            package cannot be loaded there.
    """
    if name not in (AUTO, *LEVELS):
        raise IsolationError(f"No isolation level {name!r}. Type one of: {', '.join((AUTO, *LEVELS))}.")
    found: dict[str, _Adapter] = {
        "namespaces": builtin.namespaces(packages),
        "landlock": builtin.landlock(packages),
        "bubblewrap": Bubblewrap(packages=packages),
        "container": Container(packages=packages, image=image or IMAGE),
        "process": builtin.process(packages),
    }
    reasons = {}
    for level in STRONGEST_FIRST if name == AUTO else (name,):
        reasons[level] = trouble(found[level])
        if not reasons[level]:
            _refuse_missing(found[level])
            return found[level]
    raise IsolationError(_refusal(name, reasons))


def _refuse_missing(sandbox: _Adapter) -> None:
    if sandbox.packages and (reason := trouble(sandbox, "load")):
        raise IsolationError(
            f"verify.packages = {list(sandbox.packages)}: {reason}. Install it for the Python that programs run in "
            f"(isolation {sandbox.level!r}), or leave it out."
        )


def trouble(sandbox: _Adapter, role: str = "none") -> str:
    """Start a cell that ends at once; return why it could not, or nothing where it could.

    Args:
        sandbox: starts it.
        role: `none`, or `load`, which loads the packages first.
    """
    if sys.platform != "linux" and sandbox.level != "container":
        return f"needs Linux, this is {sys.platform}"
    try:
        cell = sandbox.started(role)
    except SandboxError as error:
        return str(error)
    try:
        status = cell.wait(_PATIENCE)
        said = cell.last_words()
    finally:
        cell.close()
    if status == 0:
        return ""
    return said or ("it did not start in time" if status is None else f"it ended with status {status}")


def _refusal(name: str, reasons: Mapping[str, str]) -> str:
    seen = "; ".join(f"{level}: {reason.rstrip('.')}" for level, reason in reasons.items())
    if sys.platform != "linux" and name != "container":
        return f"No isolation but `container` works on this system ({seen}). Type {_CONTAINER}."
    hints = _hints()
    why = f" Seen here: {'; '.join(hints)}." if hints and "namespaces" in reasons else ""
    if name == AUTO:
        return f"No isolation that holds hostile programs works here ({seen}).{why} Type {_OTHERS}."
    if name not in STRONGEST_FIRST:
        return f"Isolation {name!r} does not work here ({seen}). Once that is mended type the same again."
    return f"Isolation {name!r} does not work here ({seen}).{why} Type --set verify.isolation=auto, {_OTHERS}."


def _hints() -> list[str]:
    """Return what on this machine is known to keep namespaces away."""
    found = []
    for path, (value, meaning) in _SETTINGS.items():
        if _first_line(path) == value:
            found.append(f"{path.removeprefix('/proc/sys/').replace('/', '.')} is {value}: {meaning}")
    if any(map(os.path.exists, _CONTAINERS)):
        found.append("this is a container, whose own filter may refuse namespaces")
    return found


def _first_line(path: str) -> str:
    try:
        return Path(path).read_text().strip()
    except OSError:
        return ""
