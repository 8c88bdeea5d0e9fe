"""Real architectures, tiny and untrained, with a real byte-level tokenizer: made on the spot, needing no network."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any

import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from tokenizers.processors import TemplateProcessing
from transformers import (
    CodeGenConfig,
    CodeGenForCausalLM,
    Gemma2Config,
    Gemma2ForCausalLM,
    Gemma3ForCausalLM,
    Gemma3TextConfig,
    GPT2Config,
    GPT2LMHeadModel,
    LlamaConfig,
    LlamaForCausalLM,
    MixtralConfig,
    MixtralForCausalLM,
    PreTrainedTokenizerFast,
    Qwen2Config,
    Qwen2ForCausalLM,
    Qwen3Config,
    Qwen3ForCausalLM,
    Qwen3MoeConfig,
    Qwen3MoeForCausalLM,
    Starcoder2Config,
    Starcoder2ForCausalLM,
)
from transformers.utils import logging

from leti import types
from leti.vocabulary import CONTROL_TOKENS

if TYPE_CHECKING:
    from pathlib import Path

END = "<|endoftext|>"
SIZE = 320
"""Tokens of the tokenizer before LETI's; the models have 384 rows, so some rows have no token (as in CodeGen)."""
ROWS = 384
WINDOW = 24
"""Positions that sliding layers look at, themselves included: less than what the tests sample, so that it shows."""


def tiny_tokenizer(*, control: bool = True) -> Any:
    """A byte-level BPE tokenizer trained on a few lines of Python, with LETI's tokens if `control`."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=SIZE,
        special_tokens=[END],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator([inspect.getsource(types)], trainer)
    fast = PreTrainedTokenizerFast(tokenizer_object=tokenizer, eos_token=END, bos_token=END, pad_token=END)
    if control:
        fast.add_special_tokens({"additional_special_tokens": list(CONTROL_TOKENS)})
    return fast


CHATML = (
    "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
"""A chat template of Qwen's kind."""


def tiny_chat_tokenizer(template: str = CHATML, *, writes_bos: bool = False) -> Any:
    """A tokenizer with the tokens of a chat; `writes_bos`: it puts a BOS before every text by itself, as Llama's do."""
    tokenizer = tiny_tokenizer(control=False)
    tokenizer.add_special_tokens({"bos_token": "<|begin|>"}, replace_extra_special_tokens=False)
    tokenizer.add_tokens(["<|im_start|>", "<|im_end|>"], special_tokens=True)
    tokenizer.add_special_tokens(
        {"additional_special_tokens": list(CONTROL_TOKENS)}, replace_extra_special_tokens=False
    )
    if writes_bos:
        tokenizer.backend_tokenizer.post_processor = TemplateProcessing(
            single="<|begin|> $A", special_tokens=[("<|begin|>", tokenizer.bos_token_id)]
        )
    tokenizer.chat_template = template
    return tokenizer


def tiny_codegen(directory: Path, **changes: Any) -> Path:
    """A CodeGen model (eager attention, rotary positions on half of each head)."""
    sizes = {"n_embd": 32, "n_layer": 2, "n_head": 4, "rotary_dim": 4, "n_positions": 256, "n_ctx": 256}
    return _save(CodeGenForCausalLM, CodeGenConfig(**(_shared() | sizes | changes)), directory)


def tiny_gpt2(directory: Path, **changes: Any) -> Path:
    """A GPT-2 model (learned positions: wrong positions show)."""
    sizes = {"n_embd": 32, "n_layer": 2, "n_head": 4, "n_positions": 256}
    return _save(GPT2LMHeadModel, GPT2Config(**(_shared() | sizes | changes)), directory)


def tiny_llama(directory: Path, **changes: Any) -> Path:
    """A Llama model with two key-value heads for four heads."""
    return _save(LlamaForCausalLM, LlamaConfig(**(_shared() | _modern() | changes)), directory)


