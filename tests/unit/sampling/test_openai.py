"""Servers that fail, or are not what they are taken for. Real ones are in tests/contracts/test_served_sampler.py."""

from __future__ import annotations

import itertools
import json
import random
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

pytest.importorskip("torch")
pytest.importorskip("openai", reason="asking servers needs openai: pip install 'leti[openai]'")
sys.path.insert(0, str(Path(__file__).parent))

from fake_server import Answer, Body, Scripted, completion, serving

from leti.errors import ConfigError, SamplingError
from leti.sampling.dialects import DIALECTS
from leti.sampling.encoding import encoding_of
from leti.sampling.openai import OpenAISampler
from leti.types import Decoding, Ending, Problem, SampleRequest
from leti.vocabulary import GOOD

if TYPE_CHECKING:
    from collections.abc import Callable

    from leti.types import Solution

SOON = {"retry-after-ms": "1"}
NO_LIST = Answer({"detail": "Not Found"}, 404)
ONLY_THERE = "/models/only/there"
"""Weights that are a name here: the directory is on the server's machine."""
TRIED = len(DIALECTS)
"""Requests until a server that knows OpenAI's fields only is understood."""
EXTENSIONS = {"top_k", "min_p", "repetition_penalty", "repeat_penalty", "generation_config", "return_token_ids"}
"""Fields that OpenAI's own servers refuse."""


def request_for(weights: str, **decoding: Any) -> SampleRequest:
    return SampleRequest(
        weights=weights, prefix="", decoding=Decoding(**({"max_new_tokens": 8} | decoding)), key="seed=0"
    )


def rows_of(problems: list[Problem], samples: int = 2) -> list[tuple[Problem, int]]:
    return [(problem, sample) for problem in problems for sample in range(samples)]


def asked_with(
    answer: Callable[[Body], Answer],
    request: SampleRequest,
    rows: list[tuple[Problem, int]],
    *,
    models: Answer | None = None,
    **settings: Any,
) -> tuple[list[Solution], Scripted]:
    """What a sampler makes of a server, and what that server was asked."""
    listed = models or Answer({"object": "list", "data": [{"id": request.weights, "object": "model"}]})
    script = Scripted(answer=answer, models=listed)
    with serving(script) as url:
        sampler = OpenAISampler(url, **({"retries": 2, "patience": 20.0} | settings))
        return list(sampler.sample(rows, request, done=frozenset())), script


def failure(answer: Callable[[Body], Answer], weights: str, problems: list[Problem], **settings: Any) -> str:
    with pytest.raises(SamplingError) as caught:
        asked_with(answer, request_for(weights), rows_of(problems[:1], 1), **settings)
    return str(caught.value)


def plain(body: Body) -> Answer:
    """OpenAI's own API: other fields than its own are refused, and so are ids of another tokenizer."""
    if refused := EXTENSIONS & set(body):
        return Answer({"error": {"message": f"Unrecognized request arguments supplied: {sorted(refused)}"}}, 400)
    return Answer(completion(f"{body['prompt']}{body['seed']}"))


def vllm(weights: str, ids: tuple[int, ...], *, reason: str = "stop") -> Callable[[Body], Answer]:
    """vLLM's API: ids come in and go out. The text it sends is wrong, for the ids are what counts."""

    def answer(body: Body) -> Answer:
        assert body["return_token_ids"]
        read = len(body["prompt"])
        return Answer(
            completion("?", reason=reason, token_ids=ids, stop_reason=None, prompt_tokens=read, model=weights)
        )

    return answer


@pytest.mark.parametrize("status", [408, 429, 500, 503])
def test_a_failure_that_passes_is_waited_for(status: int, llama: str, problems: list[Problem]) -> None:
    turns = itertools.count()

    def answer(body: Body) -> Answer:
        return Answer({"error": {"message": "busy"}}, status, SOON) if next(turns) % 3 else plain(body)

    rows = rows_of(problems[:1])
    found, _ = asked_with(answer, request_for(llama), rows, in_flight=1)
    assert [s.completion for s in found] == [s.completion for s in asked_with(plain, request_for(llama), rows)[0]]


def test_a_connection_that_is_lost_is_made_again(llama: str, problems: list[Problem]) -> None:
    turns = itertools.count()
    answers = [Answer("", seconds=-1), Answer("", seconds=-1)]
    found, script = asked_with(
        lambda body: answers[turn] if (turn := next(turns)) < len(answers) else plain(body),
        request_for(llama),
        rows_of(problems[:1], 1),
    )
    assert len(found) == 1
    assert len(script.asked) == len(answers) + TRIED + 1  # each dialect once, and the row


