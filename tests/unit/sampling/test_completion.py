from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leti.errors import ConfigError
from leti.kinds import Tests
from leti.sampling import CUTS, program_of
from leti.sampling.completion import code_of, written
from leti.types import Problem

SHARED = Path(os.environ.get("LETI_SHARED", Path(__file__).parents[4] / "shared"))
VECTORS = SHARED / "vectors" / "postprocess.json"
PROMPT = '"""\nReturn twice the number.\nassert f(1) == 2\n"""\n'
FUNCTION = "def f(a):\n    return 2 * a\n"
PIECES = [
    "def f(a):",
    "\n",
    "    ",
    "return a",
    '"""',
    "'",
    "(",
    "]",
    "#",
    "print(1)",
    "\\",
    "@x",
    "class",
    "if",
    "é",
    "/",
]
texts = st.lists(st.sampled_from(PIECES) | st.text(max_size=4), max_size=25).map("".join)


@given(prompt=texts, completion=texts, cut=st.sampled_from(sorted(CUTS)))
def test_a_program_is_the_prompt_and_a_beginning_of_the_completion(prompt: str, completion: str, cut: str) -> None:
    program = program_of(prompt, completion, cut=cut)
    assert program.startswith(prompt)
    assert completion.startswith(program[len(prompt) :])


@given(prompt=texts, completion=texts)
def test_raw_keeps_everything(prompt: str, completion: str) -> None:
    assert program_of(prompt, completion, cut="raw") == prompt + completion


def test_an_unknown_cut_names_the_choices() -> None:
    with pytest.raises(ConfigError, match="'blok'; it can be raw, block, paper-mbpp, paper-humaneval"):
        program_of("", "", cut="blok")


@pytest.mark.skipif(not VECTORS.exists(), reason="the recorded vectors are not here: set LETI_SHARED")
@pytest.mark.parametrize(("cut", "keys"), [("paper-mbpp", ("mbpp", "mbpp_eval")), ("paper-humaneval", ("humaneval",))])
def test_the_paper_cuts_do_what_the_official_code_was_recorded_doing(cut: str, keys: tuple[str, ...]) -> None:
    for name, row in json.loads(VECTORS.read_text()).items():
        if isinstance(row, dict) and "input" in row:
            for key in keys:
                assert program_of("", row["input"], cut=cut) == row[key], name


def test_the_paper_cuts_keep_their_defects() -> None:
    assert program_of("", "def f(a):\n    return a / 2\n", cut="paper-mbpp") == "def f(a):\n    return a"
    assert program_of("", "    return 1\n", cut="paper-humaneval") == ""


@pytest.mark.parametrize(
    "rest",
    [
        "print(f(1))\n",
        "assert f(1) == 2\n",
        'if __name__ == "__main__":\n    f(1)\n',
        '"""\nThe next problem.\n"""\ndef g():\n    pass\n',
        "# Test it.\nprint(f(1))\n",
        "\n\n# Test it.\n\nfor i in range(3):\n    f(i)\n",
        "```\nThis doubles a number.\n",
        "<|/lang_feedback|>\n",
        "f(1)\n",
        "f(1) == 2\n",
        "f(a=1)\n",
        "while True: y = input()\n",
        "if x: y = 1\n",
        "for n in range(3): total = n\n",
        "with a as b: c = d\n",
    ],
)
def test_block_drops_what_follows_the_function(rest: str) -> None:
    assert program_of(PROMPT, FUNCTION + rest, cut="block") == PROMPT + FUNCTION


@pytest.mark.parametrize(
    "completion",
    [
        FUNCTION,
        "import math\n\nLIMIT = 3\n\ndef helper(x):\n    return x\n\n\n" + FUNCTION,
        FUNCTION + "\n@decorated\ndef g():\n    pass\n\nclass A:\n    x = 1\n\nimport re\nfrom math import pi\n",
        FUNCTION + "double = f\nmemo: dict = {}\nx.y = 1\n",
        "async def f(a):\n    return a\n",
        "def f(a):\n    return a\nformat_: int = 3\nwhile_ = f\n",
        "print('no function at all')\nprint(2)\n",
        'def f(a):\n    """Doubles.\n\nprint(1)\n"""\n    return 2 * a\n',
        "def f(a):\n    return g(\nprint, a)\n",
        "def f(a):\n    # it's\n    return {\n'a': a,\n}\n",
        "def f(a):\n    return a + \\\nprint\n",
        "def f(a):\n    return 'it\\'s # (' + a\ndef g():\n    pass\n",
        "def f(a):\n    return '''\nprint(",
        "",
        "\n",
    ],
)
def test_block_keeps_what_belongs_to_the_function(completion: str) -> None:
    assert program_of(PROMPT, completion, cut="block") == PROMPT + completion


def test_block_goes_on_with_the_function_the_prompt_began() -> None:
    prompt = 'def f(a):\n    """Doubles."""'
    assert program_of(prompt, "\n    return 2 * a\n\nprint(f(2))\n", cut="block") == prompt + "\n    return 2 * a\n"
    assert program_of(prompt + "\n", "    return 2 * a\n\nf(2)\n", cut="block") == prompt + "\n    return 2 * a\n"


def test_block_waits_for_a_function_after_solved_examples() -> None:
    prompt = '"""\nOne.\n"""\ndef one():\n    pass\n\n"""\nTwo.\n"""\n'
    assert program_of(prompt, "x = 1\ndef two():\n    pass\nprint(two())\n", cut="block").endswith(
        "def two():\n    pass\n"
    )


def test_block_recovers_from_brackets_that_were_never_closed() -> None:
    broken = "def f(a):\n    return (a\n\ndef g(b):\n    return b\n"
    assert program_of(PROMPT, broken + "print(g(1))\n", cut="block") == PROMPT + broken


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        ("Here:\n```python\nx = 1\n```\nDone.", "x = 1\n"),
        ("```py\nx = 1\n```\n```python\nprint(x)\n```", "x = 1\n"),  # the second shows how to use it
        ("```Python3  \nx = 1\n```", "x = 1\n"),
        ("```\nx = 1\n```", "x = 1\n"),
        ("```bash\npip install x\n```\n```python\nx = 1\n```", "x = 1\n"),
        ("~~~python\nx = 1\n~~~", "x = 1\n"),
        ("````python\ns = '''\n```\n'''\n````", "s = '''\n```\n'''\n"),
        ("```python\nx = 1", "x = 1"),  # cut off at the limit of length
        ("```python\n", ""),
        ("\n\nx = 1\n", "x = 1\n"),
        ("Use `x` and ```y``` here.\nx = 1", "Use `x` and ```y``` here.\nx = 1"),
        ("<think>\n```python\ndraft\n```\n</think>\n```python\nx = 1\n```", "x = 1\n"),
        ("1. So:\n   ```python\n   if x:\n       y\n   ```", "if x:\n    y\n"),
    ],
)
def test_the_code_of_an_answer_is_its_first_python_block(answer: str, code: str) -> None:
    assert code_of(answer) == code


def test_in_a_chat_the_program_is_the_code_alone_and_then_cut() -> None:
    answer = f"Sure.\n```python\n{FUNCTION}print(f(1))\n```"
    asked = Problem(id="p/1", prompt="Write f.", check=Tests(tests=("assert f(1) == 2",)), source="p", chat=True)
    assert written(asked, answer, cut="raw") == FUNCTION + "print(f(1))\n"
    assert written(asked, answer, cut="block") == FUNCTION
