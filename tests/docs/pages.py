"""The code blocks of the pages, and what readers do not see: a mark, in an HTML comment before a block.

<!-- not run: needs a GPU -->   commands and configurations are checked, and nothing is run
<!-- file: own.toml -->         the block is what the page has the reader put into that file
<!-- stopped at: PATH -->       the command is stopped as with Ctrl-C when that file is there
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from markdown_it import MarkdownIt

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
PAGES = sorted([ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "SECURITY.md", *DOCS.rglob("*.md")])
COMMANDS = re.compile(r"(leti|make|pip|python|vllm|transformers|hf) ")


@dataclass(frozen=True)
class Block:
    """One code block."""

    page: Path
    line: int
    language: str
    text: str
    mark: str = ""
    """Such as `not run`."""
    value: str = ""
    """What the mark says: a reason, or a file."""

    def __str__(self) -> str:
        return f"{self.page.relative_to(ROOT)}:{self.line}"

    @property
    def runs(self) -> bool:
        """Whether a test does what a reader would do with it."""
        return self.language in {"console", "python", "toml", "json"} and self.mark != "not run"

    def commands(self) -> Iterator[tuple[str, list[str]]]:
        """Each command, and the lines that stand below it."""
        text = self.text.replace("\\\n", " ")
        if self.language == "commands":
            yield from ((line, []) for line in text.splitlines() if COMMANDS.match(line))
        for part in re.split(r"^\$ ", text, flags=re.MULTILINE)[1:]:
            command, *shown = part.rstrip().splitlines()
            yield command, shown


def blocks(page: Path) -> Iterator[Block]:
    """The blocks of a page, in order."""
    mark, value = "", ""
    for token in MarkdownIt().parse(page.read_text("utf-8")):
        if token.type in {"fence", "code_block"}:
            language = token.info or _guess(token.content)
            assert token.map
            yield Block(page, token.map[0] + 1, language, token.content, mark, value)
        if token.type == "html_block":
            mark, _, value = token.content.strip().removeprefix("<!--").removesuffix("-->").strip().partition(": ")
        elif token.level == 0:
            mark, value = "", ""


def _guess(text: str) -> str:
    """What a block without a language is: a host of code shows such blocks as they are."""
    first = text.lstrip()
    if COMMANDS.match(first):
        return "commands"
    return "toml" if re.match(r"\[\w+\]", first) else "json lines" if first.startswith('{"') else "text"
