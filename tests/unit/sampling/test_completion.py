from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leti.errors import ConfigError
from leti.sampling import CUTS, program_of

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
