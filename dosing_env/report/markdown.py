"""Names and titles of users in Markdown: they stay text."""

from __future__ import annotations

from typing import Any

from dosing_env.io.printable import visible


def plain(value: Any) -> Any:
    """What a template writes: no HTML and no control characters in it. A finalizer of Jinja."""
    return visible(value, keep="\n").replace("<", "&lt;") if isinstance(value, str) else value
