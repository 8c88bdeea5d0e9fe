"""A process that calls one runner, as a trainer or a scorer would. Takes turns over a pipe: see `main`.

It stands alone, so that a fork of it costs what that runner's own imports cost (and the ballast, if asked for).
"""

from __future__ import annotations

import json
import os
import resource
import sys
import time
from typing import TYPE_CHECKING, Any

from runners import PEERS, TIMED_OUT, NotThereError, Ours, make

if TYPE_CHECKING:
    from runners import Runner

BOUND = 6 << 30
"""Bytes of address space for callers of peers: what they run unprotected must not take the machine down."""


def main() -> None:
    """Say who is there, take the programs, then serve turns: one JSON line in, one out.

    The argument is JSON: `runner`, `timeout`, `every`, `cpus` and `ballast` (MiB). The first line in names the file of
    programs.
    """
    options = json.loads(sys.argv[1])
    os.sched_setaffinity(0, options["cpus"])
    requests, replies = os.fdopen(os.dup(0)), os.fdopen(os.dup(1), "w")
    nothing = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1):  # what programs would read, and what they print
        os.dup2(nothing, descriptor)
    try:
        runner = make(options["runner"], options["timeout"], every=options["every"])
    except NotThereError as error:
        print(json.dumps({"missing": str(error)}), file=replies, flush=True)
        return
    print(json.dumps({"about": runner.about}), file=replies, flush=True)
    suites = _prepared(runner, json.loads(requests.readline()))
    ballast = bytearray(b"\x01") * (options["ballast"] << 20)  # written, so it is really there
    if options["runner"] in PEERS:
        resource.setrlimit(resource.RLIMIT_AS, (BOUND + len(ballast), resource.getrlimit(resource.RLIMIT_AS)[1]))
    print(json.dumps({"held": len(ballast)}), file=replies, flush=True)
    for line in requests:
        print(json.dumps(_turn(runner, suites, json.loads(line), options["timeout"])), file=replies, flush=True)


def _prepared(runner: Runner, path: str) -> dict[str, list[Any]]:
    with open(path, encoding="utf-8") as file:  # noqa: PTH123 - pathlib is not loaded
        return {name: [runner.prepare(row) for row in rows] for name, rows in json.load(file).items()}


def _turn(runner: Runner, suites: dict[str, list[Any]], request: dict[str, Any], timeout: float) -> dict[str, Any]:
    """Run some programs of a suite some times over, in one call. No text comes twice, so that nobody remembers it."""
    suite, keep = suites[request["suite"]], request["keep"]
    work = ((suite[index], f"\n# {request['turn']}.{number}") for number in range(request["passes"]) for index in keep)
    late: set[int] = set()
    said: list[str] = []
    began = last = time.perf_counter()
    for answer in runner.judge(work):
        now = time.perf_counter()
        # ours says what timed out, and hands on some verdicts at a time
        if answer == TIMED_OUT or (now - last >= timeout and not isinstance(runner, Ours)):
            late.add(keep[len(said) % len(keep)])
        last = now
        said.append(answer)
    return {
        "seconds": last - began,
        "each": (last - began) / len(said),
        "said": said[: len(keep)],
        "late": sorted(late),
    }


if __name__ == "__main__":
    main()
