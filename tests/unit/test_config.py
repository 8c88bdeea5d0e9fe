from __future__ import annotations

import math
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from leti.config import BUILT_IN, Config, load_config, resolved
from leti.errors import ConfigError

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
SHIPPED = [*sorted(EXAMPLES.glob("**/*.toml")), *sorted(Path(str(files("leti"))).glob("**/*.toml"))]


@pytest.fixture
def toml(tmp_path: Path) -> Path:
    path = tmp_path / "mine.toml"
    path.write_text("seed = 5\n[training]\nepochs = 2\n")
    return path


def refusal(name: str, *overrides: str) -> str:
    with pytest.raises(ConfigError) as caught:
        load_config(name, overrides)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def defaults(*overrides: str) -> Config:
    return load_config("defaults", overrides)


def leaves(section: type[BaseModel] = Config, prefix: str = "") -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, field in section.model_fields.items():
        kind = field.annotation
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            found |= leaves(kind, f"{prefix}{name}.")
        else:
            found[f"{prefix}{name}"] = field
    return found


def test_the_defaults_are_a_configuration() -> None:
    assert defaults() == Config()


def test_a_resolved_configuration_is_plain_data_with_every_default_filled_in() -> None:
    found = resolved(Config())
    assert found["training"]["epochs"] == 3
    assert found["score"]["splits"] == ["validation", "test"]
    assert Config.model_validate(found) == Config()


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.name)
def test_every_configuration_that_ships_loads(path: Path) -> None:
    config = load_config(str(path))
    assert Config.model_validate(resolved(config)) == config


@pytest.mark.parametrize("name", BUILT_IN)
def test_every_built_in_configuration_loads_by_its_name(name: str) -> None:
    if not (files("leti") / name / f"{name}.toml").is_file():
        pytest.skip(f"{name}.toml is not here yet")
    assert load_config(name).problems.name == name


def test_a_file_turns_what_it_names_and_nothing_else(toml: Path) -> None:
    config = load_config(str(toml))
    assert (config.seed, config.training.epochs) == (5, 2)
    assert config.sampling == Config().sampling


def test_an_override_wins_over_the_file(toml: Path) -> None:
    assert load_config(str(toml), ["training.epochs=7", "training.epochs=8"]).training.epochs == 8


def test_there_are_at_most_60_settings() -> None:
    assert len(leaves()) <= 60


def test_every_section_says_what_it_is_for() -> None:
    for name, field in Config.model_fields.items():
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            assert field.annotation.__doc__, name


def test_a_configuration_cannot_be_changed() -> None:
    with pytest.raises(ValueError, match="frozen"):
        Config().training.epochs = 3


@pytest.mark.parametrize(
    ("wrong", "meant"),
    [
        ("training.epoch=1", "training.epochs"),
        ("training.learning_rates=1", "training.learning_rate"),
        ("sampling.temprature=1", "sampling.temperature"),
        ("iteration=3", "iterations"),
        ("trainng.epochs=3", "training"),
    ],
)
def test_an_unknown_key_is_told_with_what_was_likely_meant(wrong: str, meant: str) -> None:
    words = refusal("defaults", wrong)
    assert f"Did you mean {meant}?" in words
    assert "Known here: " in words


@pytest.mark.parametrize(
    ("overrides", "said"),
    [
        (["training.epochs=0"], "--set training.epochs=0: training.epochs = 0"),
        (["seed=1", "training.epochs=0", "training.epochs=-1"], "--set training.epochs=-1: "),
        (["training={epochs=0}"], "--set training={epochs=0}: training.epochs = 0"),
        (["problems.limits.train=0"], "--set problems.limits.train=0: problems.limits.train = 0"),
        (["training.epoch=3"], "--set training.epoch=3: unknown key"),
    ],
)
def test_what_is_wrong_is_told_as_it_was_typed(toml: Path, overrides: list[str], said: str) -> None:
    assert refusal(str(toml), *overrides).startswith(said)


def test_what_is_wrong_in_the_file_is_told_by_its_name_whatever_else_was_typed(toml: Path) -> None:
    toml.write_text("[training]\nepochs = 0\n")
    assert refusal(str(toml), "training.batch=2").startswith(f"{toml}: training.epochs = 0")


def test_what_an_adapter_may_be_told_is_a_table_with_its_own_keys() -> None:
    assert defaults().model.lora == {}
    assert defaults("model.lora.rank=8", "model.lora.bits=4").model.lora == {"rank": 8, "bits": 4}
    named = defaults('model.lora={rank = 4, alpha = 1.5, targets = ["q_proj"]}').model.lora
    assert named == {"rank": 4, "alpha": 1.5, "targets": ("q_proj",)}
    assert "Did you mean model.lora.rank? Known here: rank, alpha, targets, bits." in refusal(
        "defaults", "model.lora.rnk=8"
    )
    assert "model.lora.rank = 0" in refusal("defaults", "model.lora.rank=0")
    assert "model.lora.bits = 8" in refusal("defaults", "model.lora.bits=8")
    assert "model.lora.targets = []" in refusal("defaults", "model.lora.targets=[]")
    assert defaults("model.lora.targets=all-linear").model.lora == {"targets": ("all-linear",)}


def test_an_unknown_key_like_no_other_is_told_with_all_there_are() -> None:
    words = refusal("defaults", "feedback.zzz=1")
    assert "unknown key feedback.zzz" in words
    assert "Did you mean" not in words
    assert "style, max_chars" in words


