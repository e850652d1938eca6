"""The cases of tests/reference."""

from __future__ import annotations

from pathlib import Path

from dosing_env.verification.reference import Case, read_cases

FOLDER = Path(__file__).resolve().parents[1] / "reference"
MODELS, _CASES = read_cases(FOLDER)
CASES: dict[str, Case] = {case.name: case for case in _CASES}
