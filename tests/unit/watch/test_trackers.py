"""Figures as TensorBoard itself reads them back."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from written_run import EXPECTED, SCORES

from leti.errors import ConfigError

pytest.importorskip("accelerate", reason="trackers come with accelerate: pip install 'leti[train]'")
events = pytest.importorskip(
    "tensorboard.backend.event_processing.event_accumulator", reason="needs tensorboard: pip install tensorboard"
)

from leti.watch import watching  # noqa: E402
from leti.watch.trackers import Tracker  # noqa: E402

if TYPE_CHECKING:
    from pathlib import Path

    from written_run import Writing


def curves(folder: Path) -> dict[str, list[tuple[int, float]]]:
    (written,) = {file.parent for file in folder.rglob("events.out.tfevents.*") if file.parent.name == "leti"}
    found = events.EventAccumulator(str(written))
    found.Reload()
    return {tag: [(event.step, event.value) for event in found.Scalars(tag)] for tag in found.Tags()["scalars"]}


def test_steps_and_scores_are_over_the_steps_of_the_run_and_once(writing: Writing) -> None:
    folder = writing.run.path
    writing.stepped(0, 1, loss=3.0)  # of an earlier sitting: it was told then
    tracker = Tracker("tensorboard", folder=folder, config=writing.run.config)
    with watching(writing.run, EXPECTED, listeners=[tracker]):
        writing.stepped(0, 2, loss=2.0)
        writing.run.iteration(0).write_scores({"validation": SCORES})
        writing.stepped(1, 1, loss=1.0)
    found = curves(folder / "tracker")
    assert found["loss/examples"] == [(2, 2.0), (3, 1.0)]
    assert found["score/validation/pass@1"] == [(2, 0.5)]
    assert found["gradient_norm"] == [(2, 2.0), (3, 2.0)]


@pytest.mark.parametrize(("name", "words"), [("tensorbord", "it can be"), ("aim", "pip install aim")])
def test_a_tracker_that_is_not_there_is_told_before_the_work(tmp_path: Path, name: str, words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        Tracker(name, folder=tmp_path, config={})
