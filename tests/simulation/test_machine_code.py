"""Machine code in files: a damaged one is compiled again, and where none can be written the work is done without."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import warnings
from pathlib import Path
from typing import Any

import numba
import numpy as np
import pytest
from numba import float64
from numba.core.caching import CacheImpl

from dosing_env.interchange import generated
from dosing_env.simulation import machine_code
from dosing_env.simulation.notices import UNKEPT, warn_once
from tests.simulation.test_compiling import PROGRAM, TEMPLATE

EXPECTED = float(3.0 + np.sin(3.0))


@pytest.fixture
def folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setattr(numba.config, "CACHE_DIR", str(tmp_path))
    warn_once.cache_clear()
    return tmp_path


def curve(x: float) -> float:
    return x + np.sin(x)


def compiled() -> Any:
    """As a new process would."""
    return machine_code.keep(numba.njit(curve), curve)


def called() -> float:
    return float(machine_code.callback(curve, float64(float64), {}, kept=True).ctypes(3.0))


def files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def damages(whole: bytes) -> list[bytes]:
    flipped = [whole[:i] + bytes([whole[i] ^ 1]) + whole[i + 1 :] for i in range(0, len(whole), len(whole) // 7)]
    return [b"", whole[:1], whole[:40], whole[: len(whole) // 2], whole[:-1], whole + b"x", *flipped]


def test_the_next_process_takes_it_from_the_file(folder: Path) -> None:
    first, second = compiled(), compiled()
    assert first(3.0) == second(3.0) == EXPECTED
    assert sum(first.stats.cache_misses.values()) == sum(second.stats.cache_hits.values()) == 1
    assert len(files(folder)) == 1


def test_a_damaged_file_is_compiled_again_and_said_once(folder: Path) -> None:
    compiled()(3.0)
    (file,) = files(folder)
    whole = file.read_bytes()
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        for damaged in damages(whole):
            file.write_bytes(damaged)
            again = compiled()
            assert again(3.0) == EXPECTED
            assert not again.stats.cache_hits
            assert files(folder) == [file]
            assert sum(compiled_and_run().stats.cache_hits.values()) == 1
    assert [str(warning.message) for warning in said] == [
        f"{file.parent}: damaged machine code in this folder is compiled again"
    ]


def compiled_and_run() -> Any:
    function = compiled()
    assert function(3.0) == EXPECTED
    return function


def test_every_flipped_byte_is_found(folder: Path) -> None:
    compiled()(3.0)
    (file,) = files(folder)
    whole = file.read_bytes()
    for i in range(0, len(whole), 37):
        file.write_bytes(whole[:i] + bytes([whole[i] ^ 16]) + whole[i + 1 :])
        with pytest.raises(ValueError, match="damaged"):
            machine_code._read(file)


def test_what_is_called_by_address_heals_too(folder: Path) -> None:
    assert called() == EXPECTED
    (file,) = files(folder)
    file.write_bytes(file.read_bytes()[:-9])
    with pytest.warns(RuntimeWarning, match="damaged"):
        assert called() == EXPECTED
    assert called() == EXPECTED


def test_code_of_another_signature_is_never_taken(folder: Path) -> None:
    compiled()(3.0)
    (file,) = files(folder)
    single = compiled()
    single(np.float32(3.0))
    (other,) = set(files(folder)) - {file}
    shutil.copy(file, other)
    again = compiled()
    assert again(np.float32(3.0)) == single(np.float32(3.0))
    assert not again.stats.cache_hits


def test_without_a_folder_it_is_said_once(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    monkeypatch.setattr(CacheImpl, "_locator_classes", [])
    monkeypatch.setenv("NUMBA_CACHE_DIR", os.devnull)
    with pytest.warns(RuntimeWarning) as said:
        assert compiled()(3.0) == called() == generated.module.__wrapped__(f"x = {EXPECTED!r}\n").x == EXPECTED
    assert [str(warning.message) for warning in said] == [UNKEPT]


def test_a_folder_that_cannot_be_written_any_more_is_said_once(folder: Path) -> None:
    function, other = compiled(), compiled()
    (sub,) = folder.iterdir()
    sub.rmdir()
    sub.write_text("")
    with pytest.warns(RuntimeWarning, match="cannot be written there") as said:
        assert function(3.0) == other(3.0) == EXPECTED
    assert len(said) == 1


def test_processes_that_compile_at_the_same_time(tmp_path: Path, root: Path) -> None:
    (tmp_path / "template.py").write_text(TEMPLATE, encoding="utf-8")
    environment = os.environ | {"NUMBA_CACHE_DIR": str(tmp_path), "PYTHONPATH": f"{tmp_path}{os.pathsep}{root}"}
    command = [sys.executable, "-c", PROGRAM, "double", "square"]
    both = [subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    assert [process.communicate()[0].split() for process in both] == [["34.0", "63.0"]] * 2


EVERYTHING = """
import gymnasium, pandas, dosing_env
from dosing_env.simulation.tables import simulate

def main():
    env = gymnasium.make("dosing_env/VancomycinWard-v1")
    env.reset(seed=3)
    print(env.step(env.action_space.low + 1000.0)[1])
    trial = dosing_env.evaluate("vancomycin_ward", ["renal_table"], patients=3, rivals=False)
    print(trial.frame["return"].tolist())
    doses = pandas.DataFrame({"ID": 1, "TIME": [0.0, 24.0], "EVID": [1, 0], "AMT": [1000.0, 0.0]})
    patient = {"WT": 70.0, "CRCL": 90.0}
    print(simulate("tests/models/two_compartments.toml", doses, covariates=patient).iloc[-1].tolist())

main()
"""


def everything(root: Path, cache: Path, folder: Path | None = None) -> tuple[str, list[str]]:
    """Numbers of an environment, a trial and a simulation in a process of its own; and its warnings."""
    nowhere = {"NUMBA_CACHE_DIR": str(cache), "XDG_CACHE_HOME": str(cache), "HOME": str(cache)}
    command = [sys.executable, "-c", EVERYTHING]
    environment = os.environ | nowhere | {"PYTHONPATH": str(folder or root)}
    run = subprocess.run(command, cwd=root, env=environment, check=True, capture_output=True, text=True)
    return run.stdout, [line for line in run.stderr.splitlines() if "RuntimeWarning" in line]


@pytest.mark.slow
def test_everything_heals_and_needs_no_folder(root: Path, tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    expected = everything(root, cache)
    assert expected[1] == []
    kept = list(cache.rglob("*.nbc"))
    assert len(kept) > 5
    for i, file in enumerate(kept):
        file.write_bytes(damages(file.read_bytes())[i % 13])
    healed, said = everything(root, cache)
    assert healed == expected[0]
    assert all("damaged machine code" in line for line in said)
    assert len(said) == len({file.parent for file in kept})
    assert everything(root, cache) == expected
    numbers, said = everything(root, Path(os.devnull) / "no", unwritable(root, tmp_path / "copy"))
    assert numbers == expected[0]
    assert [UNKEPT in line for line in said] == [True]


def unwritable(root: Path, folder: Path) -> Path:
    """A copy of the package in which nobody, not even root, can make a `__pycache__`."""
    for name in ("dosing_env", "scenarios", "agents"):
        shutil.copytree(root / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(root / "pyproject.toml", folder)
    for path in [folder / "dosing_env", *(folder / "dosing_env").rglob("*")]:
        if path.is_dir():
            (path / "__pycache__").write_text("")
    return folder
