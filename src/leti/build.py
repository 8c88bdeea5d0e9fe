"""Configuration -> objects; the only module that imports all rooms."""

from __future__ import annotations

import os
import platform
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from hashlib import sha256
from importlib.metadata import PackageNotFoundError, version
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

from leti import adapters, feedback
from leti.config import Config, resolved
from leti.errors import ConfigError
from leti.loop import Leti, Sampler, Verifier
from leti.objectives import Choice, Layout, Objective
from leti.problems import TRAIN, ProblemSet, digest, digest_of_references, digest_of_uses, load_problems
from leti.training.place import MOMENTS
from leti.types import Decoding, Feedback, Problem, SampleRequest, Scoring, Verdict
from leti.verify import Limits, PythonVerifier
from leti.verify.inside import InsideVerifier
from leti.verify.isolation import choose
from leti.verify.own import OwnVerifier
from leti.watch import Expected, Listener

if TYPE_CHECKING:
    from leti.training.trainer import HFTrainer

VERSIONS_OF = ("leti", "torch", "transformers", "tokenizers", "accelerate", "peft", "numpy")


def leti(config: Config, verifier: Verifier) -> Leti:
    """Everything `leti learn` needs.

    Args:
        config: resolved.
        verifier: an open one; whoever opened it closes it.

    Raises:
        UserError: a problem set, a split or an optional package is missing; the message says what to type.
    """
    problems = problem_set(config)
    return Leti(
        sampler=sampler(config),
        verifier=verifier,
        render=renderer(config),
        objective=objective(config),
        trainer=trainer(config),
        base=weights(config.model.path),
        problems=split(config, problems, name=TRAIN),
        samples=config.sampling.samples,
        decoding=decoding(config),
        scoring=scoring(config, problems),
        iterations=config.iterations,
        seed=config.seed,
    )


def refuse_missing(config: Config, verifier: AnyVerifier) -> None:
    """Makes all that `leti learn` works with, the model to be trained among it, and lets go of it.

    Raises:
        UserError: what `leti learn` would say sooner or later, had it been typed instead.
    """
    from leti.sampling.hf import refuse_long

    leti(config, verifier)
    manifest(config, isolation(verifier))
    if config.tracker is not None:
        from leti.watch.trackers import refuse_missing

        refuse_missing(config.tracker)
    base, aim = weights(config.model.path), objective(config)
    needs = {"chat": config.problems.format == "chat", "end": aim.layout.end > 0}
    trainer(config).refuse_unfit(base, prefix=aim.prefix, **needs)
    request = SampleRequest(weights=base, prefix=aim.prefix, decoding=decoding(config), key="")
    refuse_long(all_problems(config), request)


def problem_set(config: Config) -> ProblemSet:
    """The configured problems."""
    chosen = config.problems
    found = load_problems(
        chosen.name,
        chosen.path,
        setup_code=chosen.setup_code,
        chat=chosen.format == "chat",
        unchecked=config.verify.function is not None,
    )
    if unknown := sorted(chosen.limits.keys() - found.splits.keys()):
        raise ConfigError(
            f"problems.limits names {unknown[0]!r}: the problem set {chosen.name!r} has {', '.join(found.splits)}."
        )
    return found


def named_problems(names: Sequence[str]) -> dict[str, Problem]:
    """The problems of several sets, each named as NAME or NAME=PATH, by id."""
    sets = [load_problems(name, path or None) for name, _, path in (text.partition("=") for text in names)]
    return {problem.id: problem for one in sets for split in one.splits.values() for problem in split}


def split(config: Config, problems: ProblemSet, *, name: str) -> tuple[Problem, ...]:
    """A split, as far as its limit goes."""
    return problems.split(name, config.problems.limits.get(name))


def weights(path: str) -> str:
    """The directory or name of a model; `pocket` is the one in the package."""
    return str(files("leti") / "pocket" / "model") if path == "pocket" else path


def sampler(config: Config) -> Sampler:
    """Writes programs with the configured engine.

    Raises:
        ConfigError: a server is to be asked, and nothing says where it is.
        MissingBackend: the engine is not installed.
    """
    sampling = config.sampling
    if sampling.engine == "openai":
        from leti.sampling.openai import OpenAISampler

        return OpenAISampler(_server(), in_flight=sampling.batch_rows)
    if sampling.engine == "vllm":
        from leti.sampling.vllm import VLLMSampler

        return VLLMSampler(device=config.model.device, dtype=config.model.precision, batch_rows=sampling.batch_rows)
    from leti.sampling.hf import HFSampler

    return HFSampler(device=config.model.device, dtype=config.model.precision, batch_rows=sampling.batch_rows)


