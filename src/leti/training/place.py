"""Where a fit happens, and how: plain values, no torch."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from leti.vocabulary import GOOD

MOMENTS = Path("optimizer", "moments.safetensors")
"""The optimiser's moments within a folder of weights. In a folder of their own: servers such as vLLM load every
`*.safetensors` that stands beside the model's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingPlace:
    """What one fit starts from and where it leaves its results."""

    start: str
    """The weights to begin with: a directory or a Hugging Face model name."""
    weights: Path
    """The folder to be made. It appears whole, at the end, or not at all."""
    checkpoint: Path
    """A scratch folder for step checkpoints; gone when the weights are there."""
    key: str
    """All the randomness there is: such as `seed=0 iteration=3`."""
    prefix: str = GOOD
    """What the trained model will be asked with. Without one the model is not given the reward tokens."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PretrainSettings:
    """The continued pre-training regulariser: plain code between the examples (after the paper).

    The paper's values: 50,000 Python files of The Stack (`hf:bigcode/the-stack:data/python`), `ratio=1`,
    `block_tokens=2048`, `separate=False`, `fresh=False`.
    """

    source: str = "stdlib"
    """`stdlib`, a folder, a glob, a `.jsonl` file (field `content` or `text`), or `hf:NAME` or `hf:NAME:FOLDER`."""
    ratio: float = 0.25
    """Pre-training steps per example step: 1 alternates strictly, 0.25 puts one after every fourth, 0 none."""
    block_tokens: int = 512
    """The code is cut to sequences of this many tokens."""
    separate: bool = True
    """An end-of-text token between files."""
    fresh: bool = True
    """Every iteration reads other files. False: the same first blocks again at every epoch."""


ALL_LINEAR = "all-linear"


@dataclass(frozen=True, slots=True, kw_only=True)
class LoraSettings:
    """Low-rank matrices that are trained beside frozen weights (arXiv 2106.09685)."""

    rank: int = 16
    alpha: float | None = None
    """Over the rank: what their product counts times. None: twice the rank."""
    targets: tuple[str, ...] = (ALL_LINEAR,)
    """Which layers have them, by the ends of their names; `all-linear`: every one but the output layer."""
    bits: int | None = None
    """4: the frozen weights are held in four bits (QLoRA, arXiv 2305.14314). Takes a GPU."""

    @property
    def scale(self) -> float:
        """Alpha, whether it is named or not."""
        return self.alpha or 2.0 * self.rank


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerSettings:
    """How a model's layers are computed. What they say stays the same, up to rounding."""

    recompute: bool = False
    """Activations are made again in the backward pass: less memory, one more forward pass."""
    compile: bool = False
    """By `torch.compile`: the first steps are slow, the later ones faster."""
    liger: bool = False
    """With liger's kernels, for the architectures that it knows. Takes a GPU."""
    attention: str | None = None
    """As transformers names it: `sdpa`, `eager`, `flash_attention_2`, ...; None is its own choice."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainerSettings:
    """How weights are moved. Where the paper's value for the 350M model differs, it stands in brackets."""

    epochs: int = 3
    batch: int = 128
    """Sequences per optimiser step, over all micro-batches."""
    shuffle: bool = True
    """False: the order the examples are given in, in every epoch [False]."""
    max_tokens: int = 2048
    """Of one sequence; also bounded by the model's positions. What is longer loses the middle of its feedback."""
    row_tokens: int = 256
    """Sequences are packed into rows of at most this many tokens; a longer sequence has a row of its own."""
    micro_tokens: int = 2048
    """Tokens, with padding, that go through the model at once: bounds memory, and does not change the result."""
    learning_rate: float = 1e-5
    token_rate: float = 1.0
    """Times as far as the optimiser moves the rows of LETI's own tokens."""
    schedule: str = "constant"
    """`constant`, or from `learning_rate` down to 0 within each iteration: `linear`, `cosine`."""
    warmup_steps: int = 0
    """Optimiser steps, at the start of each iteration, in which the rate rises linearly."""
    weight_decay: float = 0.01
    """Not on biases and norms."""
    betas: tuple[float, float] = (0.9, 0.999)
    clip: float = 1.0
    """Largest gradient norm; 0 does not clip [0]."""
    precision: str = "float32"
    """Of the arithmetic: `float32`, `bfloat16`, or `auto`, which is bfloat16 on a GPU that has it. What is trained is
    float32 whatever it is [bfloat16 weights]."""
    keep_optimizer: bool = True
    """The optimiser's moments go on from iteration to iteration."""
    checkpoint_steps: int = 50
    """Optimiser steps between checkpoints; 0 writes none."""
    device: str = "auto"
    """`auto` (accelerate's choice), `cpu`, `cuda`, `cuda:1`, ..."""
    layers: LayerSettings = field(default_factory=LayerSettings)
    lora: LoraSettings | None = None
    """None trains all weights."""
    pretrain: PretrainSettings | None = field(default_factory=PretrainSettings)
    """None is the same as a ratio of 0."""
