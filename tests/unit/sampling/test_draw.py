from __future__ import annotations

import pytest

torch = pytest.importorskip("torch")

transformers = pytest.importorskip("transformers")

from leti.sampling.draw import BLOCK, HEAD, draw, steer  # noqa: E402

GENERATOR = torch.Generator().manual_seed(7)


def uniform(lines: int, seed: int = 0) -> torch.Tensor:
    return torch.rand(lines, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))


def logits_of(vocabulary: int, seed: int = 1) -> torch.Tensor:
    return torch.randn(vocabulary, generator=torch.Generator().manual_seed(seed)) * 2


@pytest.mark.parametrize("vocabulary", [5, BLOCK, 3 * BLOCK + 7])
@pytest.mark.parametrize("temperature", [1.0, 0.5])
def test_tokens_come_as_often_as_the_softmax_says(vocabulary: int, temperature: float) -> None:
    lines = 40_000
    logits = logits_of(vocabulary)
    tokens = draw(logits.expand(lines, -1), uniform(lines), temperature=temperature, top_p=1.0)
    expected = torch.softmax(logits.double() / temperature, -1) * lines
    seen = torch.bincount(tokens, minlength=vocabulary)
    often = expected > 5
    statistic = (((seen - expected) ** 2) / expected)[often].sum().item()
    freedom = int(often.sum()) - 1
    assert statistic < freedom + 5 * (2 * freedom) ** 0.5


def test_a_draw_inverts_the_running_sum_exactly() -> None:
    logits = torch.tensor([[0.1, 0.2, 0.3, 0.4]]).log()
    for number, token in [(0.0, 0), (0.09, 0), (0.11, 1), (0.29, 1), (0.31, 2), (0.61, 3), (1 - 2.0**-53, 3)]:
        assert draw(logits, torch.tensor([number], dtype=torch.float64), temperature=1.0, top_p=1.0).item() == token


def test_what_has_no_weight_is_never_drawn() -> None:
    logits = torch.full((3, 200), -torch.inf)
    logits[:, 70] = 0.0
    numbers = torch.tensor([0.0, 0.5, 1 - 2.0**-53], dtype=torch.float64)
    assert draw(logits, numbers, temperature=1.0, top_p=1.0).tolist() == [70, 70, 70]


@pytest.mark.parametrize("vocabulary", [50, HEAD * 3])
@pytest.mark.parametrize("top_p", [0.01, 0.5, 0.95])
def test_the_nucleus_is_the_one_transformers_keeps(vocabulary: int, top_p: float) -> None:
    transformers = pytest.importorskip("transformers")
    logits = torch.stack([logits_of(vocabulary, seed) * scale for seed, scale in enumerate((0.1, 1.0, 3.0))])
    kept = transformers.TopPLogitsWarper(top_p)(None, logits / 0.7).isfinite()
    lines = 3000
    for line in range(len(logits)):
        tokens = draw(logits[line].expand(lines, -1), uniform(lines), temperature=0.7, top_p=top_p)
        assert kept[line][tokens].all()
        if top_p == 0.5:
            wanted = torch.softmax((logits[line] / 0.7).masked_fill(~kept[line], -torch.inf), -1) * lines
            assert (torch.bincount(tokens, minlength=vocabulary) - wanted).abs().max() < 5 * wanted.max().sqrt()


def test_temperature_zero_takes_the_likeliest() -> None:
    logits = torch.stack([logits_of(90, seed) for seed in range(4)])
    assert draw(logits, uniform(4), temperature=0.0, top_p=1.0).tolist() == logits.argmax(-1).tolist()


@pytest.mark.parametrize("temperature", [0.0, 1.0])
def test_logits_that_are_not_numbers_are_marked(temperature: float) -> None:
    logits = torch.zeros(3, 10)
    logits[1, 4] = torch.nan
    tokens = draw(logits, uniform(3), temperature=temperature, top_p=1.0)
    assert [token < 0 for token in tokens.tolist()] == [False, True, False]


def test_guidance_leans_from_the_bad_side_to_the_good_one() -> None:
    good, bad = torch.tensor([[1.0, 2.0, 0.0]]), torch.tensor([[3.0, 0.0, 0.0]])
    assert steer([good, bad], guidance=0.5, min_p=0.0, temperature=1.0).tolist() == [[0.0, 3.0, 0.0]]
    assert steer([good], guidance=0.5, min_p=0.0, temperature=1.0).tolist() == good.tolist()


@pytest.mark.parametrize("temperature", [0.1, 0.5, 1.0, 2.0])
def test_the_tail_is_that_of_the_good_side_and_that_of_transformers(temperature: float) -> None:
    good, bad = torch.randn(5, 40, generator=GENERATOR) * 3, torch.randn(5, 40, generator=GENERATOR)
    kept = transformers.MinPLogitsWarper(0.1)(None, good / temperature).isfinite()
    assert (steer([good], guidance=0.0, min_p=0.1, temperature=temperature).isfinite() == kept).all()
    assert (steer([good, bad], guidance=2.0, min_p=0.1, temperature=temperature).isfinite() == kept).all()
    assert not kept.all()
