"""Unit and meaning of a model's numbers: the comments on the lines of its file."""

from __future__ import annotations

import inspect
import re
from typing import Any

from dosing_env import catalogue


def of_record(record: Any) -> dict[str, str]:
    """Field -> the comment on its line in a named tuple's source."""
    found = re.findall(r"^ +(\w+): \w+ +# *(.+)$", inspect.getsource(record), re.MULTILINE)
    return {field: "  ".join(re.split(r"\s{2,}", comment)) for field, comment in found}


def of_text(text: str) -> dict[str, str]:
    """Field -> the comment on its first line in a model file."""
    found = re.findall(r"^(\w+) *=.*?# *(.+)$", text, re.MULTILINE)
    return {field: "  ".join(re.split(r"\s{2,}", comment)) for field, comment in reversed(found)}


def of_parameters(drug: Any, name: str) -> dict[str, str]:
    """The same of the parameters of a drug, of this name or file; nothing where there is no such file."""
    try:
        return of_text(catalogue.source("drugs", name)) if name.endswith(".toml") else of_record(drug.Parameters)
    except (OSError, TypeError, ValueError):  # a drug made in Python, by hand
        return {}
