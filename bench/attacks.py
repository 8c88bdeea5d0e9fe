"""Run hostile programs through the verifier; list wrong verdicts and harm done.

Usage: python bench/attacks.py [--rows ATTACKS/attacks.jsonl.gz] [--own] [--level namespaces] [--mode both]

Each program is followed by an honest one. The order is another one for each seed. `--own` runs the suite that ships
with the package (`leti.verify.conformance`).
"""

from __future__ import annotations

import argparse
import contextlib
import gzip
import json
import os
import random
import shutil
import socket
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from leti.errors import SandboxError
from leti.feedback import render
from leti.types import Ending, Problem, Solution, Verdict
from leti.verify import Limits, PythonVerifier, tests_from_text
from leti.verify.conformance import ATTACKS, contaminations, examine
from leti.verify.conformance.surroundings import below, settled
from leti.verify.harness.view import SCRATCH
from leti.verify.isolation import LEVELS, choose
from leti.verify.sandbox import Cover, Sandbox

CANARY = Path("/tmp/sbx_canary")  # noqa: S108 - where the programs look for it
PORT = 45871
SEGMENT = 0x0005B0C5
SECRET = "SECRET-7c1e"  # noqa: S105 - to see whether it comes back
HONEST = """
def solve(x):
    return x + "!" if isinstance(x, str) else [v + 1 for v in x] if isinstance(x, list) else x + 1
"""
MOST = {"memory": 700 << 20, "processes": 45, "disk": 100 << 20, "inodes": 5000}
NEEDED = {"memory": Cover.MEMORY, "processes": Cover.PROCESSES, "disk": Cover.DISK, "inodes": Cover.DISK}
GRACE = 1.0
EVERY = 0.02
MEASURED = 300  # honest programs for the throughput, before and after


@dataclass
class Peak:
    """The most that was seen while one program ran."""

    memory: int = 0
    processes: int = 0
    disk: int = 0
    inodes: int = 0


@dataclass
class Row:
    """What became of one program over all seeds and modes."""

    name: str
    kind: str
    must: str
    outcomes: set[str] = field(default_factory=set)
    wrong: list[str] = field(default_factory=list)
    harm: list[str] = field(default_factory=list)
    peak: Peak = field(default_factory=Peak)
    seconds: float = 0.0


class Watch:
    """Looks at memory, processes and disk of everything below this process. A context manager."""

    def __init__(self, temporary: Path) -> None:
        self._temporary = temporary
        self.peak = Peak()
        self._over = threading.Event()

    def __enter__(self) -> Self:
        self._first = self._look()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._over.wait(EVERY):
            now = self._look()
            for name in vars(now):
                before = 0 if name == "processes" else getattr(self._first, name)
                setattr(self.peak, name, max(getattr(self.peak, name), getattr(now, name) - before))

    def _look(self) -> Peak:
        found = Peak(memory=_shared_memory())
        places = {"/dev/shm", str(self._temporary)}  # noqa: S108 - what programs might fill
        for pid in set(below(os.getpid())):
            with contextlib.suppress(OSError, ValueError, IndexError):
                pages = Path(f"/proc/{pid}/statm").read_text().split()
                found.memory += (int(pages[1]) - int(pages[2])) * os.sysconf("SC_PAGESIZE")
                found.processes += sum(1 for _ in Path(f"/proc/{pid}/task").iterdir())
                places.add(f"/proc/{pid}/root{SCRATCH}")
        seen = set()
        for place in places:
            with contextlib.suppress(OSError):
                status = os.statvfs(place)
                if status.f_fsid not in seen:
                    seen.add(status.f_fsid)
                    found.disk += (status.f_blocks - status.f_bfree) * status.f_frsize
                    found.inodes += status.f_files - status.f_ffree
        return found


def _shared_memory() -> int:
    lines = Path("/proc/meminfo").read_text().splitlines()
    return next(int(line.split()[1]) << 10 for line in lines if line.startswith("Shmem:"))


def _canary() -> None:
    shutil.rmtree(CANARY, ignore_errors=True)
    CANARY.mkdir()
    for name, content in (("victim", "v"), ("secret", SECRET)):
        (CANARY / name).write_text(content)
        (CANARY / name).chmod(0o666)
    CANARY.chmod(0o777)


@contextlib.contextmanager
def _listener(seen: list[int]) -> Iterator[None]:
    with socket.create_server(("127.0.0.1", PORT)) as server:
        server.settimeout(EVERY)

        over = threading.Event()

        def serve() -> None:
            while not over.is_set():
                with contextlib.suppress(TimeoutError):
                    server.accept()[0].close()
                    seen.append(1)

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()


