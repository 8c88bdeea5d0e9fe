"""The first words with a server: whether it has the weights that are asked for, and how it wants to be asked."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from leti.errors import ConfigError, SamplingError
from leti.sampling.dialects import DIALECTS, Dialect
from leti.sampling.replies import Refusal, Reply

if TYPE_CHECKING:
    from collections.abc import Sequence

    from leti.sampling.encoding import Encoding
    from leti.sampling.outside import Asked
    from leti.sampling.replies import Card
    from leti.sampling.server import Server
    from leti.types import Decoding


@dataclass(frozen=True, slots=True)
class Agreed:
    """How a server is asked for the completions of some weights."""

    model: str
    """The server's name for the weights."""
    dialect: Dialect


async def greet(server: Server, weights: str, *, asked: Asked, decoding: Decoding, encoding: Encoding | None) -> Agreed:
    """Asks for one token of the first row, in one dialect after the other.

    Raises:
        ConfigError: `min_p` is set, and the server is not known to understand it.
        SamplingError: the server has other weights, or reads a prompt as other tokens than LETI does.
    """
    cards = await server.cards()
    names = names_of(weights)
    listed = next((card.id for card in cards or () if names & {card.id, card.root}), None)
    model = listed or _full(weights)
    first = replace(asked, budget=1)
    refusal = Refusal("nothing was asked")
    for dialect in DIALECTS if encoding else (one for one in DIALECTS if not one.by_ids):
        reply = await server.complete(model, dialect.fields(first, decoding, encoding))
        if isinstance(reply, Refusal):
            refusal = reply
        elif not dialect.by_ids or reply.choice.token_ids is not None:
            if not (listed or dialect.loads or (cards is None and reply.model in names)):
                break
            _understands(server, dialect, decoding=decoding)
            check_read(reply, asked, url=server.url)
            return Agreed(model, dialect)
    else:
        if listed:
            raise SamplingError(f"The server at {server.url} has {listed!r}, but refuses to be asked: {refusal.words}")
    raise SamplingError(_others(server.url, weights, cards=cards, words=refusal.words))


def names_of(weights: str) -> set[str | None]:
    """What a server may call these weights: as they were typed, or the directory's full path."""
    return {weights, weights.rstrip("/"), _full(weights)}


def _full(weights: str) -> str:
    """A directory's full path, for a server stands in another one; a model's name as it is."""
    return str(Path(weights).resolve()) if Path(weights).is_dir() else weights


def _understands(server: Server, dialect: Dialect, *, decoding: Decoding) -> None:
    if decoding.min_p and not dialect.min_p:
        raise ConfigError(
            f"sampling.min_p is {decoding.min_p}, which cannot be asked of the server at {server.url} (only vLLM and "
            "`transformers serve` are known to take it). Type --set sampling.min_p=0 or --set sampling.engine=hf"
        )


def check_read(reply: Reply, asked: Asked, *, url: str) -> None:
    """Holds the server's count of a prompt's tokens against LETI's own.

    Raises:
        SamplingError: they differ, so that the model does not read what it was, or will be, trained on.
    """
    if not asked.tokens or reply.usage is None or reply.usage.prompt_tokens == len(asked.tokens):
        return
    raise SamplingError(
        f"The server at {url} reads the prompt of {asked.problem.id!r} as {reply.usage.prompt_tokens} tokens, and the "
        f"tokenizer of the weights as {len(asked.tokens)}: a reward token that is not one token there, a first token "
        "that is added or left out, or a prompt that spells a special token. Start the server with the tokenizer of "
        "the weights, or type --set sampling.engine=hf"
    )


def _others(url: str, weights: str, *, cards: Sequence[Card] | None, words: str) -> str:
    has = f"has {', '.join(repr(card.id) for card in cards[:5])}" if cards else "lists no models"
    return (
        f"The server at {url} {has}, and not {weights!r} (it says: {words}). No request can change the weights of a "
        f"running server. Start it with these, as in: vllm serve {_full(weights)} --port 8000, or start "
        "`transformers serve`, which loads what it is asked for. Then type the same command again: it goes on."
    )
