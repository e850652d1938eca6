"""The trial report people open: one HTML file, its figures, and the table on the terminal."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from dosing_env.trial_files import write_report

if TYPE_CHECKING:
    from dosing_env.trial import Trial


def report(trial: Trial, path: Path) -> Path:
    """Write the self-contained HTML report, whole or not at all. The same trial gives the same bytes."""
    from dosing_env.report.page import page

    write_report(path, page(trial).encode())
    return path
