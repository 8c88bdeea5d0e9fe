"""A model that was trained to chat is asked in its own template, and its answers go back whole."""

import json
from pathlib import Path

from command_line import CONFIG, PROBLEMS, leti

from tiny_models import tiny_chat_tokenizer, tiny_qwen2


def test_a_chat_model_learns_from_its_answers(tmp_path: Path) -> None:
    tiny_qwen2(tmp_path / "model")
    tiny_chat_tokenizer().save_pretrained(tmp_path / "model")
    (tmp_path / "problems.jsonl").write_text("".join(json.dumps(row) + "\n" for row in PROBLEMS))
    config = tmp_path / "chat.toml"
    config.write_text(CONFIG.format(problems=tmp_path / "problems.jsonl", model=tmp_path / "model"))
    run = tmp_path / "run"
    words = ("--set", "problems.format=chat", "--set", "iterations=1")
    learnt = leti("learn", str(config), "--run", str(run), *words)
    assert learnt.returncode == 0, learnt.stderr

    rows = [json.loads(line) for line in (run / "iterations/000/examples.jsonl").read_text().splitlines()]
    solutions = [json.loads(line) for line in (run / "iterations/000/solutions.jsonl").read_text().splitlines()]
    assert all(row["chat"] for row in rows)
    programs = [next(s["text"] for s in row["segments"] if s["role"] == "program") for row in rows]
    assert programs == [solution["completion"] for solution in solutions]
    assert (run / "iterations/000/weights/chat_template.jinja").exists()

    shown = leti("show", str(run), "000", f"{solutions[0]['problem']}#0")
    assert shown.returncode == 0, shown.stderr
    assert leti("report", str(run)).returncode == 0


def test_a_model_without_a_template_is_refused_with_what_to_type(config: Path, tmp_path: Path) -> None:
    refused = leti("learn", str(config), "--run", str(tmp_path / "run"), "--set", "problems.format=chat")
    assert refused.returncode == 2
    assert "--set problems.format=completion" in refused.stderr.replace("\n", " ")
