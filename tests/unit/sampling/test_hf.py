from __future__ import annotations

import shutil
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")

import tiny_models  # noqa: E402
from leti import vocabulary  # noqa: E402
from leti.errors import ConfigError, ProblemError, SamplingError  # noqa: E402
from leti.kinds import Tests  # noqa: E402
from leti.sampling.hf import HFSampler  # noqa: E402
from leti.sampling.weights import load  # noqa: E402
from leti.training import weights as training_weights  # noqa: E402
from leti.training.tokens import add_control_tokens  # noqa: E402
from leti.types import Decoding, Ending, Problem, SampleRequest  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Iterator
    from collections.abc import Set as AbstractSet
    from pathlib import Path

    from leti.types import Key, Solution

KINDS = tuple(build.__name__.removeprefix("tiny_") for build in tiny_models.ARCHITECTURES)
CPU = torch.device("cpu")


def request_for(weights: str | Path, **decoding: Any) -> SampleRequest:
    return SampleRequest(
        weights=str(weights), prefix="", decoding=Decoding(**({"max_new_tokens": 24} | decoding)), key="seed=0"
    )


def rows_of(problems: list[Problem], samples: int) -> list[tuple[Problem, int]]:
    return [(problem, sample) for problem in problems for sample in range(samples)]


def sampled(
    rows: list[tuple[Problem, int]],
    request: SampleRequest,
    *,
    done: AbstractSet[Key] = frozenset(),
    batch_rows: int = 256,
) -> list[Solution]:
    return list(HFSampler(device="cpu", batch_rows=batch_rows).sample(rows, request, done=done))


@pytest.mark.parametrize("kind", KINDS)
def test_greedy_tokens_are_those_of_generate(kind: str, directories: dict[str, Path], problems: list[Problem]) -> None:
    loaded = load(str(directories[kind]), device=CPU, dtype=torch.float32)
    found = sampled(rows_of(problems, 2), request_for(directories[kind], temperature=0.0))
    for problem, solution in zip([p for p in problems for _ in range(2)], found, strict=True):
        ids = torch.tensor([vocabulary.plain(loaded.tokenizer, problem.prompt)])
        written = loaded.model.generate(
            ids,
            attention_mask=torch.ones_like(ids),
            do_sample=False,
            max_new_tokens=24,
            suppress_tokens=loaded.forbidden.tolist(),
            pad_token_id=0,
        )[0, ids.shape[1] :].tolist()
        if 0 in written:
            written = written[: written.index(0)]
        assert list(solution.tokens) == written


@pytest.mark.parametrize("kind", KINDS)
def test_a_text_does_not_depend_on_the_batch(kind: str, directories: dict[str, Path], problems: list[Problem]) -> None:
    rows, request = rows_of(problems, 5), request_for(directories[kind])
    whole = sampled(rows, request)
    assert sampled(rows, request, batch_rows=7) == whole
    assert sampled(rows[::-1], request)[::-1] == whole
    assert sampled(rows[1::3], request) == whole[1::3]
    assert len({solution.completion for solution in whole}) > 10


def test_any_part_that_is_done_leaves_the_rest_the_same(llama: str, problems: list[Problem]) -> None:
    rows, request = rows_of(problems, 3), request_for(llama, max_new_tokens=8)
    sampler = HFSampler(device="cpu", batch_rows=4)
    whole = list(sampler.sample(rows, request, done=frozenset()))
    for number in range(len(rows) + 1):
        done = {solution.key for solution in whole[:number]}
        assert list(sampler.sample(rows, request, done=done)) == whole[number:]


@pytest.fixture
def three_threads() -> Iterator[None]:
    torch.set_num_threads(3)
    yield
    torch.set_num_threads(1)


@pytest.mark.usefixtures("three_threads")
@pytest.mark.parametrize("kind", KINDS)
def test_chunks_side_by_side_are_what_they_are_one_by_one(
    kind: str, directories: dict[str, Path], problems: list[Problem]
) -> None:
    rows, request = rows_of(problems, 6), request_for(directories[kind])
    side_by_side = sampled(rows, request, batch_rows=5)
    assert torch.get_num_threads() == 3
    torch.set_num_threads(1)
    assert side_by_side == sampled(rows, request, batch_rows=5)


@pytest.mark.usefixtures("three_threads")
def test_threads_are_given_back_when_nobody_asks_on(llama: str, problems: list[Problem]) -> None:
    found = HFSampler(device="cpu", batch_rows=3).sample(rows_of(problems, 6), request_for(llama), done=frozenset())
    next(found)
    assert torch.get_num_threads() == 1
    found.close()  # type: ignore[attr-defined]
    assert torch.get_num_threads() == 3


