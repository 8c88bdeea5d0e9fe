"""Every knob, its default and its sentence. TOML in, frozen values out.

The defaults are a sound start for a pre-trained code model; `pocket.toml` in the package turns them for the built-in
one, `examples/paper-*.toml` to the paper's.
"""

from __future__ import annotations

import difflib
import json
import tomllib
from collections.abc import Mapping, Sequence
from contextlib import suppress
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, with_config
from typing_extensions import TypedDict  # pydantic needs this one before Python 3.12

from leti.errors import ConfigError

BUILT_IN = ("pocket",)
DEFAULTS = "defaults"
"""Names the configuration with nothing turned: what the commands that do one stage start from."""

ISOLATION = r"^(auto|namespaces|landlock|bubblewrap|container(:.+)?|process)$"
ATTENTION = r"^(eager|sdpa|.*flash.*)$"

Count = Annotated[int, Field(ge=1)]


def _no_twins(names: tuple[str, ...]) -> tuple[str, ...]:
    if len(set(names)) < len(names):
        raise ValueError("a name stands there twice")
    return names


def _some_part(weights: dict[str, float]) -> dict[str, float]:
    if not any(weights.get(part, 1.0) for part in ("reward", "feedback", "problem", "program", "end")):
        raise ValueError("no part has a weight, so that nothing would be learned")
    return weights


def _listed(names: Any) -> Any:
    """One name may stand by itself."""
    return [names] if isinstance(names, str) else names


