"""Level `container`: each cell is a container of docker or podman. It works on macOS too; it starts slowly."""

from __future__ import annotations

import contextlib
import functools
import os
import secrets
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from typing import Any

from leti.errors import SandboxError
from leti.verify.sandbox import Cover, Role
from leti.verify.sandbox.cell import (
    ENVIRONMENT,
    HARNESS,
    SCRATCH_BYTES,
    SCRATCH_INODES,
    StartedCell,
    start_line,
)

ENGINES = ("docker", "podman")
IMAGE = f"python:{sys.version_info[0]}.{sys.version_info[1]}-slim"
_NOBODY = "65534:65534"
_SCRATCH = "/scratch"
_PLACE = "/leti"
_MEMORY = 4 << 30
_PROCESSES = 64
_PATIENCE = 20.0  # seconds for an engine to say whether it is there


@dataclass(frozen=True, slots=True, kw_only=True)
class Container:
    """Starts cells as containers."""

    image: str = IMAGE
    """Where the interpreter comes from; it has to be there already, nothing is fetched."""
    packages: tuple[str, ...] = ()
    """Modules that programs find loaded: the image's own."""
    level: str = field(default="container", init=False)
    covers: frozenset[Cover] = field(default=frozenset(Cover), init=False)

    def start(self, role: Role) -> StartedCell:
        """Start a cell: see `Sandbox.start`."""
        return self.started(role.value)

    def started(self, role: str) -> StartedCell:
        """Start a cell in any role, of which `none` ends at once, with status 0 if it can be jailed.

        Raises:
            SandboxError: no engine runs, or it does not have the image.
        """
        engine, reasons = engine_there()
        if engine is None:
            raise SandboxError(f"No container engine runs here ({'; '.join(reasons)}). Type: docker info")
        if _asked(engine, "image", "inspect", self.image):
            raise SandboxError(f"{engine} does not have the image {self.image}. Type: {engine} pull {self.image}")
        name = f"leti-{os.getpid()}-{secrets.token_hex(6)}"
        words = self.words(engine, name, role=role)
        return StartedCell(words, also=functools.partial(_kill, engine, name))

    def words(self, engine: str, name: str, *, role: str) -> list[str]:
        """Return what is typed to start the container."""
        scratch = f"{_SCRATCH}:rw,nosuid,nodev,noexec,size={SCRATCH_BYTES},mode=1777"
        walls = ["--network", "none", "--ipc", "none", "--read-only", "--cap-drop", "ALL", "--user", _NOBODY]
        walls += ["--security-opt", "no-new-privileges", "--pids-limit", str(_PROCESSES)]
        walls += ["--memory", str(_MEMORY), "--memory-swap", str(_MEMORY)]
        if os.path.basename(engine) == "podman":  # noqa: PTH119 - a command's name
            walls.append("--read-only-tmpfs=false")  # or /tmp and others could be written to
        else:
            scratch += f",nr_inodes={SCRATCH_INODES}"  # podman does not know it; there the memory bounds the files
        place = f"type=bind,source={HARNESS / 'harness'},target={_PLACE}/harness,readonly"
        words = [engine, "run", "--rm", "--interactive", "--name", name, "--hostname", "leti", *walls]
        words += ["--tmpfs", scratch, "--mount", place, "--workdir", _SCRATCH, "--log-driver", "none"]
        words += [word for key, value in ENVIRONMENT.items() if key != "PATH" for word in ("--env", f"{key}={value}")]
        options: dict[str, Any] = {"role": role, "jail": "none", "seccomp": True, "scratch": _SCRATCH}
        if self.packages:
            options |= {"packages": list(self.packages), "site": None}
        python, *rest = start_line("python3", _PLACE, options=options)
        return [*words, "--pull", "never", "--entrypoint", python, self.image, *rest]


def engine_there() -> tuple[str | None, list[str]]:
    """Return the first engine that answers, and why the others before it do not."""
    reasons = []
    for name in ENGINES:
        path = shutil.which(name)
        if path is None:
            reasons.append(f"{name}: not installed")
            continue
        said = _asked(path, "info")
        if not said:
            return path, reasons
        reasons.append(f"{name}: {said}")
    return None, reasons


def _asked(engine: str, *words: str) -> str:
    """Ask an engine; return nothing where it agrees, or the last line of what it says."""
    try:
        ended = subprocess.run([engine, *words], capture_output=True, text=True, timeout=_PATIENCE, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        return str(error)
    lines = ended.stderr.strip().splitlines() or [f"exit status {ended.returncode}"]
    return lines[-1] if ended.returncode else ""


def _kill(engine: str, name: str) -> None:
    """Kill a container, whether it is there or not: its client's death does not end it at once."""
    with contextlib.suppress(OSError, subprocess.TimeoutExpired):
        subprocess.run([engine, "kill", name], capture_output=True, timeout=_PATIENCE, check=False)
