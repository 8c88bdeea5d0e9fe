"""The levels that need nothing but this package and the kernel: `namespaces`, `landlock`, `process`."""

from __future__ import annotations

import sys
import sysconfig
from dataclasses import dataclass
from typing import Any

from leti.verify.sandbox import Cover, Role
from leti.verify.sandbox.cell import HARNESS, StartedCell, start_line
from leti.verify.sandbox.scratch import Scratch

_WALLS = frozenset(Cover) - {Cover.METADATA, Cover.DISK, Cover.MEMORY}


@dataclass(frozen=True, slots=True, kw_only=True)
class BuiltIn:
    """A level made by `harness.jail`. Use one of the three constructors below."""

    level: str
    covers: frozenset[Cover]
    jail: str
    packages: tuple[str, ...] = ()
    """Modules that programs find loaded; where there are any, the packages installed here can be imported."""

    def start(self, role: Role) -> StartedCell:
        """Start a cell: see `Sandbox.start`."""
        return self.started(role.value)

    def started(self, role: str) -> StartedCell:
        """Start a cell in any role, of which `none` ends at once, with status 0 if it can be jailed.

        Raises:
            SandboxError: it cannot be started.
        """
        options: dict[str, Any] = {"role": role, "jail": self.jail, **self._packages()}
        scratch = None if self.jail == "namespaces" else Scratch()
        if scratch is not None:
            options["scratch"] = str(scratch.inside)
        words = start_line(sys.executable, str(HARNESS), options=options)
        return StartedCell(words, scratch=scratch, below=scratch is not None)

    def _packages(self) -> dict[str, list[str]]:
        if not self.packages:
            return {}
        site = installed()
        return {"packages": list(self.packages), "site": site, "readable": site}


def installed() -> list[str]:
    """Return the directories of the packages that are installed for this interpreter."""
    return sorted({sysconfig.get_path("purelib"), sysconfig.get_path("platlib")})


def namespaces(packages: tuple[str, ...] = ()) -> BuiltIn:
    """Return the level where a cell has namespaces of its own: files, processes, users, network and the rest."""
    return BuiltIn(level="namespaces", covers=frozenset(Cover), jail="namespaces", packages=packages)


def landlock(packages: tuple[str, ...] = ()) -> BuiltIn:
    """Return the level for machines that refuse namespaces: rules on files, and a list of system calls."""
    return BuiltIn(level="landlock", covers=_WALLS, jail="landlock", packages=packages)


def process(packages: tuple[str, ...] = ()) -> BuiltIn:
    """Return the level that keeps programs apart and within their limits, and nothing else: for programs one trusts."""
    return BuiltIn(level="process", covers=frozenset({Cover.LEFTOVERS}), jail="none", packages=packages)
