"""A reward as people write it for TRL: each program with its tests in a Python of its own, **without isolation**."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

BOUND = "import resource\nresource.setrlimit(resource.RLIMIT_AS, (1 << 29, 1 << 29))\n"
"""A program that eats memory must not take the machine down."""


def passes(program: str, tests: str, *, timeout: float) -> bool:
    """Whether the program and then its tests run to their end."""
    try:
        done = subprocess.run(
            [sys.executable, "-I", "-c", f"{BOUND}{program}\n{tests}\n"],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=timeout,
            check=False,
        )
    except (subprocess.TimeoutExpired, ValueError):  # ValueError: a zero byte in the program
        return False
    return done.returncode == 0


def rewards(pairs: Sequence[tuple[str, str]], *, timeout: float) -> list[float]:
    """1 for each program that passes its tests, else 0; as many at a time as there are cores."""
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        return [float(passed) for passed in pool.map(lambda pair: passes(*pair, timeout=timeout), pairs)]
