"""Who writes programs: our sampler, Hugging Face's `generate`, and its continuous batching."""

from __future__ import annotations

from importlib.metadata import version
from typing import TYPE_CHECKING, Any, TypeVar

import torch
from calls import calls, written
from contest import NotThereError, Turn

from leti.sampling.hf import HFSampler
from leti.sampling.weights import Loaded, device_of, dtype_of, load
from leti.types import Decoding, SampleRequest, wanted

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tasks import Sampling

T = TypeVar("T")


class Ours:
    """`leti.sampling.hf.HFSampler`, with the number of rows that a configuration gives it."""

    def __init__(self, task: Sampling) -> None:
        self._task, self._turns = task, 0
        self._sampler = HFSampler(device=task.device.name, dtype=task.device.precision, batch_rows=task.batch_rows)
        self.about = f"leti {version('leti')}, {task.batch_rows} rows"

    def turn(self, request: int) -> Turn:
        """So many programs for each problem; its own random numbers every time."""
        task = self._task
        self._turns += 1
        decoding = Decoding(max_new_tokens=task.max_new_tokens)
        asked = SampleRequest(weights=task.weights, prefix="", decoding=decoding, key=f"turn={self._turns}")
        rows = wanted(task.of(request), request)
        began = task.device.now()
        solutions = list(self._sampler.sample(rows, asked, done=frozenset()))
        seconds = task.device.now() - began
        return _turn(seconds, [len(solution.tokens) for solution in solutions], note=f"{task.batch_rows} rows")


class Generate:
    """`model.generate`, with as many rows and threads as turn out to be its fastest in the round that warms up."""

    def __init__(self, task: Sampling) -> None:
        self._task = task
        self._loaded = _loaded(task)
        self._loaded.tokenizer.padding_side = "left"
        self._best: dict[int, tuple[int, int]] = {}
        self.about = f"transformers {version('transformers')}, {self._loaded.model.config._attn_implementation}"  # noqa: SLF001

    def turn(self, request: int) -> Turn:
        """So many completions for each problem, decoded."""
        if request not in self._best:
            self._best[request] = _fastest(self._choices(request), lambda choice: self._run(request, *choice))
        return self._run(request, *self._best[request])

    def _choices(self, samples: int) -> list[tuple[int, int]]:
        threads = {torch.get_num_threads(), 1} if self._loaded.small else {torch.get_num_threads()}
        return [(rows, count) for rows in _rows(self._task, samples) for count in sorted(threads)]

    def _run(self, samples: int, rows: int, threads: int) -> Turn:
        task, before = self._task, torch.get_num_threads()
        torch.set_num_threads(threads)
        prompts = sorted((problem.prompt for problem in task.of(samples)), key=len)  # little padding
        lengths: list[int] = []
        began = task.device.now()
        for group, share in calls(prompts, samples, rows=rows):
            lengths += self._call(group, share)
        seconds = task.device.now() - began
        torch.set_num_threads(before)
        return _turn(seconds, lengths, note=f"{rows} rows, {threads} threads")

    @torch.inference_mode()
    def _call(self, prompts: list[str], samples: int) -> list[int]:
        loaded = self._loaded
        read = loaded.tokenizer(prompts, return_tensors="pt", padding=True).to(loaded.model.device)
        options = _generation(self._task, loaded, samples)
        made = loaded.model.generate(
            input_ids=read.input_ids, attention_mask=read.attention_mask, generation_config=options
        )
        kept = [written(tokens, loaded.ends) for tokens in made[:, read.input_ids.shape[1] :].tolist()]
        loaded.tokenizer.batch_decode(kept)
        return [len(tokens) for tokens in kept]


class Continuous:
    """`model.generate_batch`: continuous batching over paged memory, of a size that turns out to be its fastest."""

    def __init__(self, task: Sampling) -> None:
        try:
            from transformers import ContinuousBatchingConfig
        except ImportError as error:
            raise NotThereError("needs a later transformers. Type: pip install -U transformers") from error
        self._task, self._paged = task, ContinuousBatchingConfig
        self._loaded = _loaded(task)
        self._best: dict[int, int] = {}
        self.about = f"transformers {version('transformers')}, `generate_batch`"

    def turn(self, request: int) -> Turn:
        """So many completions for each problem, decoded."""
        if request not in self._best:
            choices = [0] if self._task.device.is_gpu else _rows(self._task, request)
            self._best[request] = _fastest(choices, lambda rows: self._run(request, rows))
        return self._run(request, self._best[request])

    def _run(self, samples: int, rows: int) -> Turn:
        task, loaded = self._task, self._loaded
        prompts = [problem.prompt for problem in task.of(samples)]
        began = task.device.now()
        read = loaded.tokenizer(prompts).input_ids
        made = loaded.model.generate_batch(
            read,
            generation_config=_generation(task, loaded, samples),
            continuous_batching_config=self._room(rows, longest=max(map(len, read))),
        )
        kept = [written(answer.generated_tokens, loaded.ends) for answer in made.values() if not answer.error]
        loaded.tokenizer.batch_decode(kept)
        seconds = task.device.now() - began
        if len(kept) != samples * len(prompts):
            raise NotThereError(f"{len(kept)} completions came back of {samples * len(prompts)}")
        return _turn(seconds, [len(tokens) for tokens in kept], note=f"{rows} rows" if rows else "as many as fit")

    def _room(self, rows: int, *, longest: int) -> Any:
        """Pages for so many rows. Left to itself on a CPU it takes six tenths of the machine's memory."""
        if not rows:
            return self._paged()
        page = 64
        blocks = rows * -(-(longest + self._task.max_new_tokens) // page)
        return self._paged(page_size=page, num_blocks=blocks, max_batch_tokens=max(rows, 512))


def _rows(task: Sampling, samples: int) -> list[int]:
    """How many completions at a time there are to choose from."""
    return sorted({min(rows, samples * task.counts[samples]) for rows in task.candidates})


def _fastest(choices: Sequence[T], run: Callable[[T], Turn]) -> T:
    """The choice with the fewest seconds per token."""
    if len(choices) == 1:
        return choices[0]
    tried = [run(choice) for choice in choices]
    cost = [turn.seconds / turn.amounts["tokens"] for turn in tried]
    return choices[cost.index(min(cost))]


def _loaded(task: Sampling) -> Loaded:
    """The model as our sampler loads it: the same weights, the same type, the same ends."""
    device = device_of(task.device.name)
    loaded = load(task.weights, device=device, dtype=dtype_of(task.device.precision, device=device))
    assert not len(loaded.forbidden), "the peers could draw what we never do"
    return loaded


def _generation(task: Sampling, loaded: Loaded, samples: int) -> Any:
    from transformers import GenerationConfig

    ends = list(loaded.ends) or None
    return GenerationConfig(
        do_sample=True,
        temperature=1.0,
        top_k=0,
        top_p=1.0,
        max_new_tokens=task.max_new_tokens,
        num_return_sequences=samples,
        eos_token_id=ends,
        pad_token_id=loaded.tokenizer.pad_token_id if loaded.tokenizer.pad_token_id is not None else (ends or [0])[0],
    )


def _turn(seconds: float, lengths: list[int], *, note: str) -> Turn:
    return Turn(seconds=seconds, amounts={"tokens": sum(lengths), "completions": len(lengths)}, note=note)