def tiny_qwen2(directory: Path, **changes: Any) -> Path:
    """A Qwen2 model with two key-value heads for four heads."""
    return _save(Qwen2ForCausalLM, Qwen2Config(**(_shared() | _modern() | changes)), directory)


def tiny_qwen3(directory: Path, **changes: Any) -> Path:
    """A Qwen3 model (queries and keys are normed; heads of their own size)."""
    return _save(Qwen3ForCausalLM, Qwen3Config(**(_shared() | _modern() | {"head_dim": 12} | changes)), directory)


def tiny_starcoder2(directory: Path, **changes: Any) -> Path:
    """A StarCoder2 model (biases everywhere, tied tables) whose every layer looks at the last `WINDOW` tokens only."""
    sizes = {"sliding_window": WINDOW, "residual_dropout": 0.0, "embedding_dropout": 0.0}
    return _save(Starcoder2ForCausalLM, Starcoder2Config(**(_shared() | _modern() | sizes | changes)), directory)


def tiny_gemma2(directory: Path, **changes: Any) -> Path:
    """A Gemma2 model (tied and scaled tables, soft-capped logits) with a sliding layer and a full one."""
    sizes = {"head_dim": 8, "query_pre_attn_scalar": 8, "sliding_window": WINDOW, "final_logit_softcapping": 2.0}
    return _save(Gemma2ForCausalLM, Gemma2Config(**(_shared() | _modern() | sizes | changes)), directory)


def tiny_gemma3(directory: Path, **changes: Any) -> Path:
    """A Gemma3 text model (tied and scaled tables, rotary positions of two kinds), a sliding layer and a full one."""
    layers = {"layer_types": ["sliding_attention", "full_attention"], "sliding_window": WINDOW}
    sizes = {"head_dim": 8, "query_pre_attn_scalar": 8}
    return _save(Gemma3ForCausalLM, Gemma3TextConfig(**(_shared() | _modern() | layers | sizes | changes)), directory)


def tiny_mixtral(directory: Path, **changes: Any) -> Path:
    """A Mixtral model (two of four experts) whose every layer looks at the last `WINDOW` tokens only."""
    experts = {"num_local_experts": 4, "num_experts_per_tok": 2, "sliding_window": WINDOW}
    return _save(MixtralForCausalLM, MixtralConfig(**(_shared() | _modern() | experts | changes)), directory)


def tiny_qwen3_moe(directory: Path, **changes: Any) -> Path:
    """A Qwen3 mixture of experts: two of four, in every layer."""
    experts = {"num_experts": 4, "num_experts_per_tok": 2, "moe_intermediate_size": 32, "head_dim": 8}
    return _save(Qwen3MoeForCausalLM, Qwen3MoeConfig(**(_shared() | _modern() | experts | changes)), directory)


ARCHITECTURES = (
    tiny_codegen,
    tiny_gpt2,
    tiny_llama,
    tiny_qwen2,
    tiny_qwen3,
    tiny_starcoder2,
    tiny_gemma2,
    tiny_gemma3,
    tiny_mixtral,
    tiny_qwen3_moe,
)


def _shared() -> dict[str, Any]:
    # Three times the usual spread of initial weights: the likeliest token then depends on what was read.
    return {"vocab_size": ROWS, "bos_token_id": 0, "eos_token_id": 0, "pad_token_id": 0, "initializer_range": 0.06}


def _modern() -> dict[str, Any]:
    return {
        "hidden_size": 32,
        "intermediate_size": 64,
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
        "num_key_value_heads": 2,
        "max_position_embeddings": 256,
    }


def _save(kind: Any, config: Any, directory: Path) -> Path:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        model = kind(config)
    bar = logging.is_progress_bar_enabled()
    logging.disable_progress_bar()
    model.save_pretrained(directory)
    if bar:
        logging.enable_progress_bar()
    tiny_tokenizer().save_pretrained(directory)
    return directory
