"""The reference's list of keys is the configuration's own."""

import json
import os
from collections.abc import Iterator
from pathlib import Path

from leti.config import Config
from pydantic import BaseModel

REFERENCE = Path(__file__).parents[2] / "docs" / "reference.md"
MARK = "<!-- made by `make regold` from config.py -->\n"


def lines() -> Iterator[str]:
    for name, field in Config.model_fields.items():
        kind = field.annotation
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            yield f"\n### `[{name}]`\n\n{kind.__doc__}\n\n| key | default | |\n|---|---|---|"
            for key, inner in kind.model_fields.items():
                yield f"| `{key}` | `{json.dumps(inner.default)}` | {inner.description or ''} |"
        else:
            about = f": {field.description}" if field.description else ""
            yield f"\n`{name}`, by default `{json.dumps(field.default)}`{about}"


def test_the_reference_lists_every_key_with_its_default() -> None:
    kept, mark, listed = REFERENCE.read_text().partition(MARK)
    assert mark
    now = "\n".join(lines()) + "\n"
    if os.environ.get("LETI_REGOLD"):
        REFERENCE.write_text(kept + mark + now)
    else:
        assert listed == now
