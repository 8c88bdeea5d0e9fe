"""The first words with a server: whether it has the weights that are asked for, and how it wants to be asked."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from leti.errors import ConfigError, SamplingError
from leti.sampling.dialects import DIALECTS, Dialect
from leti.sampling.names import full_name, names_of, versioned
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
    refusal = Refusal("nothing was asked")
    for dialect in DIALECTS if encoding else (one for one in DIALECTS if not one.by_ids):
        model = listed or (versioned(weights) if dialect.versions else full_name(weights))
        reply = await server.complete(model, dialect.fields(replace(asked, budget=1), decoding, encoding))
        if isinstance(reply, Refusal):
            refusal = reply
        elif not dialect.by_ids or reply.choice.token_ids is not None:
            if not (listed or dialect.loads or (cards is None and reply.model in names)):
                refusal = Refusal(f"an answer in the name of {reply.model!r}")
                break
            _understands(server, dialect, decoding=decoding)
            check_read(reply, asked, url=server.url)
            return Agreed(model, dialect)
    if listed:
        raise SamplingError(f"The server at {server.url} has {listed!r}, but refuses to be asked: {refusal.words}")
    raise SamplingError(_others(server.url, weights, cards=cards, words=refusal.words))


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
    lists = f"lists {', '.join(repr(card.id) for card in cards[:5])}" if cards else "lists no models"
    return (
        f"The server at {url} does not answer for {weights!r}: it {lists}, and says: {words}. No request can change "
        f"the weights of a running server. Start it with these, as in: vllm serve {full_name(weights)} --port 8000, or "
        "start `transformers serve`, which loads what it is asked for. Then type the same command again: it goes on."
    )
