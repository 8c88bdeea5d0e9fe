"""The paper's configurations, on a model made on the spot and eight real problems."""

import json
from pathlib import Path

import pytest
from command_line import leti

from tiny_models import tiny_codegen

EXAMPLES = Path(__file__).parents[2] / "examples"


@pytest.mark.parametrize("name", ["paper-350m", "paper-350m-reward-only"])
def test_one_iteration_with_the_settings_of_the_paper(name: str, shared: Path, tmp_path: Path) -> None:
    """The identical configuration: only the model, the data's place and the amounts are smaller."""
    tiny_codegen(tmp_path / "codegen", n_positions=2048, n_ctx=2048)
    (tmp_path / "code").mkdir()
    (tmp_path / "code" / "plain.py").write_text("def f(x):\n    return x + 1\n" * 400)
    smaller = {
        "problems.path": shared / "data" / "mbpp" / "mbpp.jsonl",
        "problems.limits": '{"train" = 8, "validation" = 2, "test" = 2}',
        "model.path": tmp_path / "codegen",
        "model.device": "cpu",
        "pretrain.source": tmp_path / "code",
        "iterations": 1,
        "sampling.samples": 4,
        "score.samples": 2,
        "score.ks": "[1]",
        "training.batch": 16,
        "pretrain.block_tokens": 128,
        "sampling.total_tokens": 320,
    }
    overrides = [word for key, value in smaller.items() for word in ("--set", f"{key}={value}")]
    done = leti("learn", str(EXAMPLES / f"{name}.toml"), "--run", str(tmp_path / "run"), *overrides)
    assert done.returncode == 0, done.stderr

    place = tmp_path / "run" / "iterations" / "000"
    kinds = [json.loads(line)["kind"] for line in (place / "metrics.jsonl").read_text().splitlines()]
    assert kinds == ["examples", "pretrain"] * (3 * 8 * 4 // 16)
    examples = [json.loads(line) for line in (place / "examples.jsonl").read_text().splitlines()]
    assert len(examples) == 8 * 4
    with_words = [row for row in examples if any(segment["role"] == "feedback" for segment in row["segments"])]
    assert len(with_words) == (0 if name.endswith("reward-only") else len(examples))
    assert all(segment["role"] != "end" for row in examples for segment in row["segments"])


def test_every_paper_configuration_differs_only_where_the_paper_says() -> None:
    """350M and 2B differ in the model, the rate and the iterations; the ablation in the objective alone."""
    from leti.config import load_config, resolved

    def flat(name: str) -> dict[str, object]:
        tree = resolved(load_config(str(EXAMPLES / f"{name}.toml")))
        tables = {key: value for key, value in tree.items() if isinstance(value, dict)}
        values = {f"{table}.{key}": value for table, keys in tables.items() for key, value in keys.items()}
        return values | {key: value for key, value in tree.items() if key not in tables}

    def differing(one: str, other: str) -> set[str]:
        return {key for key, value in flat(one).items() if flat(other)[key] != value}

    assert differing("paper-350m", "paper-2b") == {"model.path", "training.learning_rate", "iterations"}
    for size in ("350m", "2b"):
        assert differing(f"paper-{size}", f"paper-{size}-reward-only") == {"objective.name"}
