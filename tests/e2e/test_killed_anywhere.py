"""Twenty kills at random places, and the files end as if there had been none."""

import random
from pathlib import Path

import pytest
from command_line import contents, learn_until, leti

KILLS = 20


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_twenty_kills_leave_the_same_bytes(config: Path, finished: Path, tmp_path: Path) -> None:
    """Each kill comes when a random file of the finished run has reached a random size: in every stage."""
    whole = contents(finished)
    chance = random.Random(20)
    files = [name for name in whole if name.endswith((".jsonl", "scores.json")) and "/" in name]
    kills, sitting = 0, 0
    while kills < KILLS:
        sitting += 1
        run = tmp_path / f"run{sitting}"
        for name in sorted(chance.sample(files, 4), key=lambda name: finished.joinpath(name).stat().st_mtime_ns):
            kills += learn_until(config, run, run / name, chance.randint(1, finished.joinpath(name).stat().st_size))
        assert leti("learn", str(config), "--run", str(run)).returncode == 0
        assert contents(run) == whole
