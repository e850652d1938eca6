"""Commands killed at random moments leave nothing half written, nothing lost, no process alive."""

from __future__ import annotations

import random
import sys
from pathlib import Path

import pytest

from tools.kill_cases import CASES, Case, Evaluate, Simulate
from tools.kill_commands import kill_often

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="processes are found in /proc")


@pytest.mark.parametrize("case", [Evaluate, Simulate])
def test_a_command_killed_twice(case: type[Case], tmp_path: Path) -> None:
    """By SIGTERM and SIGKILL."""
    found = wrong(case, tmp_path, 2)
    assert found == []


@pytest.mark.slow
@pytest.mark.parametrize("case", CASES)
def test_a_command_killed_twenty_times(case: type[Case], tmp_path: Path) -> None:
    assert wrong(case, tmp_path, 20) == []


def wrong(case: type[Case], folder: Path, kills: int) -> list[str]:
    """What was found after each kill and in the end."""
    stops, complaints = kill_often(case(folder), kills, random.Random(0))
    return [complaint for stop in stops for complaint in stop.complaints] + complaints
