"""Adapters: low-rank matrices beside frozen weights, and the rows of LETI's own tokens (arXiv 2106.09685, 2305.14314).

An adapter folder is peft's own. It holds no copy of the model it was trained on but names it.
"""

from __future__ import annotations

from functools import partial
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import torch
from peft import LoraConfig, get_peft_model, load_peft_weights, set_peft_model_state_dict
from transformers import AutoModelForCausalLM, AutoTokenizer, BitsAndBytesConfig

from leti.adapters import adapter_base, lasting
from leti.errors import ConfigError, MissingBackend
from leti.training.optimizer import OwnRows, trained
from leti.training.place import ALL_LINEAR
from leti.training.tokens import add_control_tokens, control_ids, grow
from leti.training.weights import choosing, loading, narrow, quietly, save

if TYPE_CHECKING:
    from pathlib import Path

    from leti.training.place import LoraSettings, TrainerSettings, TrainingPlace

NAME = "default"
"""What peft calls the one adapter there is."""


def refuse_missing(lora: LoraSettings) -> None:
    """Looks for what four bits need, before the work that comes first.

    Raises:
        ConfigError: there is no GPU.
        MissingBackend: bitsandbytes is not installed.
    """
    if not lora.bits:
        return
    if not torch.cuda.is_available():
        raise ConfigError(
            f"model.lora.bits = {lora.bits} holds the frozen weights in {lora.bits} bits, which takes a CUDA GPU, and "
            "there is none here. Leave the key out: model.lora = { rank = 16 }"
        )
    if find_spec("bitsandbytes") is None:
        raise MissingBackend("bitsandbytes", "qlora")


def begin(place: TrainingPlace, settings: TrainerSettings, *, device: torch.device, seed: int) -> tuple[Any, Any]:
    """The model with an adapter that is to be trained, on its device, and its tokenizer.

    Weights that are an adapter already are gone on with: it is the same one from iteration to iteration. The frozen
    weights have the type of the arithmetic, since nothing is added to them; what is trained is float32.

    Raises:
        ConfigError: there is no such model, it has no such modules, or its adapter is of another shape.
    """
    lora, start = settings.lora, adapter_base(place.start)
    assert lora is not None
    with loading(place.start):
        model = AutoModelForCausalLM.from_pretrained(lasting(start or place.start), **_frozen(settings, device))
        tokenizer = AutoTokenizer.from_pretrained(place.start)
    grow(model, tokenizer)
    if place.prefix:
        add_control_tokens(model, tokenizer, seed=seed)
    model = _adapted(model, control_ids(tokenizer), lora, seed=seed)
    if start:
        _take_up(model, place.start, lora)
    return (model if lora.bits else model.to(device)), tokenizer


def _frozen(settings: TrainerSettings, device: torch.device) -> dict[str, Any]:
    """How the weights that stay as they are are held."""
    dtype = torch.bfloat16 if narrow(settings.precision, device) else torch.float32
    how = {"dtype": dtype, **choosing(settings.layers.attention)}
    if not (settings.lora and settings.lora.bits):
        return how
    four = BitsAndBytesConfig(
        load_in_4bit=True,
        bnb_4bit_quant_type="nf4",
        bnb_4bit_use_double_quant=True,
        bnb_4bit_compute_dtype=dtype,
    )
    return how | {"quantization_config": four, "device_map": {"": device}}


def _adapted(model: Any, ids: list[int], lora: LoraSettings, *, seed: int) -> Any:
    """The model with a new adapter, which changes nothing yet."""
    names = {module: name for name, module in model.named_modules()}
    table, head = model.get_input_embeddings(), model.get_output_embeddings()
    biased = getattr(head, "bias", None) is not None
    own = [table] if biased or head.weight is table.weight else [table, head]
    config = LoraConfig(
        task_type="CAUSAL_LM",
        r=lora.rank,
        lora_alpha=lora.scale,
        target_modules=ALL_LINEAR if ALL_LINEAR in lora.targets else list(lora.targets),
        trainable_token_indices={names[module]: ids for module in own} if ids else None,
        # peft's rows of tokens would lose an output layer's bias (CodeGen has one): that layer is kept whole
        modules_to_save=[names[head]] if biased and ids else None,
    )
    try:
        with quietly(), torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            adapted = get_peft_model(model, config)
    except ValueError as error:
        raise ConfigError(
            f"model.lora.targets = {list(lora.targets)} does not fit {model.name_or_path!r}: {error} "
            'Type the ends of names of linear layers, such as ["q_proj", "v_proj"], or all-linear.'
        ) from error
    for name, parameter in trained(adapted).items():
        parameter.data = parameter.data.float()
        if ".modules_to_save." in name:
            parameter.register_hook(partial(_of_rows, ids))  # type: ignore[no-untyped-call] # of torch
    return adapted


def _of_rows(rows: list[int], gradient: torch.Tensor) -> torch.Tensor:
    """The gradient of these rows alone: where there is none, AdamW moves nothing."""
    kept = torch.zeros_like(gradient)
    kept[rows] = gradient[rows]
    return kept


def _take_up(model: Any, start: str, lora: LoraSettings) -> None:
    """Puts a stored adapter in the place of the new one."""
    with loading(start):
        before, tensors = LoraConfig.from_pretrained(start), load_peft_weights(start, device="cpu")
    fits = (before.r, before.lora_alpha) == (lora.rank, lora.scale)
    if fits:
        with loading(start):
            found = set_peft_model_state_dict(model, tensors)
        fits = not found.unexpected_keys and not any(".lora_" in name for name in found.missing_keys)
    if not fits:
        raise ConfigError(
            f"The adapter in {start!r} has rank {before.r}, alpha {before.lora_alpha:g} and modules "
            f"{sorted(before.target_modules)}, and model.lora asks for rank {lora.rank}, alpha {lora.scale:g} and "
            f"{list(lora.targets)}. Type the same as it has, or begin with weights that are no adapter."
        )


def own_rows(model: Any, tokenizer: Any) -> OwnRows:
    """What LETI's tokens have of their own in an adapter: whole parameters, and rows of an output layer kept whole."""
    return [
        (parameter, list(range(len(parameter))) if "trainable_tokens" in name else control_ids(tokenizer))
        for name, parameter in trained(model).items()
        if ".lora_" not in name
    ]


def save_adapter(model: Any, tokenizer: Any, *, folder: Path) -> None:
    """Writes what `weights.load`, peft and transformers read; the same adapter is the same bytes."""
    config = model.peft_config[NAME]
    for name, value in list(vars(config).items()):
        if isinstance(value, set):
            setattr(config, name, sorted(value))  # peft would write it in an order that differs between processes
    save(model, tokenizer, folder=folder, save_embedding_layers=False)
    (folder / "README.md").unlink()  # a form that nobody has filled in
