"""What runs in the process of `leti.sampling.vllm`, and the only file that imports vLLM: `python -m` starts it.

It reads JSON lines and answers each with one: first the settings of the engine, then batches. It ends when its input
does. An exception is its end, too; the other side reads the traceback in the log.
"""

from __future__ import annotations

import json
import os
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import TextIO


def own_output() -> TextIO:
    """Standard output for the answers alone; whatever else is printed in this process goes to standard error."""
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="utf-8")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    return answers


def serve(lines: Iterable[str], answers: TextIO) -> None:
    """Makes the engine of the first line and writes what each further line asks for."""
    import vllm

    engine: Any = None
    for line in lines:
        said = json.loads(line)
        if engine is None:
            engine = vllm.LLM(**said)
            answer: Any = {"version": vllm.__version__}
        else:
            answer = [_written(output) for output in _generate(vllm, engine, said)]
        answers.write(json.dumps(answer) + "\n")
        answers.flush()


def _generate(vllm: Any, engine: Any, batch: Any) -> Any:
    """One output for each prompt, in order."""
    prompts = [{"prompt_token_ids": row["prompt"]} for row in batch]
    return engine.generate(prompts, [_drawn(vllm, row["params"]) for row in batch], use_tqdm=False)


def _drawn(vllm: Any, params: dict[str, Any]) -> Any:
    bias = params.get("logit_bias")  # JSON has no numbers for keys
    return vllm.SamplingParams(**{**params, "logit_bias": bias and {int(index): by for index, by in bias.items()}})


def _written(output: Any) -> dict[str, Any]:
    only = output.outputs[0]
    return {"tokens": list(only.token_ids), "finish": only.finish_reason}


if __name__ == "__main__":
    serve(sys.stdin, own_output())
