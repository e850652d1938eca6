"""Machine code of two drugs never gets mixed up, also where each was compiled in another process."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

TEMPLATE = """
from dosing_env.simulation.compiling import HOLE, apart, specialise
effect = HOLE

@apart
def inner(x):
    total = 0.0
    for i in range(int(x)):
        total += effect(x + i)
    return total

def outer(x):
    return inner(x) + inner(x + 1.0)

def double(x):
    return 2.0 * x

def square(x):
    return x * x
"""
PROGRAM = """
import sys, template
for name in sys.argv[1:]:
    print(template.specialise(template.outer, effect=getattr(template, name))(2.0))
"""


@pytest.mark.parametrize("order", [("double", "square"), ("square", "double")])
def test_code_from_two_cache_files_is_linked_to_its_own(tmp_path: Path, root: Path, order: tuple[str, str]) -> None:
    (tmp_path / "template.py").write_text(TEMPLATE, encoding="utf-8")
    path = os.pathsep.join([str(tmp_path), str(root)])
    environment = os.environ | {"NUMBA_CACHE_DIR": str(tmp_path / "cache"), "PYTHONPATH": path}

    def run(*names: str) -> list[str]:
        command = [sys.executable, "-c", PROGRAM, *names]
        return subprocess.run(command, env=environment, check=True, capture_output=True, text=True).stdout.split()

    expected = {"double": ["34.0"], "square": ["63.0"]}
    for name in order:
        assert run(name) == expected[name]
    assert run(*order) == expected[order[0]] + expected[order[1]]
