"""A server of OpenAI's API, over HTTP. The client library waits and tries again; here failures become words."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from leti.errors import MissingBackend, SamplingError
from leti.sampling.replies import Card, Cards, Refusal, Reply

try:
    import openai
except ImportError as error:
    raise MissingBackend("openai", "openai") from error

if TYPE_CHECKING:
    from collections.abc import Mapping

REFUSING = frozenset({400, 404, 422})
"""The statuses of a request that would fail again, but might be put otherwise."""
SHOWN = 400
"""Characters of a server's words that are shown."""
HINTS = {
    401: "Set the environment variable OPENAI_API_KEY to a key of this server.",
    403: "Set the environment variable OPENAI_API_KEY to a key that may do this.",
    429: "Ask for less at a time (--set sampling.batch_rows=8), or wait. The same command goes on.",
}


class Server:
    """One server. The key is that of the environment variable OPENAI_API_KEY, if there is one.

    Args:
        url: up to and with the version, as in `http://localhost:8000/v1`.
        retries: how many times a request is sent again after a lost connection, a timeout, a 429 or a 5xx. The
            waits between them double from half a second to eight, or are what the server asks for.
        patience: seconds an answer may take.
    """

    def __init__(self, url: str, *, retries: int, patience: float) -> None:
        self.url = url
        self._tries = f"{retries + 1} times"
        self._patience = patience
        # Servers on one's own machine want no key, but the library wants one.
        key = os.environ.get("OPENAI_API_KEY") or "none"
        self._client = openai.AsyncOpenAI(base_url=url, api_key=key, max_retries=retries, timeout=patience)

    async def close(self) -> None:
        """Ends the connections."""
        await self._client.close()

    async def cards(self) -> tuple[Card, ...] | None:
        """The models it lists; None where it lists none: then `complete` shows what it is."""
        try:
            raw = await self._client.with_options(max_retries=0).models.with_raw_response.list()
            return tuple(Cards.model_validate_json(raw.content).data)
        except (openai.OpenAIError, ValidationError):
            return None

    async def complete(self, model: str, fields: Mapping[str, Any]) -> Reply | Refusal:
        """One completion, or the words with which it was refused.

        Raises:
            SamplingError: no answer, an answer that is an error, or one that is no completion.
        """
        body = dict(fields)
        try:
            raw = await self._client.completions.with_raw_response.create(
                model=model, prompt=body.pop("prompt"), extra_body=body
            )
            return Reply.model_validate_json(raw.content)
        except openai.APITimeoutError as error:
            raise SamplingError(
                f"The server at {self.url} was asked {self._tries} and did not answer within {self._patience:g} s. "
                "Look at its log. If it is only slow, ask for less at a time: --set sampling.batch_rows=8"
            ) from error
        except openai.APIConnectionError as error:
            raise SamplingError(
                f"No server answers at {self.url} (tried {self._tries}: {error.__cause__ or error}). Start one there, "
                "or type where it is, as in: export OPENAI_BASE_URL=http://localhost:8000/v1"
            ) from error
        except openai.APIStatusError as error:
            return self._refused(error)
        except ValidationError as error:
            raise SamplingError(
                f"What the server at {self.url} answers is no completion of OpenAI's API: {_shown(raw.text)!r} "
                "Does the URL end where the API begins, as in http://localhost:8000/v1?"
            ) from error

    def _refused(self, error: openai.APIStatusError) -> Refusal:
        status, words = error.status_code, _shown(error.response.text)
        if status in REFUSING:
            return Refusal(f"{status} {words}")
        often = f", {self._tries}" if status in {408, 409, 429} or status >= 500 else ""
        hint = HINTS.get(status, "Look at its log. The same command goes on where this one ended.")
        raise SamplingError(f"The server at {self.url} answered {status}{often}: {words!r} {hint}") from error


def _shown(words: str) -> str:
    return " ".join(words.split())[:SHOWN]
