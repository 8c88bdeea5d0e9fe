"""Training the base model from scratch: Muon on the matrices, AdamW on embeddings and norms, one linear decay."""

from __future__ import annotations

import time
from collections import defaultdict
from random import Random
from typing import TYPE_CHECKING

import torch
from torch.nn.functional import cross_entropy
from transformers import LlamaConfig, LlamaForCausalLM

if TYPE_CHECKING:
    from collections.abc import Iterator

    from torch import Tensor, nn

BATCH_TOKENS = 2048
LONGEST = 512
IGNORED = -100


def new_model(vocabulary: int, end: int, seed: int) -> LlamaForCausalLM:
    """Return an untrained Llama of about a million parameters."""
    torch.manual_seed(seed)
    config = LlamaConfig(
        vocab_size=vocabulary,
        hidden_size=128,
        intermediate_size=384,
        num_hidden_layers=4,
        num_attention_heads=4,
        num_key_value_heads=2,
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


def batches(documents: list[list[int]], rng: Random, end: int) -> Iterator[tuple[Tensor, Tensor]]:
    """Yield (inputs, targets) of about BATCH_TOKENS, documents of one length together, in a shuffled order."""
    order = list(range(len(documents)))
    rng.shuffle(order)
    order.sort(key=lambda i: len(documents[i]) // 4)
    packs: list[list[int]] = []
    for i in order:
        if not packs or (len(packs[-1]) + 1) * len(documents[i]) > BATCH_TOKENS:
            packs.append([])
        packs[-1].append(i)
    rng.shuffle(packs)
    for pack in packs:
        width = max(len(documents[i]) for i in pack)
        rows = torch.full((len(pack), width), end)  # (batch, tokens)
        targets = torch.full((len(pack), width), IGNORED)
        for row, i in enumerate(pack):
            ids = torch.tensor(documents[i])
            rows[row, : len(ids)] = ids
            targets[row, : len(ids) - 1] = ids[1:]
        yield rows, targets


def train(model: LlamaForCausalLM, documents: list[list[int]], epochs: int, seed: int, threads: int = 1) -> None:
    """Train in place on the documents' token ids, each ending in the end token."""
    torch.set_num_threads(threads)
    torch.use_deterministic_algorithms(mode=True)
    end = int(model.config.eos_token_id)
    documents = [ids[:LONGEST] for ids in documents]
    matrices = [p for n, p in model.named_parameters() if p.ndim == 2 and "embed" not in n]
    others = [p for n, p in model.named_parameters() if p.ndim != 2 or "embed" in n]
    muon = Muon(matrices)
    adam = torch.optim.AdamW(others, lr=4e-3, betas=(0.9, 0.95), weight_decay=0.0)
    rng = Random(seed)
    total = epochs * sum(1 for _ in batches(documents, Random(seed), end))
    began, step, seen, smooth = time.monotonic(), 0, 0, 0.0
    model.train()
    for _ in range(epochs):
        for rows, targets in batches(documents, rng, end):
            with torch.autocast("cpu", torch.bfloat16):
                logits = model(input_ids=rows, use_cache=False).logits
            loss = cross_entropy(logits.float().flatten(0, 1), targets.flatten(), ignore_index=IGNORED)
            loss.backward()
            factor = min(1.0, (step + 1) / 100, 1.02 - step / total)
            torch.nn.utils.clip_grad_norm_(others, 1.0)
            muon.step(0.02 * factor)
            adam.param_groups[0]["lr"] = 4e-3 * factor
            adam.step()
            model.zero_grad()
            step, seen = step + 1, seen + rows.numel()
            smooth = loss.item() if step == 1 else 0.98 * smooth + 0.02 * loss.item()
            if step % 100 == 0 or step == total:
                passed = time.monotonic() - began
                print(f"step {step}/{total} loss {smooth:.3f} {seen / passed:.0f} tok/s {passed:.0f} s", flush=True)
    model.eval()