def test_a_chunk_that_is_done_is_not_sampled(llama: str, problems: list[Problem]) -> None:
    rows, request = rows_of(problems, 2), request_for(llama)
    done = {(problem.id, sample) for problem, sample in rows}
    assert sampled(rows, replace(request, weights="/no/such/place"), done=done) == []


def test_the_end_of_text_ends_a_completion_and_is_no_part_of_it(llama: str, problems: list[Problem]) -> None:
    found = sampled(rows_of(problems, 30), request_for(llama, max_new_tokens=100, temperature=1.5))
    ended = [solution for solution in found if solution.ending is Ending.TOKEN]
    assert ended
    assert all(0 not in solution.tokens for solution in found)
    assert all(len(solution.tokens) == 100 for solution in found if solution.ending is Ending.LENGTH)


def test_control_tokens_and_rows_without_a_token_are_never_sampled(llama: str, problems: list[Problem]) -> None:
    found = sampled(rows_of(problems, 40), request_for(llama, max_new_tokens=60, temperature=4.0))
    ids = {token for solution in found for token in solution.tokens}
    assert len(ids) > 250
    assert max(ids) < 320


def test_stop_strings_cut_the_text_and_the_tokens(llama: str, problems: list[Problem]) -> None:
    rows = rows_of(problems, 10)
    tokenizer = transformers.AutoTokenizer.from_pretrained(llama)
    free = sampled(rows, request_for(llama, max_new_tokens=40, temperature=1.2))
    found = sampled(rows, request_for(llama, max_new_tokens=40, temperature=1.2, stop=("er", "t", "zzz")))
    inside = 0
    for before, after in zip(free, found, strict=True):
        cuts = [place for stop in ("er", "t") if (place := before.completion.find(stop)) >= 0]
        assert after.completion == (before.completion[: min(cuts)] if cuts else before.completion)
        assert after.ending is (Ending.STOP if cuts else before.ending)
        assert after.tokens == before.tokens[: len(after.tokens)]
        if after.tokens:
            assert tokenizer.decode(after.tokens) == after.completion
        inside += bool(after.completion) and not after.tokens
    assert inside  # some cuts fall inside a token


def test_the_official_rule_of_length(llama: str) -> None:
    problem = Problem(id="p/1", prompt="x = 1\n" * 40, check=Tests(tests=("assert 1",)), source="p")
    tokens = len(vocabulary.plain(transformers.AutoTokenizer.from_pretrained(llama), problem.prompt))
    assert 128 < tokens < 256
    none = sampled([(problem, 0), (problem, 1)], request_for(llama, total_tokens=256))
    assert [(s.completion, s.tokens, s.ending) for s in none] == [("", (), Ending.LENGTH)] * 2
    some = sampled([(problem, n) for n in range(9)], request_for(llama, total_tokens=256 + 5))
    assert max(len(solution.tokens) for solution in some) == min(5, 256 - tokens)


def test_a_prefix_is_read_and_not_shown(llama: str, problems: list[Problem]) -> None:
    rows, request = rows_of(problems, 3), request_for(llama)
    bare, good = sampled(rows, request), sampled(rows, replace(request, prefix=vocabulary.GOOD))
    assert bare != good
    assert all(solution.program.startswith(problem.prompt) for (problem, _), solution in zip(rows, good, strict=True))


def test_what_cannot_be_sampled_is_said_in_one_sentence(llama: str, problems: list[Problem], tmp_path: Path) -> None:
    rows, request = rows_of(problems[:1], 1), request_for(llama)
    with pytest.raises(ConfigError, match=r"no directory of weights '\./nothing'"):
        sampled(rows, replace(request, weights="./nothing"))
    with pytest.raises(ConfigError, match="holds no model"):
        sampled(rows, replace(request, weights=str(tmp_path)))
    (tmp_path / "config.json").write_text("{}")
    (tmp_path / "manifest.json").write_text("{}")
    with pytest.raises(ConfigError, match=r"is a run, not its weights\. .*iterations/000/weights"):
        sampled(rows, replace(request, weights=str(tmp_path)))
    with pytest.raises(SamplingError, match=r"has no token '<\|fine\|>'"):
        sampled(rows, replace(request, prefix="<|fine|>"))
    with pytest.raises(ConfigError, match="batch_rows is 0"):
        HFSampler(batch_rows=0)
    with pytest.raises(ConfigError, match="dtype is 'float8'"):
        HFSampler(dtype="float8")
    with pytest.raises(ConfigError, match="device is 'abacus'"):
        HFSampler(device="abacus")
    long = replace(problems[0], prompt="word " * 300)
    with pytest.raises(ProblemError, match=r"'p/0' has a prompt of \d+ tokens, but the model's window has 256"):
        sampled([(long, 0)], request)
    with pytest.raises(ProblemError, match="empty prompt"):
        sampled([(replace(problems[0], prompt=""), 0)], request)