def test_a_failure_that_stays_ends_with_the_servers_words(llama: str, problems: list[Problem]) -> None:
    words = failure(lambda _: Answer({"error": "out of memory"}, 500, SOON), llama, problems)
    assert "http://127.0.0.1:" in words
    assert 'answered 500, 3 times: \'{"error": "out of memory"}\'' in words
    assert "The same command goes on" in words
    assert "batch_rows=8" in failure(lambda _: Answer("slow down", 429, SOON), llama, problems)


def test_a_key_that_is_wrong_is_not_tried_again(llama: str, problems: list[Problem]) -> None:
    turns = itertools.count()
    words = failure(lambda _: Answer(f"turn {next(turns)}", 401), llama, problems)
    assert "answered 401: '\"turn 0\"' Set the environment variable OPENAI_API_KEY" in words


def test_the_key_is_that_of_the_environment(
    llama: str, problems: list[Problem], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "secret")
    _, script = asked_with(plain, request_for(llama), rows_of(problems[:1], 1))
    assert set(script.keys) == {"Bearer secret"}


def test_a_server_that_hangs_is_given_up(llama: str, problems: list[Problem]) -> None:
    words = failure(lambda _: Answer("", seconds=3.0), llama, problems, patience=0.2, retries=1)
    assert "was asked 2 times and did not answer within 0.2 s" in words


@pytest.mark.parametrize(
    "garbage",
    [b"<html>Welcome to nginx!</html>", b"", b"{", b"[]", b'{"choices": []}', b'{"error": "no"}', b"\xff\xfe"],
)
def test_garbage_is_shown(garbage: bytes, llama: str, problems: list[Problem]) -> None:
    words = failure(lambda _: Answer(garbage), llama, problems)
    assert "is no completion of OpenAI's API" in words
    assert garbage.decode(errors="replace")[:5] in words


def test_no_server_is_said_with_what_to_type(llama: str, problems: list[Problem]) -> None:
    with serving(Scripted(answer=plain, models=NO_LIST)) as url:
        pass  # nobody listens there any more
    with pytest.raises(SamplingError, match=r"No server answers at http://127.*tried 2 times.*export OPENAI_BASE_URL="):
        list(OpenAISampler(url, retries=1).sample(rows_of(problems), request_for(llama), done=frozenset()))


def test_a_url_without_the_version_is_said(llama: str, problems: list[Problem]) -> None:
    with serving(Scripted(answer=plain, models=NO_LIST)) as url:
        sampler = OpenAISampler(url.removesuffix("/v1"), retries=0)
        with pytest.raises(SamplingError, match=r"it lists no models, and says: 404"):
            list(sampler.sample(rows_of(problems), request_for(llama), done=frozenset()))


def test_a_server_that_answers_for_any_model_is_not_believed(llama: str, problems: list[Problem]) -> None:
    others = Answer({"data": [{"id": "gpt2.gguf"}, {"id": "coder"}]})
    words = failure(plain, llama, problems, models=others)
    assert f"does not answer for {llama!r}: it lists 'gpt2.gguf', 'coder', and says" in words
    assert f"vllm serve {Path(llama).resolve()} --port 8000" in words
    echo = failure(lambda _: Answer(completion(model="another")), llama, problems, models=NO_LIST)
    assert "it lists no models, and says: an answer in the name of 'another'." in echo


def test_a_server_without_a_list_is_believed_by_the_model_it_answers_for(llama: str, problems: list[Problem]) -> None:
    def answer(body: Body) -> Answer:
        return Answer(completion("x", model=body["model"]))

    found, _ = asked_with(answer, request_for(llama), rows_of(problems[:1]), models=NO_LIST)
    assert [solution.completion for solution in found] == ["x", "x"]


def test_weights_under_another_name_are_asked_for_by_that_name(llama: str, problems: list[Problem]) -> None:
    models = Answer({"data": [{"id": "other", "root": "/else"}, {"id": "coder", "root": str(Path(llama).resolve())}]})
    _, script = asked_with(plain, request_for(llama), rows_of(problems[:1], 1), models=models)
    assert {body["model"] for body in script.asked} == {"coder"}


def test_a_server_that_has_the_weights_and_refuses_is_quoted(llama: str, problems: list[Problem]) -> None:
    words = failure(lambda _: Answer({"message": "temperature must be in [0, 2], got 4.0."}, 400), llama, problems)
    assert f'has {llama!r}, but refuses to be asked: 400 {{"message": "temperature must be in [0, 2]' in words


