"""Tiny bases with tokenizers of their real classes, and a run that trained one of them for an iteration."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from tokenizers import processors
from transformers import (
    AddedToken,
    ByT5Tokenizer,
    CodeGenTokenizer,
    GPT2Tokenizer,
    LlamaTokenizer,
    PreTrainedTokenizerFast,
    Qwen2Tokenizer,
)

from leti.config import Config, resolved
from leti.kinds import Tests
from leti.objectives import Objective
from leti.runs import AttemptRow, Run
from leti.training import TrainerSettings, TrainingPlace, make_trainer
from leti.types import Ending, Example, Feedback, Outcome, Problem, Role, Segment, Solution, Verdict
from tiny_models import END, tiny_codegen, tiny_gpt2, tiny_llama, tiny_qwen2, tiny_tokenizer

if TYPE_CHECKING:
    from pathlib import Path

    from leti.types import Attempt

CHATML = (
    "{%- for message in messages %}{{- '<|im_start|>' + message.role + '\\n' + message.content + '<|im_end|>\\n' }}"
    "{%- endfor %}\n{%- if add_generation_prompt %}\n    {{- '<|im_start|>assistant\\n' }}\n{%- endif %}\n"
)
TURNS = (
    "{% for message in messages %}{% if message['role'] == 'user' %}"
    "{{ bos_token + '[INST] ' + message['content'].strip() + ' [/INST]' }}"
    "{% else %}{{ ' ' + message['content'].strip() + ' ' + eos_token }}{% endif %}{% endfor %}"
)
"""Writes the tokenizer's first token at every turn."""

PROBLEM = Problem(id="p/0", prompt="# one more\n", check=Tests(tests=("assert f(1) == 2",)), source="p")
BODIES = ("def f(x):\n    return x + 1\n", "def f(x):\n    return x\n")
BASES = ("codegen", "gpt2", "qwen2", "llama", "llama3")


def make_base(name: str, folder: Path) -> Path:
    """A model of that architecture, whose tokenizer knows nothing of LETI."""
    kind = {"codegen": tiny_codegen, "gpt2": tiny_gpt2, "qwen2": tiny_qwen2}.get(name, tiny_llama)
    kind(folder, **({"vocab_size": 320} if name == "gpt2" else {}))  # one that has to grow for the reward tokens
    for file in folder.glob("*token*"):
        file.unlink()
    tokenizer_of(name).save_pretrained(folder)
    return folder


def tokenizer_of(name: str) -> Any:
    plain = tiny_tokenizer(control=False)
    model = json.loads(plain.backend_tokenizer.to_str())["model"]
    merges = [tuple(pair) for pair in model["merges"]]
    if name == "codegen":
        return CodeGenTokenizer(vocab=model["vocab"], merges=merges)
    if name == "gpt2":
        return GPT2Tokenizer(vocab=model["vocab"], merges=merges)
    if name == "qwen2":
        chat = [AddedToken(token, special=True) for token in ("<|im_start|>", "<|im_end|>")]
        qwen = Qwen2Tokenizer(vocab=model["vocab"], merges=merges, extra_special_tokens=chat)
        qwen.chat_template = CHATML
        return qwen
    if name == "llama":
        return _sentencepiece()
    return _byte_level_with_bos(plain)


def _sentencepiece() -> Any:
    """A tokenizer as of Llama 2: blanks are letters, unknown letters are bytes, `<s>` comes first."""
    letters = ["▁", *(chr(code) for code in range(33, 127)), "\n"]
    words = ["<unk>", "<s>", "</s>", *(f"<0x{byte:02X}>" for byte in range(256)), *letters]
    vocab = {word: index for index, word in enumerate(words)}
    llama = LlamaTokenizer(vocab=vocab, merges=[], add_bos_token=True)
    llama.chat_template = TURNS
    return llama


def _byte_level_with_bos(plain: Any) -> PreTrainedTokenizerFast:
    """A tokenizer as of Llama 3: bytes, and its first token from a template after the one that shapes offsets."""
    plain.backend_tokenizer.post_processor = processors.Sequence([
        processors.ByteLevel(trim_offsets=True),
        processors.TemplateProcessing(single=f"{END} $A", pair=f"{END} $A {END}:1 $B:1", special_tokens=[(END, 0)]),
    ])  # fmt: skip
    plain.chat_template = "{{- bos_token }}{%- for message in messages %}{{ message.content | trim }}\n{% endfor %}"
    return plain


def make_slow(folder: Path) -> Path:
    """A model whose tokenizer is Python: bytes, without a tokenizer.json."""
    tiny_llama(folder)
    for file in folder.glob("*token*"):
        file.unlink()
    ByT5Tokenizer(extra_ids=0).save_pretrained(folder)
    return folder


def make_run(folder: Path, base: Path, objective: str = "fcft", iterations: int = 1) -> Run:
    """A run with scores before and after, really trained on two programs."""
    config = Config.model_validate(
        {"iterations": iterations, "model": {"path": str(base)}, "objective": {"name": objective}}
    )
    manifest = {
        "identity": {"seed": 0, "model": {"path": str(base), "sha256": "9f3c"}, "problems": "ab41"},
        "versions": {"python": "3.11.2", "leti": "0.1.0", "ray": None},
        "isolation": "namespaces",
    }
    run = Run(folder)
    run.begin(resolved(config), manifest, problems=[PROBLEM])
    settings = TrainerSettings(epochs=2, batch=2, learning_rate=1e-2, device="cpu", pretrain=None)
    start = base
    for number in range(iterations):
        place = run.iteration(number)
        place.attempts.extend(map(row, range(2)))
        attempts: list[Attempt] = [one.attempt({PROBLEM.id: PROBLEM}) for one in place.attempts]
        examples = Objective(objective).examples(attempts, "key") or [_neutral()]
        prefix = Objective(objective).prefix
        training = TrainingPlace(
            start=str(start), weights=place.weights, checkpoint=place.checkpoint, key=f"seed=0 {number}", prefix=prefix
        )
        place.metrics.extend(make_trainer(settings).fit(examples, training))
        start = place.weights
    return run


def row(sample: int) -> AttemptRow:
    """A program that passed, and one that did not."""
    good = sample == 0
    return AttemptRow(
        solution=Solution(
            problem=PROBLEM.id,
            sample=sample,
            completion=BODIES[sample],
            tokens=(),
            program=PROBLEM.prompt + BODIES[sample],
            ending=Ending.STOP,
        ),
        verdict=Verdict(outcome=Outcome.PASSED if good else Outcome.FAILED),
        feedback=Feedback(good=good, text=None if good else "AssertionError"),
    )


def _neutral() -> Example:
    return Example(problem=PROBLEM.id, sample=0, segments=(Segment(text=BODIES[0], role=Role.PROGRAM),))