def test_torn_weights_are_a_clear_error(llama: str, problems: list[Problem], tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(llama, copy)
    (copy / "model.safetensors").write_bytes(b"torn")
    with pytest.raises(ConfigError, match="cannot be read"):
        sampled(rows_of(problems, 1), request_for(copy))


def test_logits_that_are_not_numbers_stop_the_work(llama: str, problems: list[Problem], tmp_path: Path) -> None:
    model = transformers.AutoModelForCausalLM.from_pretrained(llama)
    model.model.norm.weight.data.fill_(torch.nan)
    model.save_pretrained(tmp_path)
    transformers.AutoTokenizer.from_pretrained(llama).save_pretrained(tmp_path)
    with pytest.raises(SamplingError, match="not numbers"):
        sampled(rows_of(problems, 1), request_for(tmp_path))


def test_weights_written_anew_under_the_same_name_are_loaded_anew(
    llama: str, directories: dict[str, Path], problems: list[Problem], tmp_path: Path
) -> None:
    place = tmp_path / "weights"
    shutil.copytree(llama, place)
    sampler, rows = HFSampler(device="cpu"), rows_of(problems, 2)
    first = list(sampler.sample(rows, request_for(place), done=frozenset()))
    shutil.rmtree(place)
    shutil.copytree(directories["qwen2"], place)
    assert list(sampler.sample(rows, request_for(place), done=frozenset())) != first


def test_prompts_read_some_at_a_time_give_the_same_texts(
    llama: str, problems: list[Problem], monkeypatch: pytest.MonkeyPatch
) -> None:
    rows, request = rows_of(problems, 3), request_for(llama)
    whole = sampled(rows, request)
    monkeypatch.setattr("leti.sampling.decode.PREFILL_CPU", 40)
    assert sampled(rows, request) == whole


def test_guidance_by_nothing_changes_nothing_and_by_much_changes_texts(
    llama: str, problems: list[Problem], tmp_path: Path
) -> None:
    model, tokenizer = training_weights.load(llama)
    add_control_tokens(model, tokenizer, seed=0)
    training_weights.save(model, tokenizer, folder=tmp_path / "weights")
    rows = rows_of(problems, 3)

    def texts(**decoding: Any) -> list[str]:
        request = replace(request_for(tmp_path / "weights", **decoding), prefix=vocabulary.GOOD)
        return [solution.completion for solution in sampled(rows, request, batch_rows=5)]

    plain = texts()
    assert texts(guidance=1e-9) == plain  # with the second side in the batch
    assert texts(guidance=3.0) != plain
    assert texts(min_p=0.999999) == texts(temperature=0.0)  # only the likeliest is left


def test_guidance_has_no_say_without_a_prefix(llama: str, problems: list[Problem]) -> None:
    rows = rows_of(problems, 2)
    assert sampled(rows, request_for(llama, guidance=3.0)) == sampled(rows, request_for(llama))


@pytest.mark.parametrize("kind", ["codegen", "gpt2", "llama"])
def test_a_line_that_has_ended_is_not_read_past_the_window(kind: str, directories: dict[str, Path]) -> None:
    window = load(str(directories[kind]), device=CPU, dtype=torch.float32).window
    assert window
    tokenizer = transformers.AutoTokenizer.from_pretrained(directories[kind])
    long = "x=1;" * window
    while len(vocabulary.plain(tokenizer, long)) > window - 4:
        long = long[:-1]
    check = Tests(tests=("assert x",))
    problems = [Problem(id=f"p/{n}", prompt="x" if n else long, check=check, source="p") for n in range(20)]
    together = sampled(rows_of(problems, 1), request_for(directories[kind], max_new_tokens=16))
    alone = [sampled([(problem, 0)], request_for(directories[kind], max_new_tokens=16))[0] for problem in problems[:2]]
    assert [one.completion for one in together[:2]] == [one.completion for one in alone]


def test_a_prompt_that_is_too_long_is_told_before_the_first_is_sampled(llama: str, problems: list[Problem]) -> None:
    long = replace(problems[0], id="p/long", prompt="word " * 300)
    rows = rows_of([*problems, long], 1)
    written = HFSampler(device="cpu", batch_rows=1).sample(rows, request_for(llama), done=frozenset())
    with pytest.raises(ProblemError, match="'p/long' has a prompt of"):
        next(written)
