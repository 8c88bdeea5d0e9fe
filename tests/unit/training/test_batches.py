"""Packing changes no loss and no gradient."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from transformers import AutoModelForCausalLM

from leti.training.batches import attention_mask, micro_batches, pack, tensors, weighted_loss
from leti.training.tokens import Encoded
from tiny_models import ARCHITECTURES, WINDOW, tiny_codegen, tiny_gemma2

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

CPU = torch.device("cpu")


def sequence(size: int, seed: int = 0) -> Encoded:
    generator = torch.Generator().manual_seed(100 * seed + size)
    ids = torch.randint(0, 320, (size,), generator=generator).tolist()
    weights = torch.randint(0, 3, (size,), generator=generator).tolist()
    return Encoded(tuple(ids), tuple(float(weight) for weight in weights))


SEQUENCES = [sequence(size) for size in (17, 40, 3, 25, 9, 31, 2)]
assert any(len(item.ids) > WINDOW for item in SEQUENCES)  # or a sliding window would not show


def alone(model: Any, item: Encoded) -> torch.Tensor:
    """The plain way: one sequence, no mask, no positions, no padding."""
    ids = torch.tensor([item.ids])
    logits = model(input_ids=ids, use_cache=False).logits[0, :-1]
    losses = torch.nn.functional.cross_entropy(logits, ids[0, 1:], reduction="none")
    return (losses * torch.tensor(item.weights[1:])).sum()


@pytest.mark.parametrize("attention", ["eager", "sdpa"])
@pytest.mark.parametrize("build", ARCHITECTURES)
def test_packed_losses_and_gradients_equal_the_unpacked(
    tmp_path: Path, build: Callable[[Path], Path], attention: str
) -> None:
    if build in {tiny_codegen, tiny_gemma2} and attention == "sdpa":
        pytest.skip("transformers has no sdpa attention for it")
    model = AutoModelForCausalLM.from_pretrained(build(tmp_path), attn_implementation=attention).eval()
    expected = sum(alone(model, item) for item in SEQUENCES)
    expected.backward()
    gradients = {name: parameter.grad.clone() for name, parameter in model.named_parameters()}

    for row_tokens, micro_tokens in ((64, 128), (64, 1), (200, 200), (1, 1000)):
        model.zero_grad()
        total = 0.0
        for rows in micro_batches(SEQUENCES, row_tokens=row_tokens, micro_tokens=micro_tokens):
            loss = weighted_loss(model, tensors(rows, CPU))
            loss.backward()
            total += loss.item()
        assert total == pytest.approx(expected.item(), rel=1e-6)
        for name, parameter in model.named_parameters():
            torch.testing.assert_close(parameter.grad, gradients[name], rtol=1e-4, atol=1e-4)

    for item in SEQUENCES:  # one by one within a full row: no sum can hide a difference
        others = [Encoded(other.ids, (0.0,) * len(other.ids)) for other in SEQUENCES if other is not item]
        batch = tensors([[*others[:3], item, *others[3:]]], CPU)
        assert weighted_loss(model, batch).item() == pytest.approx(alone(model, item).item(), abs=1e-5, rel=1e-5)


LENGTHS = st.lists(st.integers(min_value=1, max_value=50), min_size=1, max_size=40)


@given(LENGTHS, st.integers(min_value=1, max_value=80), st.integers(min_value=1, max_value=200))
def test_every_sequence_is_in_one_row_and_bounds_hold(lengths: list[int], row_tokens: int, micro_tokens: int) -> None:
    sequences = [sequence(size, seed) for seed, size in enumerate(lengths)]
    groups = micro_batches(sequences, row_tokens=row_tokens, micro_tokens=micro_tokens)
    found = [item for group in groups for row in group for item in row]
    assert sorted(map(id, found)) == sorted(map(id, sequences))
    for group in groups:
        sizes = [sum(len(item.ids) for item in row) for row in group]
        assert all(size <= row_tokens or len(row) == 1 for size, row in zip(sizes, group, strict=True))
        assert len(group) * max(sizes) <= micro_tokens or len(group) == 1
    assert groups == micro_batches(sequences, row_tokens=row_tokens, micro_tokens=micro_tokens)


def test_a_row_takes_what_fits() -> None:
    rows = pack([sequence(size) for size in (30, 10, 60, 25, 5)], 64)
    assert [[len(item.ids) for item in row] for row in rows] == [[60], [30, 25, 5], [10]]


def test_the_mask_is_causal_within_a_sequence_and_empty_between() -> None:
    owners = torch.tensor([[0, 0, 1, 1, -1]])
    expected = torch.tensor(
        [[1, 0, 0, 0, 0], [1, 1, 0, 0, 0], [0, 0, 1, 0, 0], [0, 0, 1, 1, 0], [0, 0, 0, 0, 1]], dtype=torch.bool
    )
    assert torch.equal(attention_mask(owners, "sdpa")[0, 0], expected)
    assert torch.equal(attention_mask(owners, "eager")[0, 0] == 0, expected)


def test_a_sliding_window_holds_so_many_positions_with_the_asking_one() -> None:
    mask = attention_mask(torch.zeros(1, 4, dtype=torch.long), "sdpa", window=2)
    expected = torch.tensor([[1, 0, 0, 0], [1, 1, 0, 0], [0, 1, 1, 0], [0, 0, 1, 1]], dtype=torch.bool)
    assert torch.equal(mask[0, 0], expected)
