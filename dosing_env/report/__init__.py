"""The trial report people open: one HTML file, its figures, and the table on the terminal."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dosing_env.trial import Trial


def report(trial: Trial, path: Path) -> Path:
    """Write the self-contained HTML report, whole or not at all. The same trial gives the same bytes."""
    from dosing_env.report.page import page
    from dosing_env.trial_files import write_whole

    write_whole(path, page(trial))
    return path
