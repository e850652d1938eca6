"""What numba says about code that it cannot compile, in one line instead of pages."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

HINT = " (write plain arithmetic on numbers)"


@contextmanager
def compilable(what: str, *records: Any, hint: str = "") -> Iterator[None]:
    """Compile within this block.

    Args:
        what: the code, for the complaint.
        records: named tuples that it reads; their fields are told where it asks for one that is none.
        hint: what to do instead.

    Raises:
        ValueError: it cannot be compiled; the line and the reason are named.
    """
    from numba.core.errors import NumbaError

    try:
        yield
    except (NumbaError, TypeError) as error:
        raise ValueError(f"{what} cannot be compiled: {_reason(str(error), records)}{hint}") from error


def _reason(pages: str, records: tuple[Any, ...]) -> str:
    lines = [line.strip() for line in pages.splitlines() if line.strip()]
    said = next((line for line in lines if not line.startswith("Failed in")), "no reason is given")
    for record in records:
        fields = f" of the {record.__name__.lower()}. Its fields: {', '.join(record._fields)}"
        said = re.sub(rf" of type {record.__name__}\(.*\)", fields, said)
    where = next((found[1] for line in lines if (found := re.search(r"^File .*, (line \d+):$", line))), "")
    return f"{where}: {said}" if where else said
