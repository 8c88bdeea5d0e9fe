"""What is asked of an engine that draws tokens by itself, one row at a time, and what is made of its answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from leti.adapters import adapter_base
from leti.errors import ConfigError, SamplingError
from leti.sampling.chunks import Row, key_of
from leti.sampling.completion import program_of, written
from leti.sampling.endings import Completed, Stops
from leti.sampling.prompts import Prompt, prompts_of
from leti.sampling.uniforms import seed_of
from leti.turns import turns_of
from leti.types import Ending, Key, Problem, SampleRequest, Solution

if TYPE_CHECKING:
    from collections.abc import Sequence
    from collections.abc import Set as AbstractSet

    from leti.sampling.encoding import Encoding


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One completion, as it is asked for."""

    problem: Problem
    sample: int
    text: str
    """The prefix and the problem's prompt. What a tokenizer puts before every text is not in it."""
    tokens: tuple[int, ...]
    """The same as ids, with what the tokenizer puts first. Empty if the tokenizer is not known."""
    budget: int
    """The most tokens the completion may have; 0: there is nothing to ask."""
    seed: int


def owed(rows: Sequence[Row], request: SampleRequest, *, done: AbstractSet[Key], engine: str) -> list[Row]:
    """The rows that are not done.

    Raises:
        ConfigError: the request's cut does not exist, its weights are an adapter, or its guidance cannot be had from
            another engine.
    """
    program_of("", "", cut=request.decoding.cut)  # a wrong name is told before hours of sampling
    if request.decoding.guidance:  # told even where there is no prefix yet to lean away from: later is too late
        raise ConfigError(
            f"sampling.guidance is {request.decoding.guidance}, but it needs the logits of two prompts, which "
            f"sampling.engine = {engine!r} does not give. Type --set sampling.guidance=0 or --set sampling.engine=hf"
        )
    if base := adapter_base(request.weights):
        raise ConfigError(
            f"{request.weights!r} is an adapter of {base!r}, and sampling.engine = {engine!r} takes whole models. "
            "Type --set sampling.engine=hf, or make one: leti export RUN DIR"
        )
    return [row for row in rows if key_of(row) not in done]


def asked_of(rows: Sequence[Row], request: SampleRequest, *, encoding: Encoding | None) -> list[Asked]:
    """What is asked for each row; without an encoding, in words only.

    Raises:
        ConfigError: `total_tokens` is set and there is no encoding to count with.
        ProblemError: a prompt is empty, or leaves no room in the model's window.
        SamplingError: the prefix is no token of these weights.
    """
    if encoding is None:
        prompts = [Prompt((), _uncounted(request, rows))] * len(rows)
    else:
        prompts = prompts_of(rows, request, tokenizer=encoding.tokenizer, window=encoding.window)
    return [
        Asked(
            problem=problem,
            sample=sample,
            text=_text(problem, prompt, request, encoding=encoding),
            tokens=prompt.tokens,
            budget=prompt.budget,
            seed=seed_of(request.key, problem=problem.id, sample=sample),
        )
        for (problem, sample), prompt in zip(rows, prompts, strict=True)
    ]


def _text(problem: Problem, prompt: Prompt, request: SampleRequest, *, encoding: Encoding | None) -> str:
    """What a server that takes text is sent. Where it reads it as other tokens, the count of them tells."""
    if not problem.chat:
        return request.prefix + problem.prompt
    assert encoding is not None
    first = len(turns_of(encoding.tokenizer, chat=True).first)
    return str(encoding.tokenizer.decode(prompt.tokens[first:], clean_up_tokenization_spaces=False))


def _uncounted(request: SampleRequest, rows: Sequence[Row]) -> int:
    if any(problem.chat for problem, _ in rows):
        raise ConfigError(
            f"problems.format is chat, but the chat template of {request.weights!r} is not to be had here. "
            "Type --set problems.format=completion, or a directory of weights."
        )
    if request.prefix:
        raise SamplingError(
            f"The tokenizer of {request.weights!r} is not to be had here, so nothing says whether {request.prefix!r} "
            "is a token of it. Sample with prefix '' (--token none), or type a directory of weights."
        )
    if request.decoding.total_tokens is not None:
        raise ConfigError(
            f"sampling.total_tokens counts the tokens of prompts, but the tokenizer of {request.weights!r} is not to "
            "be had here. Type --set sampling.total_tokens=null, or a directory of weights."
        )
    return request.decoding.max_new_tokens


def from_tokens(tokens: Sequence[int], *, ended: bool, encoding: Encoding, stop: tuple[str, ...]) -> Completed:
    """A completion of these ids; an end-of-text token at their end is no part of it."""
    kept = tokens[:-1] if tokens and tokens[-1] in encoding.ends else tokens
    return Stops(encoding.tokenizer, stop).finish(kept, ended=ended)


def from_text(text: str, *, ended: bool, stop: tuple[str, ...]) -> Completed:
    """A completion of which only the text is known."""
    cuts = [place for one in stop if (place := text.find(one)) >= 0]
    if cuts:
        return Completed(text[: min(cuts)], (), Ending.STOP)
    return Completed(text, (), Ending.TOKEN if ended else Ending.LENGTH)


NOTHING = Completed("", (), Ending.LENGTH)
"""What there is where the budget is 0."""


def solution_of(asked: Asked, completed: Completed, *, cut: str) -> Solution:
    """The program in a completion."""
    return Solution(
        problem=asked.problem.id,
        sample=asked.sample,
        completion=completed.text,
        tokens=completed.tokens,
        program=written(asked.problem, completed.text, cut=cut),
        ending=completed.ending,
    )
