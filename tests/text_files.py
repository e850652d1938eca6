"""What tests do to the text of a file."""

from __future__ import annotations

from pathlib import Path


def replace(path: Path, old: str, new: str) -> None:
    """Replace the first place where `old` stands; it has to stand there."""
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))