class Section(BaseModel):
    """A table of the TOML file; a key it does not know is refused."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class ProblemsConfig(Section):
    """What is trained and scored on."""

    name: Literal["pocket", "mbpp", "humaneval", "evalplus", "jsonl"] = "pocket"
    path: str | None = Field(None, description="A JSONL file, its directory, or a Hugging Face data set name.")
    format: Literal["completion", "chat"] = Field(
        "completion", description="chat: each is a user's message in the model's template; the answer's code is run."
    )
    setup_code: bool = Field(True, description="MBPP: run `test_setup_code` (the paper's code dropped it).")
    limits: dict[str, Count] = Field({}, description="At most so many problems of a split, from its beginning.")


@with_config(ConfigDict(extra="forbid", allow_inf_nan=False))
class LoraTable(TypedDict, total=False):
    """What `model.lora` may hold."""

    rank: Count
    alpha: Annotated[float, Field(gt=0)]
    targets: Annotated[tuple[str, ...], BeforeValidator(_listed), Field(min_length=1)]
    bits: Literal[4]


@with_config(ConfigDict(extra="forbid"))
class LayersTable(TypedDict, total=False):
    """What `training.layers` may hold."""

    recompute: bool
    compile: bool
    liger: bool
    attention: Annotated[str, Field(pattern=ATTENTION)]


class ModelConfig(Section):
    """The model to begin with."""

    path: str = Field("pocket", description="`pocket` (built in), a directory, or a Hugging Face model name.")
    device: str = Field("auto", description="`auto`, `cpu`, `cuda`, `cuda:1`, ...")
    precision: Literal["auto", "float32", "bfloat16"] = Field(
        "auto", description="To compute in; weights are trained in float32. auto: bfloat16 on a GPU that has it."
    )
    lora: LoraTable = Field(
        LoraTable(),
        description="Train an adapter, as in `{ rank = 16 }`; also `alpha` (twice the rank), `targets` (`all-linear`, "
        "or a list of names) and `bits = 4` (QLoRA). `{}`: train all weights.",
    )


class SamplingConfig(Section):
    """How programs are written for training."""

    engine: Literal["hf", "vllm", "openai"] = Field(
        "hf", description="What draws them: transformers, vLLM in a process of its own, or a server of OpenAI's API."
    )
    samples: int = Field(16, ge=1, description="Programs per problem and iteration (the paper: 128).")
    temperature: float = Field(1.0, ge=0)
    top_p: float = Field(1.0, gt=0, le=1)
    min_p: float = Field(0.0, ge=0, lt=1, description="No token less likely than so much of the likeliest one.")
    guidance: float = Field(0.0, ge=0, description="How far to lean from the bad token to the good one; 0: not.")
    max_new_tokens: int = Field(256, ge=1)
    total_tokens: Count | None = Field(
        None, description="The paper's rule instead: prompt, rounded up to a multiple of 128, and completion together."
    )
    stop: tuple[str, ...] = Field((), description="A completion ends before the first of these.")
    cut: Literal["raw", "block", "paper-mbpp", "paper-humaneval"] = Field(
        "raw", description="What is kept of a completion: all of it, or the function it begins with."
    )
    batch_rows: int = Field(256, ge=1, description="Programs that are written side by side.")


class VerifyConfig(Section):
    """How programs are run."""

    isolation: Annotated[str, Field(pattern=ISOLATION)] = Field(
        "auto", description="`auto`, `namespaces`, `landlock`, `bubblewrap`, `container[:IMAGE]` or `process`."
    )
    packages: tuple[str, ...] = Field((), description="Installed packages that programs find loaded, such as numpy.")
    timeout: float = Field(5.0, gt=0, le=86_400, description="Seconds for one program with its tests.")
    slack: float = Field(
        20.0, ge=0, description="Times the reference's own seconds, where there is one; 0: always `timeout`."
    )
    memory_mb: int = Field(512, ge=64, description="Address space of one program.")
    workers: int = Field(0, ge=0, description="Programs at a time; 0: one per core.")
    fast: bool = Field(True, description="In training, benign programs share a process. Scores never do.")
    function: str | None = Field(None, description="Your own: `module:function`, or `file.py:function`.")
    inside: bool = Field(False, description="Run that function in the sandbox.")


class FeedbackConfig(Section):
    """How a verdict is put into words."""

    style: Literal["paper", "detailed", "brief", "none"] = "detailed"
    max_chars: int = Field(4000, ge=40, description="Longer feedback loses its middle.")


class ObjectiveConfig(Section):
    """What is trained on, and with what weight."""

    name: Literal["fcft", "reward-only", "passing-only"] = "fcft"
    weights: Annotated[
        dict[Literal["reward", "feedback", "problem", "program", "end", "bad"], Annotated[float, Field(ge=0)]],
        AfterValidator(_some_part),
    ] = Field(
        {}, description="In the loss, by part, 1 if not named. end: of programs (paper: 0); bad: times the others'."
    )
    dedupe: bool = Field(False, description="Of equal programs for one problem keep one.")
    balance: float = Field(0.0, ge=0, description="At most so many bad attempts for each good one; 0: all.")


class PretrainConfig(Section):
    """Continued pre-training on plain code, against forgetting (the paper has it too)."""

    ratio: float = Field(0.25, ge=0, description="Optimiser steps on plain code per step on examples (paper: 1).")
    source: str = Field(
        "stdlib", description="`stdlib`, `pocket`, a directory, a glob, a JSONL file, or `hf:NAME[:FOLDER]`."
    )
    block_tokens: int = Field(512, ge=8, description="Tokens per block; a step has `training.batch` blocks.")


class TrainingConfig(Section):
    """How weights are moved."""

    epochs: int = Field(3, ge=1, description="Passes over an iteration's examples.")
    batch: int = Field(128, ge=1, description="Examples per optimiser step.")
    micro_tokens: int = Field(2048, ge=16, description="Tokens that go through the model at once: bounds memory.")
    max_tokens: int = Field(2048, ge=16, description="A longer example loses feedback; one still longer is left out.")
    learning_rate: float = Field(1e-5, gt=0)
    token_rate: float = Field(1.0, gt=0, description="Times as fast for the rows of LETI's own tokens (paper: 1).")
    schedule: Literal["constant", "cosine", "linear"] = Field("constant", description="Within one iteration.")
    warmup_steps: int = Field(0, ge=0, description="Of each iteration.")
    weight_decay: float = Field(0.01, ge=0, description="Not on biases and norms.")
    clip: float = Field(1.0, ge=0, description="Gradient norm; 0: none (paper: none).")
    layers: LayersTable = Field(
        LayersTable(),
        description="How they are computed, as in `{ recompute = true }` (activations twice, in less memory); also "
        "`compile`, `liger` (kernels for a GPU) and `attention`, as transformers names it (`flash_attention_2`).",
    )
    keep_optimizer: bool = Field(True, description="AdamW's moments live on from iteration to iteration.")
    checkpoint_steps: int = Field(100, ge=0, description="Optimiser steps between checkpoints; 0: none.")
    order: Literal["fresh", "paper"] = Field(
        "fresh", description="Each epoch's. paper: as sampled, and the same plain code again, its files run together."
    )


class ScoreConfig(Section):
    """How weights are scored, before the first iteration and after each."""

    splits: Annotated[tuple[str, ...], AfterValidator(_no_twins)] = Field(
        ("validation", "test"), description="`validation` selects; `test` is reported."
    )
    samples: int = Field(16, ge=1, description="Programs per problem.")
    temperature: float = Field(0.1, ge=0)
    min_p: float = Field(0.0, ge=0, lt=1, description="As in sampling.")
    ks: tuple[Count, ...] = Field((1, 10), min_length=1, description="pass@k for these; at most `samples`.")


class Config(Section):
    """A run, resolved."""

    seed: int = Field(0, description="Of all that is drawn by chance.")
    iterations: int = Field(6, ge=0, description="How often programs are sampled, judged and learned from.")
    tracker: str | None = Field(
        None, description="`tensorboard`, `wandb`, `trackio`, `mlflow`, ...: figures go there, too."
    )
    problems: ProblemsConfig = ProblemsConfig()
    model: ModelConfig = ModelConfig()
    sampling: SamplingConfig = SamplingConfig()
    verify: VerifyConfig = VerifyConfig()
    feedback: FeedbackConfig = FeedbackConfig()
    objective: ObjectiveConfig = ObjectiveConfig()
    pretrain: PretrainConfig = PretrainConfig()
    training: TrainingConfig = TrainingConfig()
    score: ScoreConfig = ScoreConfig()


def load_config(name: str, overrides: Sequence[str] = ()) -> Config:
    """A configuration by the name of a built-in one or the path of a TOML file, with `a.b=value` overrides.

    Raises:
        ConfigError: no such file, not TOML, an unknown key, or a value out of range; the message says what to type.
    """
    tree = _read(name)
    for override in overrides:
        _override(tree, override)
    try:
        config = Config.model_validate(tree)
    except ValidationError as error:
        raise ConfigError(f"{_said_in(name, overrides, error)}: {_in_words(error)}") from None
    if too_many := [k for k in config.score.ks if k > config.score.samples]:
        raise ConfigError(
            f"{name}: score.ks holds {too_many[0]}, but score.samples is {config.score.samples}. "
            f"Type --set score.samples={max(too_many)} or leave that k out."
        )
    if config.model.lora and config.sampling.engine != "hf":
        raise ConfigError(
            f"{name}: model.lora trains an adapter, and sampling.engine = {config.sampling.engine!r} takes whole "
            "models: it could not draw from what was learned. Type --set sampling.engine=hf or --set 'model.lora={}'"
        )
    return config


def _read(name: str) -> dict[str, Any]:
    if name == DEFAULTS:
        return {}
    if name in BUILT_IN:
        return tomllib.loads((files("leti") / name / f"{name}.toml").read_text("utf-8"))
    path = Path(name)
    if not path.is_file():
        raise ConfigError(f"No configuration {name!r}. Type the path of a TOML file, or: {', '.join(BUILT_IN)}")
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{name} is not TOML: {error}") from None


def _override(tree: dict[str, Any], override: str) -> None:
    """Sets `a.b=value` in the tree."""
    name, equals, text = override.partition("=")
    if not equals or not name:
        raise ConfigError(f"--set {override!r} is not of the form KEY=VALUE, such as --set training.epochs=2")
    *tables, key = name.split(".")
    for table in tables:
        tree = tree.setdefault(table, {})
        if not isinstance(tree, dict):
            raise ConfigError(f"--set {override!r}: {table!r} is a value, not a table")
    tree[key] = _value(text)


def _value(text: str) -> Any:
    """TOML, or JSON (which has null, and is what an error message quotes), or else the text itself."""
    with suppress(tomllib.TOMLDecodeError):
        return tomllib.loads(f"value = {text}")["value"]
    with suppress(json.JSONDecodeError):
        return json.loads(text)
    return text


def _said_in(name: str, overrides: Sequence[str], error: ValidationError) -> str:
    """Where the first fault was typed: in the last override of that key, or else in the file."""
    where = [str(part) for part in error.errors()[0]["loc"]]
    for override in reversed(overrides):
        typed = override.partition("=")[0].split(".")
        if typed[: len(where)] == where[: len(typed)]:
            return f"--set {override}"
    return name


def _in_words(error: ValidationError) -> str:
    """The first fault: where, what, and what was likely meant."""
    fault = error.errors()[0]
    where = [str(part) for part in fault["loc"]]
    if fault["type"] != "extra_forbidden":
        return f"{'.'.join(where)} = {fault['input']!r}: {fault['msg']}."
    known = _fields(where[:-1])
    close = difflib.get_close_matches(where[-1], known, n=1)
    meant = f" Did you mean {'.'.join([*where[:-1], close[0]])}?" if close else ""
    return f"unknown key {'.'.join(where)}.{meant} Known here: {', '.join(known)}."


def _fields(tables: Sequence[str]) -> list[str]:
    model: type[BaseModel] = Config
    for table in tables:
        annotation = model.model_fields[table].annotation
        assert isinstance(annotation, type)
        if not issubclass(annotation, BaseModel):
            return list(annotation.__annotations__)
        model = annotation
    return list(model.model_fields)


def resolved(config: Config) -> Mapping[str, Any]:
    """The configuration as plain JSON data, every default filled in."""
    return config.model_dump(mode="json")