@contextlib.contextmanager
def _temporary() -> Iterator[Path]:
    """Have all temporary files in a directory of our own, and say what was left there."""
    with tempfile.TemporaryDirectory(dir="/tmp") as path:
        Path(path).chmod(0o711)
        tempfile.tempdir = path
        yield Path(path)
        tempfile.tempdir = None
        left = sorted(place.name for place in Path(path).iterdir())
        if left:
            print(f"LEFT in the directory for temporary files: {left}")


def _pair(name: str, program: str, tests: str) -> tuple[Problem, Solution]:
    problem = Problem(id=f"attacks/{name}", prompt="", check=tests_from_text(tests), source="attacks")
    return problem, Solution(
        problem=problem.id, sample=0, completion="", tokens=(), program=program, ending=Ending.TOKEN
    )


class Bench:
    """A verifier, and what there is around it when nothing is wrong."""

    def __init__(self, sandbox: Sandbox, mode: str, *, timeout: float, temporary: Path) -> None:
        limits = Limits(timeout=timeout)
        self._verifier = PythonVerifier(workers=1, limits=limits, fast=mode == "fast", sandbox=sandbox)
        self._covers, self._fast, self._timeout, self._temporary = sandbox.covers, mode == "fast", timeout, temporary
        self.connections: list[int] = []

    def throughput(self, seed: int) -> float:
        """Return honest programs per second."""
        pairs = [_pair("honest", f"{HONEST}# {seed} {n}", "assert solve(1) == 2") for n in range(MEASURED)]
        began = time.monotonic()
        verdicts = list(self._verifier.verify(pairs))
        assert all(verdict.passed for verdict in verdicts)
        return MEASURED / (time.monotonic() - began)

    def begin(self) -> None:
        """See what there is when nothing is wrong."""
        self._processes = settled() + self._fast
        self._descriptors = _descriptors()

    def run(self, given: dict[str, Any], row: Row) -> None:
        """Run one program and an honest one, and add what became of them."""
        _canary()
        self.connections.clear()
        began, waited = time.monotonic(), _waited()
        with Watch(self._temporary) as watch:
            try:
                (verdict,) = self._verifier.verify([_pair(given["name"], given["program"], given["tests"])])
            except SandboxError as error:
                row.wrong.append(f"no verdict: {str(error)[:100]}")
                return
        seconds = time.monotonic() - began
        row.outcomes.add(str(verdict.outcome))
        if given["must"] not in ("pass" if verdict.passed else "fail", "any"):
            row.wrong.append(str(verdict.outcome))
        row.seconds = max(row.seconds, seconds)
        for name in MOST:
            setattr(row.peak, name, max(getattr(row.peak, name), getattr(watch.peak, name)))
        row.harm += self._harm(verdict, watch.peak, seconds - _waited() + waited) + self._next(given)

    def _harm(self, verdict: Verdict, peak: Peak, seconds: float) -> list[str]:
        harm = [f"{name}: {getattr(peak, name)}" for name, most in MOST.items() if self._over(peak, name, most)]
        text = (render(verdict, style="detailed", max_chars=4000).text or "") + verdict.output
        if Cover.FILES in self._covers:
            names = {path.name for path in CANARY.iterdir()}
            if names != {"victim", "secret"} or (CANARY / "victim").read_text() != "v":
                harm.append(f"files: {sorted(names)}")
            if SECRET in text:
                harm.append("secret in feedback")
        if self.connections and Cover.NETWORK in self._covers:
            harm.append("network")
        if seconds > self._timeout + GRACE:
            harm.append(f"time: {seconds:.1f} s")
        if _segment() and Cover.IPC in self._covers:
            harm.append("System V segment")
        return harm

    def _over(self, peak: Peak, name: str, most: int) -> bool:
        return NEEDED[name] in self._covers and getattr(peak, name) > most

    def _next(self, given: dict[str, Any]) -> list[str]:
        harm = []
        (honest,) = self._verifier.verify([_pair("honest", HONEST + f"# {given['name']}", given["tests"])])
        if not honest.passed:
            harm.append(f"next honest program: {honest.outcome}")
        if (left := settled(self._processes)) > self._processes:
            harm.append(f"left running: {left - self._processes}")
            self._processes = left
        if _descriptors() > self._descriptors:
            harm.append(f"descriptors: {_descriptors() - self._descriptors}")
        return harm

    def close(self) -> None:
        """End it."""
        self._verifier.close()


def _waited() -> float:
    """Return the seconds in which something on this machine waited for a processor: no program is charged for it."""
    with contextlib.suppress(OSError):
        return int(Path("/proc/pressure/cpu").read_text().split("total=")[1].split()[0]) / 1e6
    return 0.0


def _segment() -> bool:
    lines = Path("/proc/sysvipc/shm").read_text().splitlines()[1:]
    return any(int(line.split()[0]) == SEGMENT for line in lines)


