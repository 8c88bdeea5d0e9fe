"""Contenders in processes of their own, and whose turn it is: everybody in every round, in an order that moves on."""

from __future__ import annotations

import importlib
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from multiprocessing import get_context
from typing import TYPE_CHECKING, Any, Protocol, Self

if TYPE_CHECKING:
    from multiprocessing.connection import Connection


class NotThereError(Exception):
    """A contender that cannot take part; the message says why, or what to type."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """What one turn of a contender came to."""

    seconds: float
    """By the clock, of what is measured."""
    amounts: Mapping[str, float] = field(default_factory=dict)
    """What was done in them, by name: tokens, programs, bytes."""
    note: str = ""
    """How it was done, where the contender had a choice."""


class Contender(Protocol):
    """Whoever takes turns, in a process of its own."""

    @property
    def about(self) -> str:
        """Its version, and how it is set up."""

    def turn(self, request: Any) -> Turn:
        """Does what is asked for, once."""


class Worker:
    """A process with one contender in it.

    Args:
        make: its class as `module:Class`, so that what it imports is imported there alone.
        settings: what it is made with.
        limit: seconds that may take; it imports, and loads a model.

    Raises:
        NotThereError: it cannot be made.
    """

    def __init__(self, make: str, settings: Any, *, limit: float) -> None:
        context = get_context("spawn")  # a fork would inherit what others have loaded, and its memory
        self._pipe, there = context.Pipe()
        self._process = context.Process(target=_serve, args=(there, make, settings), daemon=True)
        self._process.start()
        assert self._process.pid, "it was started"
        self._group = self._process.pid
        there.close()  # the only other end is the contender's: when it dies, we are told
        self.about: str = self._answer(limit)

    def turn(self, request: Any, *, limit: float) -> Turn:
        """One turn.

        Raises:
            NotThereError: it could not do it; or it died, or took longer than `limit` seconds, and is gone.
        """
        self._pipe.send(request)
        found: Turn = self._answer(limit)
        return found

    def _answer(self, limit: float) -> Any:
        try:
            if not self._pipe.poll(limit):
                self.close()
                raise NotThereError(f"no answer in {limit:.0f} s")
            answer = self._pipe.recv()
        except EOFError:
            self.close()
            raise NotThereError("died: its last words are above, on stderr") from None
        if isinstance(answer, NotThereError):
            raise answer
        return answer

    def close(self) -> None:
        """Ends the process, and what it has started."""
        self._pipe.close()
        self._process.join(5.0)
        with suppress(ProcessLookupError, PermissionError):  # all of its group are gone
            os.killpg(self._group, signal.SIGKILL)
        self._process.kill()
        self._process.join()


def _serve(pipe: Connection, make: str, settings: Any) -> None:
    os.setpgrp()  # so that what a contender starts can be ended with it
    os.dup2(2, 1)  # the report alone goes to stdout
    module, _, name = make.partition(":")
    try:
        contender: Contender = getattr(importlib.import_module(module), name)(settings)
    except NotThereError as error:
        pipe.send(error)
        return
    with suppress(EOFError, BrokenPipeError):  # there is nobody left to take turns for
        pipe.send(contender.about)
        while True:
            request = pipe.recv()
            try:
                pipe.send(contender.turn(request))
            except NotThereError as error:
                pipe.send(error)


@dataclass(frozen=True, slots=True, kw_only=True)
class Seat:
    """One row of one table: who is asked for what in each round."""

    table: str
    row: str
    worker: Worker
    request: Any = None


Rows = dict[str, list[Turn | None]]
"""The turns of each row, round by round; None where the contender was gone by then."""


@dataclass(slots=True)
class Contest:
    """Who takes part. A context manager: no process outlives it."""

    limit: float
    """Seconds a turn may take, and a start."""
    seats: list[Seat] = field(default_factory=list)
    about: dict[str, str] = field(default_factory=dict)
    missing: dict[str, str] = field(default_factory=dict)
    """Who does not take part, or no longer, and why."""
    _workers: list[Worker] = field(default_factory=list)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.dismiss()

    def dismiss(self) -> None:
        """Ends everybody and clears the seats: the next ones are to have the machine's memory."""
        for worker in self._workers:
            worker.close()
        self._workers.clear()
        self.seats.clear()

    def invite(self, name: str, make: str, *, settings: Any) -> Worker | None:
        """A worker with this contender; None if it is not there, which is remembered under its name."""
        _say(f"{name}: starting")
        try:
            worker = Worker(make, settings, limit=self.limit)
        except NotThereError as error:
            self.missing[name] = str(error)
            return None
        self._workers.append(worker)
        self.about[name] = worker.about
        return worker

    def play(self, rounds: int) -> dict[str, Rows]:
        """All rounds, after one that warms up and is not counted; by table and row."""
        found: dict[str, Rows] = {}
        for number in range(rounds + 1):
            _say(f"round {number} of {rounds}" if number else "warming up")
            taken = {id(seat): self._take(seat) for seat in in_turn(self.seats, number)}
            for seat in self.seats if number else ():
                found.setdefault(seat.table, {}).setdefault(seat.row, []).append(taken[id(seat)])
        return found

    def _take(self, seat: Seat) -> Turn | None:
        name = f"{seat.table}: {seat.row}"
        if name in self.missing:
            return None
        try:
            return seat.worker.turn(seat.request, limit=self.limit)
        except (NotThereError, OSError) as error:  # OSError: an earlier seat of this worker has ended it
            self.missing[name] = str(error)
            return None


def in_turn(seats: Sequence[Seat], number: int) -> list[Seat]:
    """The seats in the order of this round: it begins one seat later each time."""
    start = number % max(1, len(seats))
    return [*seats[start:], *seats[:start]]


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
