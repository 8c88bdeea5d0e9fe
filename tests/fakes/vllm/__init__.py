"""Stands in for vLLM where it cannot be installed: what LETI uses of its documented API (0.33), and no model behind it.

An argument that the documented classes do not have is refused. Tokens are a function of seed, prompt and place. Stop
strings are not looked for, as if all of a text had come in one step. FAKE_VLLM names a fault.
"""

import os
import random
import signal
from dataclasses import dataclass, field

__version__ = "0.33.0+fake"
TOKENS = range(1, 320)
"""The ids that the tests' tokenizer has besides its end."""
END_EVERY = 20


@dataclass
class SamplingParams:
    n: int = 1
    temperature: float = 1.0
    top_p: float = 1.0
    top_k: int = 0
    min_p: float = 0.0
    seed: int | None = None
    stop: list[str] | None = None
    stop_token_ids: list[int] | None = None
    max_tokens: int | None = 16
    detokenize: bool = True
    logit_bias: dict[int, float] | None = None

    def __post_init__(self) -> None:
        if self.max_tokens is not None and self.max_tokens < 1:
            raise ValueError(f"max_tokens must be at least 1, got {self.max_tokens}.")
        if self.stop and not self.detokenize:
            raise ValueError("stop strings are only supported when detokenize is True.")
        if any(not isinstance(index, int) for index in self.logit_bias or ()):
            raise ValueError("logit_bias is keyed by token ids.")


@dataclass
class CompletionOutput:
    token_ids: list[int]
    finish_reason: str


@dataclass
class RequestOutput:
    outputs: list[CompletionOutput] = field(default_factory=list)


class LLM:
    def __init__(
        self, model: str, *, dtype: str, enable_prefix_caching: bool, generation_config: str, seed: int
    ) -> None:
        print(f"loading {model} {dtype} {enable_prefix_caching} {generation_config} {seed}")  # noqa: T201 - as vLLM does
        if os.environ.get("FAKE_VLLM") == "no memory":
            raise ValueError("Free memory on device (1.2/79.6 GiB) is less than desired GPU memory utilization.")

    def generate(
        self, prompts: list[dict[str, list[int]]], sampling_params: list[SamplingParams], *, use_tqdm: bool = True
    ) -> list[RequestOutput]:
        if os.environ.get("FAKE_VLLM") == "killed":
            os.kill(os.getpid(), signal.SIGKILL)
        assert not use_tqdm
        rows = zip(prompts, sampling_params, strict=True)
        return [RequestOutput([_write(prompt["prompt_token_ids"], params)]) for prompt, params in rows]


def _write(prompt: list[int], params: SamplingParams) -> CompletionOutput:
    if os.environ.get("FAKE_VLLM") == "abort":
        return CompletionOutput([], "abort")
    written: list[int] = []
    while len(written) < (params.max_tokens or 16):
        drawn = random.Random(f"{params.temperature and params.seed} {prompt} {len(written)}")
        if drawn.randrange(END_EVERY) == 0 and params.stop_token_ids:
            return CompletionOutput([*written, params.stop_token_ids[0]], "stop")
        written.append(drawn.choice([token for token in TOKENS if token not in (params.logit_bias or {})]))
    return CompletionOutput(written, "length")