def _server() -> str:
    """Where the server is. It is no configuration: it may be elsewhere tomorrow, and the result is the same."""
    url = os.environ.get("OPENAI_BASE_URL", "")
    if not url.startswith(("http://", "https://")):
        raise ConfigError(
            f"sampling.engine is 'openai', but the environment variable OPENAI_BASE_URL is {url!r} and does not say "
            "where the server is. Type: export OPENAI_BASE_URL=http://localhost:8000/v1"
        )
    return url


AnyVerifier = PythonVerifier | InsideVerifier | OwnVerifier


def verifier(config: Config) -> AnyVerifier:
    """Runs programs, or asks the function that is configured.

    Raises:
        IsolationError: if the configured isolation does not work on this machine.
        ConfigError: if there is no such function.
    """
    settings = config.verify
    if settings.function and not settings.inside:
        return OwnVerifier(settings.function)
    limits = Limits(timeout=settings.timeout, memory=settings.memory_mb << 20, slack=settings.slack)
    level, _, image = settings.isolation.partition(":")
    sandbox = choose(level, packages=settings.packages, image=image or None)
    workers = settings.workers or os.cpu_count() or 1
    if settings.function:
        return InsideVerifier(settings.function, workers=workers, limits=limits, sandbox=sandbox)
    return PythonVerifier(
        workers=workers,
        limits=limits,
        every=config.feedback.style != "paper",  # whose code stops at the first test that fails
        fast=settings.fast,
        sandbox=sandbox,
    )


def isolation(verifier: AnyVerifier) -> str:
    """The level that programs run under; docs/sandbox.md says what it covers."""
    return "none: verify.function decides" if isinstance(verifier, OwnVerifier) else verifier.sandbox.level


def renderer(config: Config) -> Callable[[Verdict], Feedback]:
    """Says verdicts in words."""
    return partial(feedback.render, style=config.feedback.style, max_chars=config.feedback.max_chars)


def objective(config: Config) -> Objective:
    """Decides what is trained on."""
    chosen = config.objective
    return Objective(
        name=chosen.name,
        layout=Layout(**chosen.weights),
        choice=Choice(dedupe=chosen.dedupe, balance=chosen.balance),
    )


def decoding(config: Config) -> Decoding:
    """How programs are drawn for training."""
    sampling = config.sampling
    return Decoding(
        temperature=sampling.temperature,
        top_p=sampling.top_p,
        min_p=sampling.min_p,
        guidance=sampling.guidance,
        max_new_tokens=sampling.max_new_tokens,
        total_tokens=sampling.total_tokens,
        stop=sampling.stop,
        cut=sampling.cut,
    )


def score_decoding(config: Config) -> Decoding:
    """How programs are drawn for scoring: as for training, but as freely as its own settings say."""
    return replace(decoding(config), temperature=config.score.temperature, min_p=config.score.min_p)


def scoring(config: Config, problems: ProblemSet) -> Scoring:
    """How weights are scored."""
    score = config.score
    return Scoring(
        splits={name: split(config, problems, name=name) for name in score.splits},
        samples=score.samples,
        ks=score.ks,
        decoding=score_decoding(config),
    )


def expected(config: Config, loop: Leti) -> Expected:
    """How much an iteration has to do."""
    training = config.training
    return Expected(
        programs=len(loop.problems) * loop.samples,
        scored={name: len(problems) * loop.scoring.samples for name, problems in loop.scoring.splits.items()},
        epochs=training.epochs,
        batch=training.batch,
        pretrain_ratio=config.pretrain.ratio,
    )


def trackers(config: Config, folder: Path) -> list[Listener]:
    """Where figures go besides the run's files; made when the run has begun."""
    if config.tracker is None:
        return []
    from leti.watch.trackers import Tracker

    return [Tracker(config.tracker, folder=folder, config=resolved(config))]


