"""Samples from a server of OpenAI's API: vLLM, `transformers serve`, llama.cpp, SGLang, OpenAI and others."""

from __future__ import annotations

from collections import deque
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from leti.errors import ConfigError, MissingBackend, SamplingError
from leti.progress import say
from leti.sampling.encoding import Encoding, encoding_of
from leti.sampling.greeting import Agreed, check_read, greet
from leti.sampling.outside import NOTHING, Asked, asked_of, from_text, from_tokens, owed, solution_of
from leti.sampling.replies import Refusal
from leti.sampling.server import Server

try:
    from anyio.from_thread import BlockingPortal, start_blocking_portal
except ImportError as error:
    raise MissingBackend("anyio", "openai") from error

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator, Sequence
    from collections.abc import Set as AbstractSet

    from leti.sampling.chunks import Row
    from leti.sampling.endings import Completed
    from leti.types import Decoding, Key, SampleRequest, Solution

MOST_IN_FLIGHT = 512
"""Requests under way at once, whatever is configured: each holds a connection."""
ENDINGS = {"stop": True, "length": False}
"""Whether a text ended by itself, by what servers say of it."""

Item = TypeVar("Item")
Result = TypeVar("Result")


class OpenAISampler:
    """Asks a server for each row by itself, with the row's own seed, and yields the answers in the order of the rows.

    The weights are the request's: the server has to say that it has them, or to load them when they are named. Where
    a server honours seeds, a row's text is the same whatever is asked beside it and whatever is done already.

    Args:
        url: up to and with the version, as in `http://localhost:8000/v1`.
        in_flight: how many rows are asked for at once.
        retries: how many times a request is sent again after a failure that may pass.
        patience: seconds an answer may take.
    """

    def __init__(self, url: str, *, in_flight: int = 64, retries: int = 5, patience: float = 600.0) -> None:
        if in_flight < 1:
            raise ConfigError(f"The sampler's in_flight is {in_flight}; it must be 1 or more.")
        self._url = url
        self._in_flight = min(in_flight, MOST_IN_FLIGHT)
        self._retries = retries
        self._patience = patience

    def sample(self, rows: Sequence[Row], request: SampleRequest, *, done: AbstractSet[Key]) -> Iterator[Solution]:
        """The solutions of `rows` that are not in `done`, in the order of `rows`.

        Raises:
            ConfigError: what is asked for cannot be put to this server, or there are no such weights or cut.
            ProblemError: a prompt is empty or longer than the model's window.
            SamplingError: the server has other weights, fails, or does not answer.
        """
        missing = owed(rows, request, done=done, engine="openai")
        if not missing:
            return
        encoding = _encoding(request.weights)
        asked = asked_of(missing, request, encoding=encoding)
        with start_blocking_portal() as portal:
            server = Server(self._url, retries=self._retries, patience=self._patience)
            try:
                yield from self._answers(portal, server, asked=asked, request=request, encoding=encoding)
            finally:
                portal.call(server.close)

    def _answers(
        self,
        portal: BlockingPortal,
        server: Server,
        *,
        asked: Sequence[Asked],
        request: SampleRequest,
        encoding: Encoding | None,
    ) -> Iterator[Solution]:
        decoding = request.decoding
        first = next((one for one in asked if one.budget), None)
        if first is None:
            yield from (solution_of(one, NOTHING, cut=decoding.cut) for one in asked)
            return
        hello = partial(greet, server, request.weights, asked=first, decoding=decoding, encoding=encoding)
        agreed = portal.call(hello)
        ask = partial(_complete, server, agreed, decoding=decoding, encoding=encoding)
        ahead = 1 if agreed.dialect.alone else self._in_flight
        for one, completed in zip(asked, _in_order(portal, ask, asked, ahead=ahead), strict=True):
            yield solution_of(one, completed, cut=decoding.cut)


def _encoding(weights: str) -> Encoding | None:
    """How the weights read text. None for names that only the server knows, such as OpenAI's own models."""
    if Path(weights).is_dir():
        return encoding_of(weights)
    try:
        return encoding_of(weights)
    except ConfigError:
        say(
            f"note: there is no tokenizer of {weights!r} here; the server is asked in text, and token ids are not known"
        )
        return None


async def _complete(
    server: Server, agreed: Agreed, asked: Asked, *, decoding: Decoding, encoding: Encoding | None
) -> Completed:
    """One row's completion."""
    if asked.budget == 0:
        return NOTHING
    reply = await server.complete(agreed.model, agreed.dialect.fields(asked, decoding, encoding))
    if isinstance(reply, Refusal):
        raise SamplingError(f"The server at {server.url} refuses problem {asked.problem.id!r}: {reply.words}")
    check_read(reply, asked, url=server.url)
    choice = reply.choice
    ended = ENDINGS.get(choice.finish_reason or "")
    if ended is None:
        raise SamplingError(
            f"The server at {server.url} ended a text for problem {asked.problem.id!r} with {choice.finish_reason!r}, "
            "which is neither 'stop' nor 'length'. Look at its log; the same command goes on."
        )
    if encoding and agreed.dialect.by_ids and choice.token_ids is not None:
        return from_tokens(choice.token_ids, ended=ended, encoding=encoding, stop=decoding.stop)
    return from_text(choice.text, ended=ended, stop=decoding.stop)


def _in_order(
    portal: BlockingPortal, ask: Callable[[Item], Awaitable[Result]], items: Sequence[Item], *, ahead: int
) -> Iterator[Result]:
    """The answers in the order of the items, of which `ahead` are under way or wait to be taken."""
    waiting = deque(portal.start_task_soon(ask, item) for item in items[:ahead])
    for item in items[ahead:]:
        yield waiting.popleft().result()
        waiting.append(portal.start_task_soon(ask, item))
    while waiting:
        yield waiting.popleft().result()
