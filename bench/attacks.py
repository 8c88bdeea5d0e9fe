"""Run the hostile programs of a folder of attacks through the verifier; list wrong verdicts and harm done.

Usage: python bench/attacks.py --rows ATTACKS/attacks.jsonl.gz --out attacks.md
"""

from __future__ import annotations

import argparse
import gzip
import json
import shutil
import socket
import sys
import threading
import time
from pathlib import Path
from typing import Any

from leti.feedback import render
from leti.types import Ending, Problem, Solution
from leti.verify import PythonVerifier, tests_from_text

CANARY = Path("/tmp/sbx_canary")  # noqa: S108 - where the programs look for it
PORT = 45871
HONEST = """
def solve(x):
    return x + "!" if isinstance(x, str) else [v + 1 for v in x] if isinstance(x, list) else x + 1
"""


def _canary() -> None:
    shutil.rmtree(CANARY, ignore_errors=True)
    CANARY.mkdir()
    for name, content in (("victim", "v"), ("secret", "SECRET-7c1e")):
        (CANARY / name).write_text(content)
        (CANARY / name).chmod(0o666)
    CANARY.chmod(0o777)


def _listener(seen: list[int]) -> socket.socket:
    server = socket.create_server(("127.0.0.1", PORT))

    def serve() -> None:
        while True:
            try:
                server.accept()[0].close()
            except OSError:
                return
            seen.append(1)

    threading.Thread(target=serve, daemon=True).start()
    return server


def _pair(name: str, program: str, tests: str) -> tuple[Problem, Solution]:
    problem = Problem(id=f"attacks/{name}", prompt="", check=tests_from_text(tests), source="attacks")
    return problem, Solution(
        problem=problem.id, sample=0, completion="", tokens=(), program=program, ending=Ending.TOKEN
    )


def _strangers(before: set[str]) -> list[str]:
    """Processes that were not there before and were forked from a template."""
    found = []
    for name in {path.name for path in Path("/proc").iterdir() if path.name.isdigit()} - before:
        try:
            line = Path(f"/proc/{name}/cmdline").read_bytes()
        except OSError:
            continue
        if b"harness.template" in line:
            found.append(name)
    return found


def _harm(text: str, connections: list[int]) -> list[str]:
    harm = []
    names = {path.name for path in CANARY.iterdir()}
    if names != {"victim", "secret"} or (CANARY / "victim").read_text() != "v":
        harm.append(f"files: {sorted(names)}")
    if "SECRET-7c1e" in text:
        harm.append("secret in feedback")
    if connections:
        harm.append("network")
    return harm


def _run(verifier: PythonVerifier, row: dict[str, Any], connections: list[int]) -> dict[str, Any]:
    _canary()
    connections.clear()
    began = time.monotonic()
    (verdict,) = verifier.verify([_pair(row["name"], row["program"], row["tests"])])
    seconds = time.monotonic() - began
    text = render(verdict, style="detailed", max_chars=4000).text or ""
    harm = _harm(text, connections)
    (honest,) = verifier.verify([_pair("honest", HONEST + f"# {row['name']}", row["tests"])])
    if not honest.passed:
        harm.append("next honest program did not pass")
    said = "pass" if verdict.passed else "fail"
    wrong = row["must"] not in (said, "any")
    found = {"outcome": str(verdict.outcome), "wrong": wrong, "harm": harm, "seconds": seconds}
    return {key: row[key] for key in ("name", "kind", "must")} | found


def main() -> None:
    """Run all rows one after the other, write the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=Path, required=True)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--timeout", type=float, default=2.0)
    options = parser.parse_args()
    with gzip.open(options.rows, "rt") as file:
        rows = [json.loads(line) for line in file]
    connections: list[int] = []
    before = {path.name for path in Path("/proc").iterdir() if path.name.isdigit()}
    with _listener(connections), PythonVerifier(workers=1, timeout=options.timeout) as verifier:
        results = [_run(verifier, row, connections) for row in rows]
    lines = ["| program | kind | must | outcome | wrong | harm | seconds |", "|---|---|---|---|---|---|---|"]
    lines += [
        f"| {r['name']} | {r['kind']} | {r['must']} | {r['outcome']} | {'WRONG' if r['wrong'] else ''} | "
        f"{'; '.join(r['harm'])} | {r['seconds']:.2f} |"
        for r in results
    ]
    lines.append("")
    lines.append(
        f"{len(results)} programs, {sum(r['wrong'] for r in results)} wrong verdicts, "
        f"{sum(bool(r['harm']) for r in results)} with harm; left running: {_strangers(before) or 'nothing'}"
    )
    sys.stdout.write("\n".join(lines) + "\n")
    if options.out:
        options.out.write_text("\n".join(lines) + "\n")
    shutil.rmtree(CANARY, ignore_errors=True)


if __name__ == "__main__":
    main()
