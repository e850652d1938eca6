"""The table of docs/blocks.md: `python -m tests.blocks.listing` prints it."""

from __future__ import annotations

import inspect
from collections.abc import Iterator

from tests.blocks.runs import blocks_of, families


def table() -> Iterator[str]:
    """The lines of a Markdown table: file, function with its arguments, what it gives."""
    yield "| file | block | what it gives |"
    yield "|---|---|---|"
    for family in families():
        for block in blocks_of(family):
            arguments = ", ".join(inspect.signature(block).parameters)
            meaning = " ".join((inspect.getdoc(block) or "").split())
            yield f"| `{family.__name__.rpartition('.')[2]}` | `{block.__name__}({arguments})` | {meaning} |"


if __name__ == "__main__":
    print("\n".join(table()))
