"""The models that are measured: the built-in one, a random one of a size people use, or any folder of weights."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any

from leti import build

if TYPE_CHECKING:
    from pathlib import Path

POCKET, LLAMA = "pocket", "llama"
END = "<|endoftext|>"
VOCABULARY = 32_000
TEXTS = 400
"""Files of the standard library that the random model's tokenizer is trained on."""
SIZES = {
    "hidden_size": 768,
    "intermediate_size": 2048,
    "num_hidden_layers": 12,
    "num_attention_heads": 12,
    "num_key_value_heads": 4,
    "max_position_embeddings": 2048,
}
"""100 million parameters, a quarter of them embeddings."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """One model, on disk."""

    name: str
    weights: str
    """A folder, or a name of the hub."""


def made(name: str, folder: Path, *, ends: bool) -> Model:
    """The model of this name; `llama` is made in the folder, anything but the two is where its name says.

    Args:
        name: `pocket`, `llama`, a folder, or a name of the hub.
        folder: for what is made.
        ends: the random model has an end-of-text token; without one all of its completions are equally long.
    """
    if name != LLAMA:
        return Model(name=name, weights=build.weights(name))
    target = folder / ("llama" if ends else "llama-endless")
    if not target.exists():
        _write(target, ends=ends)
    return Model(name=name, weights=str(target))


def prepared(model: Model, folder: Path) -> Model:
    """The model with LETI's own tokens, so that two trainers begin at the same weights and the same ids."""
    from leti.training.tokens import add_control_tokens
    from leti.training.weights import load, save

    target = folder / f"{re.sub(r'[^A-Za-z0-9]+', '-', model.name)}-prepared"
    if not target.exists():
        loaded, tokenizer = load(model.weights)
        add_control_tokens(loaded, tokenizer, seed=0)
        save(loaded, tokenizer, folder=target)
    return Model(name=model.name, weights=str(target))


def _write(target: Path, *, ends: bool) -> None:
    """A Llama with random weights, the same ones whether it has an end or not."""
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM

    tokenizer = _tokenizer()
    end = tokenizer.eos_token_id
    if not ends:
        tokenizer.eos_token = None
    settings = {"pad_token_id": end, "bos_token_id": None, "eos_token_id": end if ends else None}
    config = LlamaConfig(vocab_size=len(tokenizer), tie_word_embeddings=True, **SIZES, **settings)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        model = LlamaForCausalLM(config)
    model.save_pretrained(target)
    tokenizer.save_pretrained(target)


def _tokenizer() -> Any:
    """A byte-level tokenizer of the usual size, trained on the standard library."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    from leti.training.pretrain import documents

    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(
        vocab_size=VOCABULARY, special_tokens=[END], initial_alphabet=alphabet, show_progress=False
    )
    tokenizer.train_from_iterator(islice(documents("stdlib", None), TEXTS), trainer)
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, eos_token=END, pad_token=END)