def _descriptors() -> int:
    return sum(1 for _ in Path("/proc/self/fd").iterdir())


def _listed(sandbox: Sandbox, given: list[dict[str, Any]], options: argparse.Namespace) -> list[str]:
    """Run a file of attacks in every mode and order; return the lines that say what became of them."""
    rows = {one["name"]: Row(one["name"], one["kind"], one["must"]) for one in given}
    speeds = []
    for mode in _modes(options):
        for seed in range(options.seeds):
            order = random.Random(seed).sample(given, len(given))
            with _temporary() as temporary:
                bench = Bench(sandbox, mode, timeout=options.timeout, temporary=temporary)
                with _listener(bench.connections):
                    before = bench.throughput(seed)
                    bench.begin()
                    for one in order:
                        bench.run(one, rows[one["name"]])
                    after = bench.throughput(seed + 1000)
                bench.close()
            speeds.append(f"{mode}, seed {seed}: {before:.0f} honest programs per second before, {after:.0f} after")
    lines = [
        "| program | kind | must | outcome | wrong | harm | MiB | processes | MiB on disk | inodes | seconds |",
        "|---|---|---|---|---|---|---|---|---|---|---|",
        *map(_line, rows.values()),
        "",
        *_totals(rows.values()),
        "",
        *speeds,
    ]
    return [*lines, f"left running: {settled()} processes; descriptors: {_descriptors()}"]


def _line(row: Row) -> str:
    peak = row.peak
    cells = [
        *(row.name, row.kind, row.must, ", ".join(sorted(row.outcomes)), "; ".join(row.wrong), "; ".join(row.harm)),
        *(f"{peak.memory >> 20}", f"{peak.processes}", f"{peak.disk >> 20}", f"{peak.inodes}", f"{row.seconds:.2f}"),
    ]
    return f"| {' | '.join(cells)} |"


def _totals(rows: Any) -> list[str]:
    kinds: dict[str, list[Row]] = {}
    for row in rows:
        kinds.setdefault(row.kind, []).append(row)
    lines = ["| kind | programs | wrong | with harm |", "|---|---|---|---|"]
    kinds["all"] = list(rows)
    for kind, some in kinds.items():
        lines.append(
            f"| {kind} | {len(some)} | {sum(bool(r.wrong) for r in some)} | {sum(bool(r.harm) for r in some)} |"
        )
    return lines


def _own(sandbox: Sandbox, options: argparse.Namespace) -> list[str]:
    """Run the suite that ships with the package; return the lines that say what became of it."""
    rows: dict[str, Row] = {}
    for mode in _modes(options):
        for seed in range(options.seeds):
            order = random.Random(seed).sample(ATTACKS, len(ATTACKS))
            with _temporary():
                findings = examine(sandbox, order, slow=not options.quick, fast=mode == "fast")
                findings += contaminations(sandbox, fast=mode == "fast")
            for found in findings:
                row = rows.setdefault(found.name, Row(found.name, found.kind, ""))
                row.outcomes.add(found.outcome)
                row.wrong += [found.wrong] if found.wrong else []
                row.harm += found.harm
                row.seconds = max(row.seconds, found.seconds)
    bad = [row for row in rows.values() if row.wrong or row.harm]
    return [*_totals(rows.values()), "", *(f"- {row.name}: {row.outcomes} {row.wrong} {row.harm}" for row in bad)]


def _modes(options: argparse.Namespace) -> list[str]:
    return ["strict", "fast"] if options.mode == "both" else [options.mode]


def main() -> None:
    """Run what was asked for, write the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=Path)
    parser.add_argument("--own", action="store_true")
    parser.add_argument("--quick", action="store_true", help="of the own suite only what takes little time")
    parser.add_argument("--level", choices=("auto", *LEVELS), default="auto")
    parser.add_argument("--mode", choices=("strict", "fast", "both"), default="both")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--timeout", type=float, default=2.0)
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    if not options.rows and not options.own:
        parser.error("--rows FILE, --own, or both")
    sandbox = choose(options.level)
    lines = [f"# Hostile programs at level {sandbox.level}, {options.mode}, {options.seeds} orders", ""]
    if options.rows:
        if Cover.SIGNALS not in sandbox.covers:
            parser.error(f"level {sandbox.level} does not keep programs from harm: only --own, which heeds that")
        with gzip.open(options.rows, "rt") as file:
            lines += _listed(sandbox, [json.loads(line) for line in file], options)
        lines.append("")
    if options.own:
        lines += _own(sandbox, options)
    sys.stdout.write("\n".join(lines) + "\n")
    if options.out:
        options.out.write_text("\n".join(lines) + "\n")
    shutil.rmtree(CANARY, ignore_errors=True)


if __name__ == "__main__":
    main()