def test_ids_go_to_a_server_that_gives_ids_back(llama: str, problems: list[Problem]) -> None:
    encoding = encoding_of(llama)
    ids = (*encoding.tokenizer("return a")["input_ids"], 0)
    request = replace(request_for(llama, top_p=0.9, min_p=0.1, stop=("zzz",)), prefix=GOOD)
    found, script = asked_with(vllm(llama, ids), request, rows_of(problems[:1]))
    assert [(s.completion, s.tokens, s.ending) for s in found] == [("return a", ids[:-1], Ending.TOKEN)] * 2
    assert len(script.asked) == 3
    hello, first, second = script.asked
    assert hello["max_tokens"] == 1
    good = encoding.tokenizer.convert_tokens_to_ids(GOOD)
    assert first["prompt"] == [good, *encoding.tokenizer(problems[0].prompt)["input_ids"]]
    assert first["seed"] != second["seed"]
    shared = {"stop": ["zzz"], "top_p": 0.9, "min_p": 0.1, "top_k": -1, "repetition_penalty": 1.0, "max_tokens": 8}
    assert shared.items() <= first.items()
    assert first["logit_bias"] == dict.fromkeys(map(str, encoding.control), -100.0)


def test_a_stop_string_cuts_text_and_ids(llama: str, problems: list[Problem]) -> None:
    ids = tuple(encoding_of(llama).tokenizer("return a\n\nprint")["input_ids"])
    found, _ = asked_with(vllm(llama, ids), request_for(llama, stop=("\n\n",)), rows_of(problems[:1], 1))
    assert (found[0].completion, found[0].ending) == ("return a", Ending.STOP)
    assert found[0].tokens == ids[: len(found[0].tokens)]
    assert found[0].tokens


def test_without_ids_stop_strings_are_looked_for_here(llama: str, problems: list[Problem]) -> None:
    def answer(body: Body) -> Answer:  # as llama.cpp does: ids are read, fields that are not known are let be
        assert "stop" not in body or "return_token_ids" in body
        return Answer(completion("one\n\ntwo" if body["seed"] % 2 else "one", model=llama))

    found, script = asked_with(answer, request_for(llama, stop=("\n\n",)), rows_of(problems, 6))
    assert {solution.completion for solution in found} == {"one"}
    assert {solution.ending for solution in found} == {Ending.STOP, Ending.TOKEN}
    assert all(solution.tokens == () for solution in found)
    assert all(body["top_k"] > 1000 and body["repeat_penalty"] == 1.0 for body in script.asked[2:])


def test_a_server_that_knows_openais_fields_only_is_asked_in_them(llama: str, problems: list[Problem]) -> None:
    found, script = asked_with(plain, request_for(llama, temperature=0.3), rows_of(problems[:1]))
    assert len(script.asked) == TRIED + 2
    bodies = script.asked[TRIED:]
    assert all(body["temperature"] == 0.3 and body["prompt"] == problems[0].prompt for body in bodies)
    assert [s.completion for s in found] == [f"{problems[0].prompt}{body['seed']}" for body in bodies]


def test_what_a_server_cannot_be_asked_is_refused(llama: str, problems: list[Problem]) -> None:
    rows = rows_of(problems[:1], 1)
    with pytest.raises(ConfigError, match=r"min_p is 0.1, which cannot be asked .* --set sampling.min_p=0"):
        asked_with(plain, request_for(llama, min_p=0.1), rows)
    with pytest.raises(ConfigError, match=r"guidance is 2.0, but .* 'openai' does not give. Type --set sampling.guid"):
        asked_with(plain, request_for(llama, guidance=2.0), rows)
    with pytest.raises(ConfigError, match="in_flight is 0"):
        OpenAISampler("http://localhost", in_flight=0)


def test_weights_that_only_the_server_has_are_asked_for_in_words(
    problems: list[Problem], capsys: pytest.CaptureFixture[str]
) -> None:
    found, script = asked_with(plain, request_for(ONLY_THERE), rows_of(problems[:1]))
    assert f"note: there is no tokenizer of {ONLY_THERE!r} here" in capsys.readouterr().err
    assert len(found) == 2
    assert all(isinstance(body["prompt"], str) and "logit_bias" not in body for body in script.asked)
    with pytest.raises(SamplingError, match=r"tokenizer of '/models/only/there' is not to be had here"):
        asked_with(plain, replace(request_for(ONLY_THERE), prefix=GOOD), rows_of(problems))
    with pytest.raises(ConfigError, match=r"--set sampling\.total_tokens=null"):
        asked_with(plain, request_for(ONLY_THERE, total_tokens=256), rows_of(problems))


