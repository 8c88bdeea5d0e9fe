"""Segments become ids and weights."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from transformers import AutoModelForCausalLM, LlamaConfig, LlamaForCausalLM

from leti.errors import TrainingError
from leti.kinds import Tests
from leti.sampling.prompts import prompts_of
from leti.training.tokens import REWARD_WORDS, add_control_tokens, encode
from leti.turns import turns_of
from leti.types import Decoding, Example, Problem, Role, SampleRequest, Segment
from leti.vocabulary import BAD, CONTROL_TOKENS, FEEDBACK_END, FEEDBACK_START, GOOD, control, plain
from tiny_models import END, tiny_chat_tokenizer, tiny_codegen, tiny_llama, tiny_tokenizer

if TYPE_CHECKING:
    from pathlib import Path

TOKENIZER = tiny_tokenizer()
CONTROL_IDS = {control(TOKENIZER, token) for token in CONTROL_TOKENS}


def example(*segments: Segment) -> Example:
    return Example(problem="p/1", sample=0, segments=segments)


def bad_example(feedback: str, program: str = "x = 1\n", problem: str = '"""\nsay x\n"""\n') -> Example:
    return example(
        Segment(text=BAD, role=Role.REWARD),
        Segment(text=FEEDBACK_START, role=Role.MARKER),
        Segment(text=feedback, role=Role.FEEDBACK),
        Segment(text=FEEDBACK_END, role=Role.MARKER),
        Segment(text=problem, role=Role.PROBLEM),
        Segment(text=program, role=Role.PROGRAM),
        Segment(text="", role=Role.END),
    )


TEXTS = st.text(alphabet=st.sampled_from("abxyé日😀 \n\t()=:<|>_good"), max_size=30)
PLAIN_ROLES = (Role.FEEDBACK, Role.PROBLEM, Role.PROGRAM)


@given(st.lists(TEXTS, min_size=1, max_size=5))
def test_each_token_has_the_weight_of_its_first_character(texts: list[str]) -> None:
    # The weight of segment n is n + 1, so a weight names its segment.
    segments = [Segment(text=text, role=PLAIN_ROLES[n % 3], weight=n + 1.0) for n, text in enumerate(texts)]
    sequence = encode(example(*segments), TOKENIZER, max_tokens=10_000)
    assert sequence is not None
    text = "".join(texts)
    assert list(sequence.ids) == plain(TOKENIZER, text)
    owner_of_byte = [n + 1.0 for n, part in enumerate(texts) for _ in part.encode()]
    at = 0
    for index, weight in zip(sequence.ids, sequence.weights, strict=True):
        size = len(TOKENIZER.convert_ids_to_tokens(index))  # in a byte-level tokenizer, one character per byte
        assert weight == owner_of_byte[at]
        at += size
    assert at == len(owner_of_byte)


@given(st.lists(st.sampled_from([*CONTROL_TOKENS, END, "<|", "good", "|>", " ", "x"]), max_size=8).map("".join))
def test_no_text_becomes_a_control_token(text: str) -> None:
    sequence = encode(bad_example(text, program=text, problem=text), TOKENIZER, max_tokens=10_000)
    assert sequence is not None
    found = [index for index in sequence.ids if index in CONTROL_IDS or index == TOKENIZER.eos_token_id]
    assert found == [
        *(control(TOKENIZER, token) for token in (BAD, FEEDBACK_START, FEEDBACK_END)),
        TOKENIZER.eos_token_id,
    ]


def test_sampled_ids_are_used_as_they_are() -> None:
    odd = tuple(plain(TOKENIZER, character)[0] for character in "return")  # not how the tokenizer would say it
    assert list(odd) != plain(TOKENIZER, "return")
    sequence = encode(
        example(
            Segment(text=GOOD, role=Role.REWARD, weight=0.0),
            Segment(text="def", role=Role.PROBLEM),
            Segment(text="return", role=Role.PROGRAM, weight=0.5, tokens=odd),
        ),
        TOKENIZER,
        max_tokens=100,
    )
    assert sequence is not None
    assert sequence.ids == (control(TOKENIZER, GOOD), *plain(TOKENIZER, "def"), *odd)
    assert sequence.weights == (0.0, *[1.0] * len(plain(TOKENIZER, "def")), *[0.5] * len(odd))
    assert sequence.bearing == len(sequence.ids) - 1


@given(st.text(alphabet="abc \n", max_size=200), st.integers(min_value=1, max_value=120))
def test_only_the_middle_of_the_feedback_is_cut(feedback: str, limit: int) -> None:
    whole = encode(bad_example(feedback), TOKENIZER, max_tokens=10_000)
    bare = encode(bad_example(""), TOKENIZER, max_tokens=10_000)
    cut = encode(bad_example(feedback), TOKENIZER, max_tokens=limit)
    assert whole is not None
    assert bare is not None
    if len(bare.ids) > limit:
        assert cut is None
        return
    assert cut is not None
    assert len(cut.ids) == min(limit, len(whole.ids))
    assert len(cut.weights) == len(cut.ids)
    kept = len(cut.ids) - len(bare.ids)
    head = 2 + (kept + 1) // 2
    assert cut.ids == whole.ids[:head] + whole.ids[len(whole.ids) - (len(cut.ids) - head) :]
    assert cut.ids[-len(bare.ids) + 2 :] == bare.ids[2:]


def test_the_paper_texts_have_their_control_tokens_in_place(shared: Path) -> None:
    for row in json.loads((shared / "vectors" / "fcft_texts.json").read_text()):
        parts = [Segment(text=row["prompt"], role=Role.PROBLEM), Segment(text=row["generation"], role=Role.PROGRAM)]
        if row["feedback"] is None:
            head = [Segment(text=GOOD, role=Role.REWARD)]
        else:
            head = list(bad_example(row["feedback"]).segments[:4])
        subject = example(*head, *parts)
        assert subject.text == row["text"]
        sequence = encode(subject, TOKENIZER, max_tokens=2048)
        assert sequence is not None
        # As the official code does it: the whole text at once, control tokens recognised in it.
        assert list(sequence.ids) == TOKENIZER(row["text"], add_special_tokens=False).input_ids
        assert set(sequence.weights) == {1.0}


def test_an_end_needs_an_end_token() -> None:
    tokenizer = tiny_tokenizer()
    tokenizer.eos_token = None
    with pytest.raises(TrainingError, match="end-of-text"):
        encode(bad_example("x"), tokenizer, max_tokens=100)


def load(folder: Path) -> Any:
    return AutoModelForCausalLM.from_pretrained(folder)


def test_spare_rows_are_taken_without_a_resize(tmp_path: Path) -> None:
    model, tokenizer = load(tiny_codegen(tmp_path)), tiny_tokenizer(control=False)
    with torch.no_grad():
        model.lm_head.bias.normal_()
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    known = len(tokenizer)
    add_control_tokens(model, tokenizer, seed=1)
    assert tokenizer.convert_tokens_to_ids(list(CONTROL_TOKENS)) == list(range(known, known + 4))
    rows = model.get_input_embeddings().weight
    assert rows.shape == before["transformer.wte.weight"].shape
    changed = (rows != before["transformer.wte.weight"]).any(dim=1).nonzero().flatten().tolist()
    assert changed == list(range(known, known + 4))
    assert (model.lm_head.bias != before["lm_head.bias"]).nonzero().flatten().tolist() == changed


def test_untied_models_grow_in_both_tables() -> None:
    tokenizer = tiny_tokenizer(control=False)
    sizes = {"hidden_size": 32, "intermediate_size": 32, "num_hidden_layers": 1, "num_attention_heads": 2}
    model = LlamaForCausalLM(LlamaConfig(vocab_size=len(tokenizer), tie_word_embeddings=False, **sizes))
    with torch.no_grad():
        model.model.embed_tokens.weight.normal_(0.5, 0.1)
    add_control_tokens(model, tokenizer, seed=1)
    for table in (model.get_input_embeddings().weight, model.get_output_embeddings().weight):
        assert table.shape[0] == len(tokenizer)
        new, old = table[-4:], table[:-4]
        assert new.unique(dim=0).shape[0] == 4
        assert 0.7 < (new.norm(dim=1) / old.norm(dim=1).mean()).min() < 1.4
    assert model.config.vocab_size == len(tokenizer)


def test_adding_twice_is_adding_once_and_the_seed_decides(tmp_path: Path) -> None:
    folder = tiny_llama(tmp_path)

    def rows(seed: int, times: int) -> torch.Tensor:
        model, tokenizer = load(folder), tiny_tokenizer(control=False)
        for turn in range(times):
            add_control_tokens(model, tokenizer, seed=seed + turn)
        return model.get_input_embeddings().weight.detach()

    assert torch.equal(rows(1, 1), rows(1, 2))
    assert not torch.equal(rows(1, 1), rows(2, 1))


def test_reward_tokens_begin_at_words_for_what_they_say(tmp_path: Path) -> None:
    model, tokenizer = load(tiny_llama(tmp_path)), tiny_tokenizer(control=False)
    words = {token: tokenizer(word, add_special_tokens=False).input_ids for token, word in REWARD_WORDS.items()}
    add_control_tokens(model, tokenizer, seed=1)
    table = model.get_input_embeddings().weight
    for token, ids in words.items():
        row, pieces = table[tokenizer.get_added_vocab()[token]], table[ids]
        assert torch.cosine_similarity(row, pieces.mean(dim=0), dim=0).item() == pytest.approx(1.0, abs=1e-4)
        assert row.norm().item() == pytest.approx(pieces.norm(dim=-1).mean().item(), rel=1e-4)
    assert not torch.equal(*(table[tokenizer.get_added_vocab()[token]] for token in words))


def test_special_tokens_that_are_there_stay_special(tmp_path: Path) -> None:
    model, tokenizer = load(tiny_llama(tmp_path)), tiny_tokenizer(control=False)
    tokenizer.add_special_tokens({"additional_special_tokens": ["<|mine|>"]})
    add_control_tokens(model, tokenizer, seed=1)
    assert {"<|mine|>", *CONTROL_TOKENS} <= set(tokenizer.all_special_tokens)


@pytest.mark.parametrize("chat", [False, True])
def test_a_problem_that_is_trained_on_is_the_ids_it_was_sampled_from(chat: bool) -> None:  # noqa: FBT001
    tokenizer = tiny_chat_tokenizer()
    asked = Problem(id="p/1", prompt="Write f.\n", check=Tests(tests=("assert f",)), source="p", chat=chat)
    request = SampleRequest(weights="w", prefix=GOOD, decoding=Decoding(), key="k")
    (prompt,) = prompts_of([(asked, 0)], request, tokenizer=tokenizer, window=None)
    trained = encode(
        Example(
            problem="p/1",
            sample=0,
            chat=chat,
            segments=(
                Segment(text=GOOD, role=Role.REWARD),
                Segment(text=asked.prompt, role=Role.PROBLEM, weight=0.5),
                Segment(text="?", role=Role.PROGRAM, tokens=(7, 8)),
                Segment(text="", role=Role.END),
            ),
        ),
        tokenizer,
        max_tokens=100,
    )
    assert trained is not None
    assert trained.ids == (*prompt.tokens, 7, 8, turns_of(tokenizer, chat=chat).end)
    assert trained.weights == (1.0, *(0.5,) * (len(prompt.tokens) - 1), 1.0, 1.0, 1.0)
