"""The default sampler: any causal language model of Hugging Face transformers, with a loop of our own."""

from __future__ import annotations

from contextlib import contextmanager
from copy import deepcopy
from dataclasses import replace
from functools import partial
from queue import SimpleQueue
from typing import TYPE_CHECKING

import numpy as np

from leti.errors import ConfigError, MissingBackend

try:
    import torch
    import transformers  # noqa: F401
except ImportError as error:
    raise MissingBackend("torch", "train") from error

from leti.sampling.chunks import Row, owed_chunks
from leti.sampling.completion import program_of, written
from leti.sampling.decode import Rules, decode
from leti.sampling.encoding import refuse_long
from leti.sampling.endings import Stops
from leti.sampling.ledger import Ledger
from leti.sampling.names import identity
from leti.sampling.prompts import prompts_of
from leti.sampling.side_by_side import side_by_side
from leti.sampling.uniforms import uniforms
from leti.sampling.weights import Loaded, device_of, dtype_of, load, revision
from leti.types import Key, SampleRequest, Solution
from leti.vocabulary import BAD

__all__ = ["HFSampler", "refuse_long", "revision"]

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from collections.abc import Set as AbstractSet

LANES = 8
"""Chunks of a small model that are sampled side by side at most: beyond, its threads wait for the interpreter."""


class HFSampler:
    """Samples any `AutoModelForCausalLM`. The weights are the request's; those of the last one stay in memory.

    Each row has its own random numbers, from the request's key, its problem and its number, so its text does not
    depend on the rows around it (in float32 on a CPU; elsewhere rounding may differ with the shape of the batch).

    Args:
        device: `cpu`, `cuda`, ...; `auto` takes a GPU if there is one.
        dtype: `float32`, `bfloat16`, or `auto`: bfloat16 on GPUs that have it, else float32.
        batch_rows: how many rows are sampled together. Part of what makes a result reproducible to the bit.

    Raises:
        ConfigError: a device or a dtype there is not.
    """

    def __init__(self, device: str = "auto", dtype: str = "auto", batch_rows: int = 256) -> None:
        if batch_rows < 1:
            raise ConfigError(f"The sampler's batch_rows is {batch_rows}; it must be 1 or more.")
        self._device = device_of(device)
        self._dtype = dtype_of(dtype, device=self._device)
        self._batch_rows = batch_rows
        self._loaded: Loaded | None = None

    def sample(self, rows: Sequence[Row], request: SampleRequest, *, done: AbstractSet[Key]) -> Iterator[Solution]:
        """The solutions of `rows` that are not in `done`, in the order of `rows`.

        Raises:
            ConfigError: there are no such weights, or no such cut.
            ProblemError: a prompt is empty or longer than the model's window.
            SamplingError: the tokenizer lacks the prefix, or the logits are not numbers.
        """
        program_of("", "", cut=request.decoding.cut)  # a wrong name is told before hours of sampling
        chunks = list(owed_chunks(rows, done=done, size=self._batch_rows))
        for solutions in self._sampled(chunks, request) if chunks else ():
            yield from (solution for solution in solutions if solution.key not in done)

    def _sampled(self, chunks: Sequence[Sequence[Row]], request: SampleRequest) -> Iterator[list[Solution]]:
        """The solutions of each chunk. A small model takes one thread, so several of its chunks go side by side."""
        threads = torch.get_num_threads()
        loaded = self._load(request.weights)
        every = [row for chunk in chunks for row in chunk]  # one that is too long is told before the first is sampled
        prompts_of(every, request, tokenizer=loaded.tokenizer, window=loaded.window)
        if loaded.small and threads > 1:
            copies = SimpleQueue[Loaded]()  # a forward pass may write into its model
            for _ in range(min(threads, LANES, len(chunks))):
                copies.put(replace(loaded, model=deepcopy(loaded.model)))
            work = partial(_with_one_of, copies, request=request)
            with _threads(1):
                yield from side_by_side(work, chunks, lanes=copies.qsize(), prepare=partial(torch.set_num_threads, 1))
        else:
            yield from (_solutions(chunk, loaded, request=request) for chunk in chunks)

    def _load(self, weights: str) -> Loaded:
        if self._loaded is None or self._loaded.identity != identity(weights):
            self._loaded = None  # before the next one comes in: two large models may not fit
            self._loaded = load(weights, device=self._device, dtype=self._dtype)
        return self._loaded


def _with_one_of(copies: SimpleQueue[Loaded], chunk: Sequence[Row], *, request: SampleRequest) -> list[Solution]:
    """The solutions of a chunk, by a model that nobody else is using."""
    loaded = copies.get()
    try:
        return _solutions(chunk, loaded, request=request)
    finally:
        copies.put(loaded)


def _solutions(chunk: Sequence[Row], loaded: Loaded, *, request: SampleRequest) -> list[Solution]:
    """The solutions of a chunk, in the order of its rows."""
    prompts = prompts_of(chunk, request, tokenizer=loaded.tokenizer, window=loaded.window)
    stops = Stops(loaded.tokenizer, request.decoding.stop)
    ledger = Ledger([prompt.budget for prompt in prompts], ends=loaded.ends, stops=stops)
    if ledger.open:
        numbers = np.stack([
            uniforms(request.key, problem=problem.id, sample=sample, count=ledger.longest)
            for problem, sample in (chunk[row] for row in ledger.lines)
        ])  # fmt: skip
        contexts = [prompts]
        if request.prefix and request.decoding.guidance:
            shunned = replace(request, prefix=BAD)
            contexts.append(prompts_of(chunk, shunned, tokenizer=loaded.tokenizer, window=loaded.window))
        texts = [[context[row].tokens for row in ledger.lines] for context in contexts]
        rules = Rules(request.decoding, loaded.forbidden, loaded.window)
        decode(loaded.model, texts, uniforms=numbers, rules=rules, ledger=ledger)
    return [
        Solution(
            problem=problem.id,
            sample=sample,
            completion=done.text,
            tokens=done.tokens,
            program=written(problem, done.text, cut=request.decoding.cut),
            ending=done.ending,
        )
        for (problem, sample), done in zip(chunk, ledger.completed(), strict=True)
    ]


@contextmanager
def _threads(count: int) -> Iterator[None]:
    """Torch has that many CPU threads within."""
    before = torch.get_num_threads()
    torch.set_num_threads(count)
    try:
        yield
    finally:
        torch.set_num_threads(before)