def all_problems(config: Config) -> tuple[Problem, ...]:
    """Every problem a run trains or scores on, once each."""
    found = {problem.id: problem for used in _uses(config).values() for problem in used}
    return tuple(found.values())


def _uses(config: Config) -> dict[str, tuple[Problem, ...]]:
    problems = problem_set(config)
    return {name: split(config, problems, name=name) for name in (TRAIN, *config.score.splits)}


def trainer(config: Config) -> HFTrainer:
    """Moves weights."""
    from leti.training import LayerSettings, LoraSettings, PretrainSettings, TrainerSettings, make_trainer

    training, pretrain, lora = config.training, config.pretrain, config.model.lora
    plain_code = PretrainSettings(
        source=_pretraining_text(pretrain.source),
        ratio=pretrain.ratio,
        block_tokens=pretrain.block_tokens,
        separate=training.order == "fresh",
        fresh=training.order == "fresh",
    )
    return make_trainer(
        TrainerSettings(
            epochs=training.epochs,
            batch=training.batch,
            shuffle=training.order == "fresh",
            max_tokens=training.max_tokens,
            micro_tokens=training.micro_tokens,
            learning_rate=training.learning_rate,
            token_rate=training.token_rate,
            schedule=training.schedule,
            warmup_steps=training.warmup_steps,
            weight_decay=training.weight_decay,
            clip=training.clip,
            precision=config.model.precision,
            layers=LayerSettings(**training.layers),
            lora=LoraSettings(**lora) if lora else None,
            keep_optimizer=training.keep_optimizer,
            checkpoint_steps=training.checkpoint_steps,
            device=config.model.device,
            pretrain=plain_code if pretrain.ratio else None,
        )
    )


def _pretraining_text(source: str) -> str:
    """Where the text is; `pocket` is some of what the built-in model was trained on."""
    return str(files("leti") / "pocket" / "corpus.jsonl") if source == "pocket" else source


def manifest(config: Config, isolation: str) -> Mapping[str, Any]:
    """What a run rests on. `identity` must stay the same from sitting to sitting."""
    packages = (*VERSIONS_OF, "vllm") if config.sampling.engine == "vllm" else VERSIONS_OF
    return {
        "identity": {
            "seed": config.seed,
            "model": _model_identity(config.model.path),
            "problems": digest(all_problems(config)),
            "splits": digest_of_uses(_uses(config)),
            **({"references": digest_of_references(all_problems(config))} if config.verify.slack else {}),
            **_own_files(config),
        },
        "versions": {"python": platform.python_version()} | {name: _version(name) for name in packages},
        "machine": {"system": platform.system(), "architecture": platform.machine()},
        "isolation": isolation,
    }


def _own_files(config: Config) -> dict[str, str]:
    """Digests of files of the user's that a result rests on: the function that decides, the text of pre-training.

    Of the text, which may be long, only the files' names and sizes.
    """
    found = {}
    if config.verify.function and config.verify.function.partition(":")[0].endswith(".py"):
        from leti.verify.own import parts

        found["function"] = sha256(Path(parts(config.verify.function)[0]).read_bytes()).hexdigest()
    if config.pretrain.ratio and config.pretrain.source not in ("pocket", "stdlib"):
        from leti.training.pretrain import files_of

        listed = [f"{path.name} {path.stat().st_size}" for path in files_of(config.pretrain.source)]
        found["pretraining"] = sha256("\n".join(listed).encode()).hexdigest()
    return found


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def _model_identity(path: str) -> Mapping[str, str | None]:
    """What names a model for good: a digest of a directory's files, or the hub's revision.

    Raises:
        ConfigError: there is no such model.
    """
    folder = Path(weights(path))
    if any((folder / name).is_file() for name in ("config.json", adapters.FILE)):
        return {"path": path, "sha256": _digest_of_files(folder)}
    from leti.sampling.hf import revision

    return {"path": path, "revision": revision(path)}


def _digest_of_files(folder: Path) -> str:
    """A SHA-256 over the names and the content of the files of a directory."""
    state = sha256()
    moments = folder / MOMENTS  # a run begins with them, too
    for file in [*sorted(child for child in folder.iterdir() if child.is_file()), *([moments] * moments.is_file())]:
        state.update(file.name.encode() + b"\0")
        with file.open("rb") as content:
            while block := content.read(1 << 20):
                state.update(block)
    return state.hexdigest()