def test_a_prompt_that_is_read_as_other_tokens_stops_the_work(llama: str, problems: list[Problem]) -> None:
    words = failure(lambda _: Answer(completion("x", prompt_tokens=999)), llama, problems)
    assert "reads the prompt of 'p/0' as 999 tokens, and the tokenizer of the weights as" in words


def test_an_ending_that_is_none_stops_the_work(llama: str, problems: list[Problem]) -> None:
    words = failure(lambda _: Answer(completion("x", reason="content_filter")), llama, problems)
    assert "ended a text for problem 'p/0' with 'content_filter'" in words


def test_a_row_that_is_refused_is_named(llama: str, problems: list[Problem]) -> None:
    def answer(body: Body) -> Answer:
        return plain(body) if body.get("max_tokens", 1) == 1 else Answer("the prompt is too long", 400)

    assert "refuses problem 'p/0': 400 \"the prompt is too long\"" in failure(answer, llama, problems)


def test_rows_come_in_order_and_not_too_many_are_under_way(llama: str, problems: list[Problem]) -> None:
    def answer(body: Body) -> Answer:
        time.sleep(random.Random(body["seed"]).random() * 0.03)
        return plain(body)

    rows = rows_of(problems, 10)
    found, script = asked_with(answer, request_for(llama), rows, in_flight=4)
    assert [solution.key for solution in found] == [(problem.id, sample) for problem, sample in rows]
    assert [s.completion.removeprefix(p.prompt).isdecimal() for (p, _), s in zip(rows, found, strict=True)] == [
        True
    ] * 40
    assert 2 <= script.most_at_once <= 4


def test_only_what_is_missing_is_asked_for_and_with_the_same_seed(llama: str, problems: list[Problem]) -> None:
    rows = rows_of(problems, 3)
    whole, script = asked_with(plain, request_for(llama), rows)
    assert len({body["seed"] for body in script.asked}) == len(rows)
    done = {solution.key for solution in whole[::2]}
    again = Scripted(answer=plain, models=script.models)
    with serving(again) as url:
        owed = list(OpenAISampler(url).sample(rows, request_for(llama), done=done))
    assert owed == whole[1::2]
    assert len(again.asked) == TRIED + len(owed)


def test_a_budget_is_the_official_rules(llama: str, problems: list[Problem]) -> None:
    found, script = asked_with(plain, request_for(llama, total_tokens=128), rows_of(problems))
    assert script.asked == []
    assert {(s.completion, s.ending) for s in found} == {("", Ending.LENGTH)}
    _, script = asked_with(plain, request_for(llama, total_tokens=133), rows_of(problems))
    assert {body["max_tokens"] for body in script.asked[TRIED:]} == {5}


def test_a_caller_that_stops_taking_does_not_wait_for_the_rest(llama: str, problems: list[Problem]) -> None:
    turns = itertools.count()

    def answer(body: Body) -> Answer:
        return replace(plain(body), seconds=0.0 if next(turns) <= TRIED else 8.0)

    models = Answer({"data": [{"id": llama}]})
    with serving(Scripted(answer=answer, models=models)) as url:
        solutions = OpenAISampler(url, in_flight=8).sample(rows_of(problems), request_for(llama), done=frozenset())
        next(solutions)
        begun = time.monotonic()
        solutions.close()  # type: ignore[attr-defined] # a generator, as all samplers of the package return
        assert time.monotonic() - begun < 4


def test_transformers_serve_is_told_everything_in_its_own_words(llama: str, problems: list[Problem]) -> None:
    def answer(body: Body) -> Answer:
        if refused := set(body) - {"model", "prompt", "seed", "stop", "generation_config"}:
            return Answer({"detail": f"Unexpected fields in the request: {refused}"}, 422)
        return Answer(completion("x", model=f"{llama}@main"))

    request = request_for(llama, temperature=0.5, min_p=0.2, stop=("a",))
    found, script = asked_with(answer, request, rows_of(problems[:1], 1), models=Answer({"data": []}))
    assert found[0].completion == "x"
    told = json.loads(script.asked[-1]["generation_config"])
    drawn = {"do_sample": True, "temperature": 0.5, "top_p": 1.0, "top_k": 0, "min_p": 0.2, "max_new_tokens": 8}
    assert drawn.items() <= told.items()
    assert told["suppress_tokens"] == list(range(320, 384))
    assert script.asked[-1]["stop"] == ["a"]
