"""Training the base model from scratch: Muon on the matrices, AdamW on embeddings and norms, one linear decay."""

from __future__ import annotations

import os
import time
from collections import defaultdict
from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING, NamedTuple

import torch
from torch.nn.functional import cross_entropy
from transformers import LlamaConfig, LlamaForCausalLM

if TYPE_CHECKING:
    from collections.abc import Iterator

    from torch import Tensor, nn

BATCH_TOKENS = 2048
LONGEST = 512
CONTEXT_WEIGHT = 0.1  # of what stands before a program: most of it (names, numbers, words) cannot be foreseen
THREADS = 2  # part of what makes the bytes the same, as are the vectors
VECTORS = "avx2"  # where a CPU has wider ones, torch would take them, and they round differently


@dataclass(frozen=True)
class Scale:
    """A Llama's measures."""

    layers: int
    width: int
    inner: int
    heads: int
    key_heads: int


FIRST = Scale(layers=4, width=128, inner=384, heads=4, key_heads=2)  # a million parameters: what is shipped
SECOND = Scale(layers=6, width=256, inner=768, heads=8, key_heads=4)  # five millions


def settle() -> None:
    """Ask torch for what makes the bytes the same on another day, and on another AMD; before its first operation."""
    os.environ["ATEN_CPU_CAPABILITY"] = VECTORS
    torch.set_num_threads(THREADS)
    torch.use_deterministic_algorithms(mode=True)


def new_model(scale: Scale, vocabulary: int, end: int, seed: int) -> LlamaForCausalLM:
    """Return an untrained Llama."""
    torch.manual_seed(seed)
    config = LlamaConfig(
        vocab_size=vocabulary,
        hidden_size=scale.width,
        intermediate_size=scale.inner,
        num_hidden_layers=scale.layers,
        num_attention_heads=scale.heads,
        num_key_value_heads=scale.key_heads,
        max_position_embeddings=1024,
        tie_word_embeddings=True,
        bos_token_id=None,
        eos_token_id=end,
        pad_token_id=end,
        initializer_range=0.02,
    )
    return LlamaForCausalLM(config)


def orthogonalised(gradient: Tensor, steps: int = 5) -> Tensor:
    """Return the nearest thing to U V^T of each matrix (Newton-Schulz, in fp32: bf16 is slow on most CPUs)."""
    a, b, c = 3.4445, -4.7750, 2.0315
    x = gradient.mT if gradient.size(-2) > gradient.size(-1) else gradient  # (matrices, rows, columns)
    x = x / (x.norm(dim=(-2, -1), keepdim=True) + 1e-7)
    for _ in range(steps):
        square = x @ x.mT
        x = a * x + (b * square + c * square @ square) @ x
    return x.mT if gradient.size(-2) > gradient.size(-1) else x


class Muon:
    """Momentum, orthogonalised; matrices of one shape are moved together."""

    def __init__(self, matrices: list[nn.Parameter], momentum: float = 0.95) -> None:
        shapes: dict[torch.Size, list[nn.Parameter]] = defaultdict(list)
        for matrix in matrices:
            shapes[matrix.shape].append(matrix)
        self.groups = list(shapes.values())
        self.buffers = [torch.zeros(len(group), *group[0].shape) for group in self.groups]
        self.momentum = momentum

    @torch.no_grad()
    def step(self, rate: float) -> None:
        """Move every matrix along its orthogonalised momentum."""
        for group, buffer in zip(self.groups, self.buffers, strict=True):
            gradients = torch.stack([matrix.grad for matrix in group if matrix.grad is not None])
            buffer.lerp_(gradients, 1 - self.momentum)
            update = orthogonalised(gradients.lerp(buffer, self.momentum))
            scale = max(1.0, group[0].size(0) / group[0].size(1)) ** 0.5
            for matrix, change in zip(group, update, strict=True):
                matrix.mul_(1 - 0.1 * rate).add_(change, alpha=-rate * scale)


class Sequence(NamedTuple):
    """A document as token ids, the end token included."""

    ids: list[int]
    context: int  # so many of them stand before the program


def batches(documents: list[Sequence], rng: Random, end: int) -> Iterator[tuple[Tensor, Tensor, Tensor]]:
    """Yield (inputs, targets, weights) of about BATCH_TOKENS, documents of one length together, in a shuffled order."""
    order = list(range(len(documents)))
    rng.shuffle(order)
    order.sort(key=lambda i: len(documents[i].ids) // 4)
    packs: list[list[int]] = []
    for i in order:
        if not packs or (len(packs[-1]) + 1) * len(documents[i].ids) > BATCH_TOKENS:
            packs.append([])
        packs[-1].append(i)
    rng.shuffle(packs)
    for pack in packs:
        width = max(len(documents[i].ids) for i in pack)
        rows = torch.full((len(pack), width), end)  # (batch, tokens)
        targets = torch.full((len(pack), width), end)
        weights = torch.zeros(len(pack), width)
        for row, i in enumerate(pack):
            ids = torch.tensor(documents[i].ids)
            rows[row, : len(ids)] = ids
            targets[row, : len(ids) - 1] = ids[1:]
            weights[row, : len(ids) - 1] = 1.0
            weights[row, : max(0, documents[i].context - 1)] = CONTEXT_WEIGHT
        yield rows, targets, weights


def train(model: LlamaForCausalLM, documents: list[Sequence], seed: int) -> None:
    """Train in place, each document once."""
    end = int(model.config.eos_token_id)
    documents = [Sequence(each.ids[:LONGEST], each.context) for each in documents]
    matrices = [p for n, p in model.named_parameters() if p.ndim == 2 and "embed" not in n]
    others = [p for n, p in model.named_parameters() if p.ndim != 2 or "embed" in n]
    muon = Muon(matrices)
    adam = torch.optim.AdamW(others, lr=4e-3, betas=(0.9, 0.95), weight_decay=0.0)
    total = sum(1 for _ in batches(documents, Random(seed), end))
    began, seen, smooth = time.monotonic(), 0, 0.0
    model.train()
    for step, (rows, targets, weights) in enumerate(batches(documents, Random(seed), end), start=1):
        logits = model(input_ids=rows, use_cache=False).logits
        losses = cross_entropy(logits.flatten(0, 1), targets.flatten(), reduction="none")
        loss = (losses * weights.flatten()).sum() / weights.sum()
        loss.backward()
        factor = min(1.0, step / 100, 1.02 - (step - 1) / total)
        torch.nn.utils.clip_grad_norm_(others, 1.0)
        muon.step(0.02 * factor)
        adam.param_groups[0]["lr"] = 4e-3 * factor
        adam.step()
        model.zero_grad()
        seen += rows.numel()
        smooth = loss.item() if step == 1 else 0.98 * smooth + 0.02 * loss.item()
        if step % 100 == 0 or step == total:
            passed = time.monotonic() - began
            print(f"step {step}/{total} loss {smooth:.3f} {seen / passed:.0f} tok/s {passed:.0f} s", flush=True)
    model.eval()
