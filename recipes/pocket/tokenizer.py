"""The byte-level tokenizer: names are cut at underscores, and cut alike after `assert ` and after `def `."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

os.environ["TOKENIZERS_PARALLELISM"] = "false"  # counts must not depend on threads

from corpus import END
from grammar import name_pieces
from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import PreTrainedTokenizerFast

if TYPE_CHECKING:
    from random import Random

# A word with the space or underscore before it | one digit | signs | a line break with the indentation after it.
PIECE = r"[ _]?[A-Za-z]+| ?[0-9]| ?[^\sA-Za-z0-9_]+|_|\n[ \t]*|[ \t]+"
ERRORS = (
    "NameError: name '{a}' is not defined",
    "NameError: name '{a}_{b}' is not defined. Did you mean: '{a}'?",
    "UnboundLocalError: cannot access local variable '{a}' where it is not associated with a value",
    "TypeError: '{a}' object is not iterable",
    "TypeError: 'int' object is not subscriptable",
    "TypeError: unsupported operand type(s) for +: 'int' and 'str'",
    "TypeError: '<' not supported between instances of 'str' and 'int'",
    "TypeError: {a}_{b}() takes 1 positional argument but 2 were given",
    "TypeError: {a}_{b}() missing 1 required positional argument: 'k'",
    "TypeError: object of type 'int' has no len()",
    'TypeError: can only concatenate str (not "int") to str',
    "IndexError: list index out of range",
    "AttributeError: 'list' object has no attribute '{a}'",
    "AttributeError: 'str' object has no attribute '{a}'",
    "KeyError: '{a}'",
    "ValueError: invalid literal for int() with base 10: '{a}'",
    "ZeroDivisionError: integer division or modulo by zero",
    "RecursionError: maximum recursion depth exceeded",
    "AssertionError",
    "AssertionError\nexpected: [1, 2]\ngot: 3",
    "AssertionError\nexpected: '{a}'\ngot: None",
    "SyntaxError: invalid syntax",
    "SyntaxError: expected ':'",
    "SyntaxError: '(' was never closed",
    "IndentationError: expected an indented block after 'for' statement on line 3",
    "TimeoutError: the program ran longer than 2 seconds",
)


def tracebacks(count: int, rng: Random) -> list[str]:
    """Return texts like the interpreter's, so that feedback is short in tokens."""
    words, out = name_pieces(), []
    for _ in range(count):
        a, b = rng.sample(words, 2)
        error = rng.choice(ERRORS).format(a=a, b=b)
        out.append(
            f'Traceback (most recent call last):\n  File "<string>", line {rng.randint(5, 30)}, in <module>\n'
            f'    assert {a}_{b}([1, 2, 3]) == [2]\n  File "<string>", line {rng.randint(5, 20)}, in {a}_{b}\n{error}'
        )
    return out


def train_tokenizer(texts: list[str], rng: Random, size: int = 1536) -> PreTrainedTokenizerFast:
    """Return a byte-level BPE with `size` tokens, the end token first; it adds no token by itself."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([
        pre_tokenizers.Split(Regex(PIECE), "isolated"),
        pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
    ])  # fmt: skip
    tokenizer.decoder = decoders.ByteLevel()
    names = [f" {word} _{word}" for word in name_pieces()]  # both forms of each word become one token
    trainer = trainers.BpeTrainer(
        vocab_size=size,
        special_tokens=[END],
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
        show_progress=False,
    )
    sample = [*texts, *tracebacks(len(texts) // 8, rng), *(names * max(1, len(texts) // 40))]
    tokenizer.train_from_iterator(sample, trainer)
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        eos_token=END,
        pad_token=END,
        model_max_length=1024,
        clean_up_tokenization_spaces=False,
    )


def check_tokenizer(tokenizer: PreTrainedTokenizerFast) -> None:
    """Check that any text survives, and that names are cut alike wherever the model has to copy them.

    Raises:
        RuntimeError: what does not.
    """
    for text in ("é ü 漢字 🙂 \x00\t\r\n\n  x", "def f_a2(x):\n\treturn x__y\n\n", " a  b   c \n \n", "\u00a0\u2028٣"):
        if tokenizer.decode(tokenizer.encode(text)) != text:
            raise RuntimeError(f"the tokenizer does not give back {text!r}")
    for name in ("sum_even_squares", "find_joined_vowels", "helper", "my_unseen_words"):
        cut = tokenizer.tokenize(f" {name}")
        for context in (f"assert {name}([1, 2])", f"def {name}(numbers):"):
            tokens = tokenizer.tokenize(context)
            if not any(tokens[i : i + len(cut)] == cut for i in range(len(tokens))):
                raise RuntimeError(f"{name} is cut in another way in {tokens}")
