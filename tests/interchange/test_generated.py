"""Generated modules: run from memory under the name of a file, which only says where numba keeps the machine code."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from dosing_env.interchange import generated
from dosing_env.simulation.compiling import HOLE, specialise

TEXT = "def f(x):\n    return x + {}\n"


@pytest.fixture
def folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path / "own"))
    return tmp_path / "own" / "dosing_env_text"


def test_a_module_is_written_and_run_from_memory(folder: Path) -> None:
    text = TEXT.format("1.0")
    made = generated.module(text)
    (file,) = folder.iterdir()
    assert file.read_text() == text
    assert made.f.__code__.co_filename == str(file)
    assert made.f(1.0) == 2.0


def test_an_altered_file_changes_nothing(folder: Path) -> None:
    text = TEXT.format("1.5")
    path = Path(generated.module(text).f.__code__.co_filename)
    before = specialise(_run, f=generated.module(text).f).__name__
    path.write_text(TEXT.format("2.0") + "\nraise SystemExit\n")
    again = generated.module.__wrapped__(text).f  # as another process would load it
    path.write_text(TEXT.format("2.0") + "\nraise SystemExit\n")
    assert again(1.0) == 2.5
    compiled = specialise(_run, f=again)
    assert compiled(1.0) == 2.5
    assert compiled.__name__ == before


f: Any = HOLE


def _run(x):  # type: ignore[no-untyped-def]
    return f(x)


def test_where_no_file_can_be_written_it_still_runs(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path / "file"))
    made = generated.module(TEXT.format("3.0"))
    assert made.f.__code__.co_filename.startswith("<")
    assert specialise(_run, f=made.f)(1.0) == 4.0


@pytest.mark.parametrize(
    ("platform", "variable", "value", "tail"),
    [
        ("linux", "XDG_CACHE_HOME", "/x/cache", "/x/cache/dosing_env/text"),
        ("linux", "XDG_CACHE_HOME", "", "/.cache/dosing_env/text"),
        ("darwin", "HOME", "/h", "/h/Library/Caches/dosing_env/text"),
        ("win32", "LOCALAPPDATA", "/l", "/l/dosing_env/text"),
    ],
)
def test_the_folder_is_the_platforms(
    monkeypatch: pytest.MonkeyPatch, platform: str, variable: str, value: str, tail: str
) -> None:
    monkeypatch.delenv("NUMBA_CACHE_DIR", raising=False)
    monkeypatch.setattr(sys, "platform", platform)
    monkeypatch.setenv(variable, value)
    assert str(generated.cache_folder()).endswith(tail)


PROGRAM = """
from pathlib import Path
from dosing_env.interchange.text_models import read_models
from dosing_env.simulation.compiling import specialise
from tests.interchange.test_generated import amount_gone

folder = Path("tests/reference")
drug = read_models(folder / "models.csv", folder / "outputs.csv")["PK1"]
compiled = specialise(amount_gone, rates=drug.rates)
p = drug.Parameters(**dict.fromkeys(drug.Parameters._fields, 2.0))
print(compiled((3.0, 5.0), p), sum(compiled.stats.cache_hits.values()))
"""

rates: Any = HOLE


def amount_gone(A, p):  # type: ignore[no-untyped-def]
    return -sum(rates(0.0, A, p, (0.0, 0.0)))


def test_machine_code_of_a_text_model_is_kept_across_processes(root: Path, tmp_path: Path) -> None:
    environment = os.environ | {"NUMBA_CACHE_DIR": str(tmp_path), "PYTHONPATH": str(root)}
    command = [sys.executable, "-c", PROGRAM]
    said = [
        subprocess.run(command, cwd=root, env=environment, check=True, capture_output=True, text=True).stdout.split()
        for _ in range(2)
    ]
    assert said == [["5.0", "0"], ["5.0", "1"]]
