"""The whole of it with every architecture: learn, be stopped, go on, export, read back with transformers alone."""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
import torch
from command_line import CONFIG, PROBLEMS, contents
from transformers import AutoModelForCausalLM, AutoTokenizer

from leti import build
from leti.config import Config, load_config, resolved
from leti.export import export_run
from leti.loop import Leti, Trainer
from leti.runs import Run
from leti.training.place import TrainingPlace
from leti.training.weights import load
from leti.types import Example, TrainStep
from leti.vocabulary import GOOD
from tiny_models import ARCHITECTURES


class StoppedError(Exception):
    """As Ctrl-C would."""


@dataclass(frozen=True)
class Interrupted:
    """Trains for three steps."""

    trainer: Trainer

    def fit(self, examples: Sequence[Example], place: TrainingPlace) -> Iterator[TrainStep]:
        for step in self.trainer.fit(examples, place):
            yield step
            if step.step == 3:
                raise StoppedError


def learn(config: Config, path: Path, change: Callable[[Leti], Leti] = lambda loop: loop) -> Run:
    run = Run(path)
    with build.verifier(config) as verifier:
        loop = change(build.leti(config, verifier))
        run.begin(resolved(config), build.manifest(config, "none"), problems=build.all_problems(config))
        loop.learn(run)
    return run


@pytest.mark.parametrize("arch", ARCHITECTURES)
def test_it_learns_goes_on_and_is_read_back_by_transformers_alone(arch: Callable[[Path], Path], tmp_path: Path) -> None:
    (tmp_path / "problems.jsonl").write_text("".join(json.dumps(row) + "\n" for row in PROBLEMS))
    text = CONFIG.format(problems=tmp_path / "problems.jsonl", model=arch(tmp_path / "model"))
    (tmp_path / "tiny.toml").write_text(text)
    config = load_config(str(tmp_path / "tiny.toml"), ["iterations=1"])

    whole = learn(config, tmp_path / "whole")
    with pytest.raises(StoppedError):
        learn(config, tmp_path / "stopped", lambda loop: replace(loop, trainer=Interrupted(loop.trainer)))
    run = learn(config, tmp_path / "stopped")
    assert contents(run.path) == contents(whole.path)

    place = run.iteration(0)
    export_run(run, place, folder=tmp_path / "exported")
    tokenizer = AutoTokenizer.from_pretrained(tmp_path / "exported")
    ids = tokenizer("def f(x):\n    return", return_tensors="pt").input_ids
    assert ids[0, 0] == tokenizer.convert_tokens_to_ids(GOOD)  # it asks for good programs by itself
    trained, _ = load(str(place.weights))
    exported = AutoModelForCausalLM.from_pretrained(tmp_path / "exported", dtype=torch.float32)
    with torch.no_grad():
        torch.testing.assert_close(exported.eval()(ids).logits, trained.eval()(ids).logits)