@pytest.mark.parametrize(
    ("override", "key", "value", "limit"),
    [
        ("training.epochs=0", "training.epochs", "0", "greater than or equal to 1"),
        ("training.epochs=2.5", "training.epochs", "2.5", "integer"),
        ("sampling.top_p=1.5", "sampling.top_p", "1.5", "less than or equal to 1"),
        ("sampling.top_p=0", "sampling.top_p", "0", "greater than 0"),
        ("sampling.cut=bloc", "sampling.cut", "'bloc'", "'block'"),
        ("feedback.style=long", "feedback.style", "'long'", "'paper', 'detailed', 'brief' or 'none'"),
        ("verify.timeout=soon", "verify.timeout", "'soon'", "number"),
        ("verify.timeout=inf", "verify.timeout", "inf", "finite"),
        ("objective.weights.reward=nan", "objective.weights.reward", "nan", "finite"),
        ("objective.weights.bad=-1", "objective.weights.bad", "-1", "greater than or equal to 0"),
        (
            "objective.weights={reward = 0, feedback = 0, problem = 0, program = 0, end = 0}",
            "objective.weights",
            "{'reward': 0, 'feedback': 0, 'problem': 0, 'program': 0, 'end': 0}",
            "nothing would be learned",
        ),
        ("objective.weights.prompt=1", "objective.weights.prompt.[key]", "'prompt'", "'problem'"),
        ("score.ks=[]", "score.ks", "[]", "at least 1"),
        ("score.ks=[0]", "score.ks.0", "0", "greater than or equal to 1"),
        ("score.splits=test", "score.splits", "'test'", "tuple"),
        ("problems.limits.test=-3", "problems.limits.test", "-3", "greater than or equal to 1"),
        ("problems.name=apps", "problems.name", "'apps'", "'mbpp'"),
        ("training=3", "training", "3", "TrainingConfig"),
    ],
)
def test_a_wrong_value_is_told_with_its_key_and_its_limits(override: str, key: str, value: str, limit: str) -> None:
    words = refusal("defaults", override)
    assert f"{key} = {value}: " in words
    assert limit in words


def test_a_k_above_the_samples_is_told_with_what_to_type() -> None:
    words = refusal("defaults", "score.samples=4", "score.ks=[1,10,20]")
    assert "score.ks holds 10, but score.samples is 4" in words
    assert "--set score.samples=20" in words
    assert defaults("score.samples=20", "score.ks=[1,10,20]").score.ks == (1, 10, 20)


@pytest.mark.parametrize(
    ("override", "found"),
    [
        ("training.epochs=7", lambda c: c.training.epochs == 7),
        ("training.learning_rate=3e-4", lambda c: c.training.learning_rate == 3e-4),
        ("training.learning_rate = 0.5", None),
        ("training.clip=0", lambda c: c.training.clip == 0.0),
        ("training.order=paper", lambda c: c.training.order == "paper"),
        ("objective.dedupe=true", lambda c: c.objective.dedupe is True),
        ("feedback.style=paper", lambda c: c.feedback.style == "paper"),
        ('feedback.style="paper"', lambda c: c.feedback.style == "paper"),
        ("problems.path=/data/my file.jsonl", lambda c: c.problems.path == "/data/my file.jsonl"),
        ("problems.path=a=b", lambda c: c.problems.path == "a=b"),
        ("problems.path=null", lambda c: c.problems.path is None),
        ("problems.path=", lambda c: c.problems.path == ""),
        ("sampling.total_tokens=null", lambda c: c.sampling.total_tokens is None),
        ("score.ks=[1, 5]", lambda c: c.score.ks == (1, 5)),
        ('score.splits=["test"]', lambda c: c.score.splits == ("test",)),
        (r'sampling.stop=["\ndef", "\n#"]', lambda c: c.sampling.stop == ("\ndef", "\n#")),
        ("problems.limits.train=8", lambda c: c.problems.limits == {"train": 8}),
        ("problems.limits={train = 8}", lambda c: c.problems.limits == {"train": 8}),
        ('problems.limits={"train": 8}', lambda c: c.problems.limits == {"train": 8}),
        ("model.path=Salesforce/codegen-350M-mono", lambda c: c.model.path == "Salesforce/codegen-350M-mono"),
    ],
)
def test_overrides_are_read_as_numbers_strings_lists_booleans_and_null(override: str, found: Any) -> None:
    if found is None:
        assert "unknown key" in refusal("defaults", override)
    else:
        assert found(defaults(override))


@pytest.mark.parametrize("override", ["training.epochs", "=3", ""])
def test_an_override_that_is_no_assignment_is_told_with_an_example(override: str) -> None:
    assert f"--set {override!r} is not of the form KEY=VALUE, such as --set " in refusal("defaults", override)


def test_an_override_below_a_value_is_refused(toml: Path) -> None:
    assert "'seed' is a value, not a table" in refusal(str(toml), "seed.x=3")


def test_a_file_that_is_not_there_is_told_with_what_there_is() -> None:
    words = refusal("pockt")
    assert "No configuration 'pockt'" in words
    assert "pocket" in words


@pytest.mark.parametrize("content", [b"seed = ", b"\xff\xfe", b"[a\n"])
def test_a_file_that_is_not_toml_is_told_by_name(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "bad.toml"
    path.write_bytes(content)
    assert f"{path} is not TOML" in refusal(str(path))


def test_every_number_is_finite() -> None:
    for name, field in leaves().items():
        if isinstance(field.default, float):
            assert math.isfinite(field.default), name
            assert "finite" in refusal("defaults", f"{name}=inf")


@pytest.mark.parametrize("engine", ["vllm", "openai"])
def test_an_adapter_that_could_not_be_drawn_from_is_refused_before_it_is_trained(engine: str) -> None:
    words = refusal("defaults", "model.lora.rank=8", f"sampling.engine={engine}")
    assert f"sampling.engine = '{engine}' takes whole models" in words
    assert "--set sampling.engine=hf" in words
