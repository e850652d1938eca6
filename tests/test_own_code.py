"""A user's Python file: the text that was read once is executed and hashed, and another text is another module."""

from __future__ import annotations

import os
import subprocess
import sys
import traceback
from pathlib import Path
from typing import Any

import pytest

from dosing_env import catalogue, processes, scenario
from dosing_env.catalogue import Given, given
from dosing_env.policies import policy_of
from dosing_env.simulation.compiling import HOLE, specialise
from dosing_env.source import equations

OWN = catalogue.source("protocols", "fixed_1g_q12h").replace("fixed_1g_q12h", "own_1")
WARD = scenario.load("vancomycin_ward")
DRUG = catalogue.source("drugs", "vancomycin_goti2018")


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write(file: str, text: str) -> Path:
    """Write a file as an edit within the same second that keeps its size would leave it."""
    path = Path(file)
    path.parent.mkdir(exist_ok=True)
    path.write_text(text, encoding="utf-8")
    os.utime(path, (1_000_000_000, 1_000_000_000))
    return path


def loaded(file: str) -> str:
    """What the protocol of a file is called, as a user names it now."""
    return str(policy_of(given(file)).name)


def test_an_edited_file_is_another_module_in_the_same_session() -> None:
    write("own.py", OWN)
    assert loaded("own.py") == "own_1"
    write("own.py", OWN.replace("own_1", "own_2"))
    assert loaded("own.py") == "own_2"
    write("own.py", OWN)
    assert loaded("own.py") == "own_1"


def test_paths_that_differ_in_a_separator_are_different_modules() -> None:
    write("a/b_c.py", OWN)
    write("a_b/c.py", OWN.replace("own_1", "own_2"))
    assert (loaded("a/b_c.py"), loaded("a_b/c.py")) == ("own_1", "own_2")


def test_the_same_file_is_executed_once() -> None:
    write("own.py", OWN)
    assert catalogue.load("protocols", given("own.py")) is catalogue.load("protocols", given(Path("own.py")))


def test_a_name_stays_with_the_text_it_was_first_loaded_with() -> None:
    write("own.py", OWN)
    name = given("shield:0.1:own.py")
    assert policy_of(name).name == "shield:0.1:own_1"
    write("own.py", OWN.replace("own_1", "own_2"))
    assert policy_of(name).name == "shield:0.1:own_1"
    Path("own.py").unlink()
    assert policy_of(name).name == "shield:0.1:own_1"


def called(name: Given) -> str:
    """In another process: what the protocol of a name is called."""
    return str(policy_of(name).name)


def test_another_process_executes_the_same_text() -> None:
    write("own.py", OWN)
    name = given("own.py")
    assert called(name) == "own_1"
    write("own.py", OWN.replace("own_1", "own_2"))
    with processes.pool(1) as pool:
        with processes.starting():
            found = [pool.submit(called, one) for one in (name, given("own.py"))]
        assert [one.result() for one in found] == ["own_1", "own_2"]


def test_the_stamp_is_of_what_is_executed() -> None:
    write("own.py", DRUG)
    before = WARD.replace(drug="own.py")
    assert scenario.parts(before)["drug"] == scenario.parts(WARD)["drug"]
    edited = DRUG.replace('title="', 'title="My ')
    assert edited != DRUG
    write("own.py", edited)
    after = WARD.replace(drug="own.py")
    assert scenario.fingerprint(before) == scenario.fingerprint(WARD) != scenario.fingerprint(after)
    assert before.load_drug().title == f"{after.load_drug().title}".removeprefix("My ")
    assert equations.behind(catalogue.source("drugs", after.drug)) == equations.behind(edited)


def test_an_error_names_the_line_that_was_executed() -> None:
    write("own.py", "def fails(x):\n    return 1 / x  # as it was\n\nDRUG = fails\n")
    fails = catalogue.load("drugs", given("own.py"))
    Path("own.py").unlink()
    with pytest.raises(ZeroDivisionError) as told:
        fails(0)
    shown = "".join(traceback.format_exception(told.value))
    assert f'File "{Path("own.py").absolute()}", line 2, in fails' in shown
    assert "return 1 / x  # as it was" in shown


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (b"X = 1\nY = X / 0\n", "own.py, line 2: ZeroDivisionError"),
        (b"# coding: nonsense\n", "own.py: SyntaxError"),
        (b"X = '\xff'\n", "own.py: SyntaxError"),
        (b"# coding: latin-1\nraise KeyError('\xe4')\n", "own.py, line 2: KeyError: 'ä'"),
        (b"X = '\0'\n", "own.py: "),
    ],
)
def test_a_file_that_cannot_be_executed_is_told_in_a_line(text: bytes, line: str) -> None:
    Path("own.py").write_bytes(text)
    for _ in range(2):
        with pytest.raises(ValueError, match=f"^{line}") as told:
            loaded("own.py")
        assert "\n" not in str(told.value)


effect: Any = HOLE


def template(x):  # type: ignore[no-untyped-def]
    return effect(x) + 1.0


DOUBLE, TRIPLE = (f"def effect(x):\n    return {factor}.0 * x\n\n\nDRUG = effect\n" for factor in (2, 3))


def compiled() -> float:
    """What the machine code of the function in the file gives for 10."""
    return float(specialise(template, effect=catalogue.load("drugs", given("own.py")))(10.0))


def test_machine_code_is_of_the_text_that_was_executed(root: Path, here: Path) -> None:
    """In one session, and out of the files of machine code in later ones."""
    found = []
    for text in (DOUBLE, TRIPLE, DOUBLE):
        write("own.py", text)
        found.append(compiled())
    assert found == [21.0, 31.0, 21.0]
    for text, number in ((DOUBLE, "21.0"), (TRIPLE, "31.0"), (DOUBLE, "21.0")):
        write("own.py", text)
        program = "from tests import test_own_code as t; print(t.compiled())"
        environment = os.environ | {"NUMBA_CACHE_DIR": str(here / "cache"), "PYTHONPATH": str(root)}
        command = [sys.executable, "-c", program]
        said = subprocess.run(command, env=environment, check=True, capture_output=True, text=True).stdout
        assert said.split() == [number]
    assert len(list((here / "cache").rglob("*template_*.nbc"))) == 2
