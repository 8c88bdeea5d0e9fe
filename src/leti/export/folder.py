"""Writes the folder: weights, tokenizer, card. Beside and renamed, and only if the tokenizer does what it must."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from leti.errors import ExportError
from leti.export.card import render
from leti.export.conditioning import First, condition
from leti.export.facts import gather
from leti.objectives import Objective
from leti.runs import Place, Run
from leti.training.checkpoint import beside, publish
from leti.training.weights import load, load_tokenizer, save
from leti.vocabulary import CONTROL_TOKENS, control, lead, plain

PROBES = ("def f(x):\n    return x + 1\n", " naïve 数\n\n")
"""Prompts that the exported tokenizer must turn into what LETI samples with: code, a blank in front, other scripts."""


def write_folder(run: Run, place: Place, *, folder: Path) -> None:
    """Writes the weights of an iteration, conditioned as its objective trained them.

    Raises:
        ConfigError: the weights cannot be loaded.
        ExportError: the tokenizer cannot be conditioned.
    """
    prefix = Objective(run.config["objective"]["name"]).prefix
    model, tokenizer = load(str(place.weights))
    first = _first(tokenizer, prefix)
    to_change = bool(prefix) or not _reads(tokenizer, tokenizer, first)
    if to_change and not tokenizer.is_fast:
        raise ExportError(
            f"The tokenizer of {place.weights}, a {type(tokenizer).__name__}, is a slow one: it has no tokenizer.json, "
            f"the file that can say what stands before every prompt. {_as_they_are(place, prefix)}"
        )
    card = render(gather(run, place, first=[text for text, _ in first]))
    _never_draw(model, tokenizer)
    with _published(folder.absolute()) as partial:
        save(model, tokenizer, folder=partial)
        if to_change:
            condition(partial, first, token=prefix, tokenizer=tokenizer)
        if not _reads(load_tokenizer(str(partial)), tokenizer, first):
            raise ExportError(
                f"With its files changed, the tokenizer of {place.weights}, a {type(tokenizer).__name__}, still does "
                f"not read a prompt as LETI samples it. {_as_they_are(place, prefix)}"
            )
        (partial / "README.md").write_text(card, "utf-8")


def _first(tokenizer: Any, prefix: str) -> First:
    """What LETI's sampler puts before a prompt: text and id of each token."""
    ids = [*lead(tokenizer), *([control(tokenizer, prefix)] if prefix else [])]
    return [(str(tokenizer.convert_ids_to_tokens(index)), index) for index in ids]


def _reads(reader: Any, tokenizer: Any, first: First) -> bool:
    """Whether a tokenizer turns a prompt into what LETI samples with, by itself."""
    ids = [index for _, index in first]
    return all(list(reader(text).input_ids) == [*ids, *plain(tokenizer, text)] for text in PROBES)


def _never_draw(model: Any, tokenizer: Any) -> None:
    """`generate` then draws LETI's tokens as little as LETI's own sampler does: they would vanish from the text."""
    added, settings = tokenizer.get_added_vocab(), model.generation_config
    if own := {added[token] for token in CONTROL_TOKENS if token in added}:
        # Settings that came from the model's configuration are made anew from it, so these must not say that they did.
        settings.update(suppress_tokens=sorted({*(settings.suppress_tokens or ()), *own}), _from_model_config=False)


def _as_they_are(place: Place, prefix: str) -> str:
    return (
        f"Take the weights as they are, {place.weights}, and put {prefix or 'nothing'} before each prompt, "
        "after the token that the tokenizer puts first, and nothing behind it."
    )


@contextmanager
def _published(folder: Path) -> Iterator[Path]:
    """An empty folder beside, which gets its name when all has gone well, and is gone when it has not."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    partial = beside(folder)
    try:
        yield partial
        publish(partial, folder)
    finally:
        shutil.rmtree(partial, ignore_errors=True)
