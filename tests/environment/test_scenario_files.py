"""A scenario file that is wrong is answered in one line: file, field, value, rule, nearest right answer."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import gymnasium
import numpy as np
import pytest

from dosing_env import catalogue, registration, scenario
from dosing_env.env import DosingEnv
from dosing_env.source import equations
from tests.environment.rollouts import every_scenario, identifier, share_of_most
from tests.models import friberg

GOOD = catalogue.find("scenarios", "vancomycin_ward").read_text(encoding="utf-8")

# What stands in the file (a regular expression), what is written instead, and what the answer must name.
MISTAKES = {
    "unknown key": (r"days = 7", "days = 7\ndayz = 7", ["course", "dayz", "Did you mean 'days'?"]),
    "unknown key on top": (r"(?m)^drug =", 'drugg = "x"\ndrug =', ["drugg", "Did you mean 'drug'?"]),
    "unknown section": (r"\[kidney\]", "[kidneys]", ["kidneys", "Did you mean 'kidney'?"]),
    "unknown key of a subgroup": (r'column = "male"', 'colum = "male"', ["subgroups", "colum", "'column'"]),
    "a name of its own": (r"version = 1", 'version = 1\nname = "mine"', ["name"]),
    "text for a number": (r"days = 7", 'days = "seven"', ["course.days", "int", "str", "seven"]),
    "a part of a day": (r"days = 7", "days = 7.5", ["course.days", "int", "float", "7.5"]),
    "a number for text": (r'(?m)^title = ".*"', "title = 7", ["title", "str", "int"]),
    "one number for many": (r"drawn_h = \[.*\]", "drawn_h = 34", ["levels.drawn_h"]),
    "no days": (r"days = 7", "days = 0", ["course.days", ">= 1", "found 0"]),
    "negative product": (r"step_mg = 250", "step_mg = -250", ["dosing.step_mg", "> 0", "-250"]),
    "not a number": (r"step_mg = 250", "step_mg = nan", ["dosing.step_mg", "nan"]),
    "infinite": (r"max_dose_mg = 3000", "max_dose_mg = inf", ["dosing.max_dose_mg", "inf"]),
    "infinite intercept": (r"logit_intercept = -4.0", "logit_intercept = -inf", ["aki.logit_intercept", "inf"]),
    "share above one": (r"weight_cv = 0.03", "weight_cv = 1.5", ["charting.weight_cv", "<= 1", "1.5"]),
    "interval that cuts days": (r"interval_h = 12", "interval_h = 7", ["course.interval_h", "7", "24"]),
    "no multiple of the interval decided": (
        r"days = 7",
        "days = 7\ndecided_h = [0, 40]",
        ["course.decided_h", "40 is no multiple", "interval_h, 12", "no dose is due"],
    ),
    "decided out of order": (r"days = 7", "days = 7\ndecided_h = [72, 0]", ["course.decided_h", "72", "ascending"]),
    "decided twice": (r"days = 7", "days = 7\ndecided_h = [0, 0]", ["course.decided_h", "[0.0, 0.0]", "repetition"]),
    "decided at the end": (
        r"days = 7",
        "days = 7\ndecided_h = [0, 168]",
        ["course.decided_h", "168", "before the end"],
    ),
    "decided after the end": (r"days = 7", "days = 7\ndecided_h = [0, 180]", ["course.decided_h", "180", "168 h"]),
    "decided before the start": (r"days = 7", "days = 7\ndecided_h = [-12]", ["course.decided_h", ">= 0", "-12"]),
    "no lead-in": (r"days = 7", "days = 7\ndecided_h = [36]", ["course.lead_in", "missing", "36 h", "protocol"]),
    "a lead-in to nothing": (r"days = 7", 'days = 7\nlead_in = "camera2"', ["course.lead_in", "'camera2'", "0 h"]),
    "a lead-in to the start": (
        r"days = 7",
        'days = 7\ndecided_h = [0, 36]\nlead_in = "camera2"',
        ["course.lead_in", "'camera2'", "does not begin after 0 h"],
    ),
    "unknown lead-in": (
        r"days = 7",
        'days = 7\ndecided_h = [36]\nlead_in = "camera3"',
        ["course.lead_in", "'camera3'", "Did you mean 'camera2'?"],
    ),
    "a planner as lead-in": (
        r"days = 7",
        'days = 7\ndecided_h = [36]\nlead_in = "oracle"',
        ["course.lead_in", "'oracle'"],
    ),
    "an oracle that is told something": (
        '"camera2"',
        '"oracle:x"',
        ["policies", "'oracle:x'", "nothing behind a colon"],
    ),
    "level nought": ('"camera2"', '"ceiling:0"', ["policies", "ceiling", "'0'", "such as 2 or 1+2"]),
    "no number of a level": ('"camera2"', '"ceiling:x"', ["policies", "ceiling", "'x'", "none"]),
    "half a sum of levels": ('"camera2"', '"ceiling:1+"', ["policies", "ceiling", "'1+'", "1+2"]),
    "no model behind the colon": (
        '"camera2"',
        '"map_dosing:"',
        ["policies", "'map_dosing:'", "the model that is believed"],
    ),
    "an unknown model": ('"camera2"', '"mpc:vancomycin_goti2081"', ["policies", "goti2081'", "vancomycin_goti2018"]),
    "a shield of nothing": ('"camera2"', '"shield:0.1"', ["policies", "'shield:0.1'", "such as 0.15:trough_rules"]),
    "a shield of an unknown policy": (
        '"camera2"',
        '"shield:0.1:camera3"',
        ["policies", "unknown policy 'camera3'", "Did you mean 'camera2'?"],
    ),
    "a protocol with a colon": ('"camera2"', '"camera2:x"', ["policies", "unknown policy 'camera2:x'", "camera2"]),
    "levels not in order": (r"\[28.5, 34, 58, 106\]", "[34, 28.5]", ["levels.drawn_h", "34", "ascending"]),
    "level after the end": (r"\[28.5, 34, 58, 106\]", "[28.5, 200]", ["levels.drawn_h", "200", "168"]),
    "target upside down": (r"auc24_high_mg_h_L = 600", "auc24_high_mg_h_L = 300", ["target.auc24_high_mg_h_L", "300"]),
    "target after the end": (r"first_day = 2", "first_day = 8", ["target.first_day", "8", "7"]),
    "step above the largest dose": (r"step_mg = 250", "step_mg = 3500", ["dosing.step_mg", "3500", "3000"]),
    "step above the largest day": (r"max_daily_mg = 4500", "max_daily_mg = 100", ["dosing.step_mg", "250", "100"]),
    "interval of seconds": (r"interval_h = 12", "interval_h = 0.001", ["course.interval_h", "0.001", "1 h"]),
    "subgroup upside down": (r"low = 75", "low = 75\nhigh = 20", ["subgroups", "Age 75", "20"]),
    "creatinine that falls by injury": (
        r"creatinine_factor = 2.0",
        "creatinine_factor = 0.5",
        ["aki.creatinine_factor", ">= 1", "0.5"],
    ),
    "a lead-in that is code": (
        r"interval_h = 12",
        'interval_h = 12\ndecided_h = [36]\nlead_in = "mine.py"',
        ["course.lead_in", "is code"],
    ),
    "missing key": (r"(?m)^question = .*$", "", ["question", "required"]),
    "missing section": (r"(?s)\[kidney\].*?\n\n", "", ["kidney", "required"]),
    "unknown drug": ("vancomycin_goti2018", "vancomycin_goti2019", ["drug", "'vancomycin_goti2019'", "goti2018"]),
    "unknown rival": ("vancomycin_thomson2009", "vancomycin_tomson", ["rivals", "'vancomycin_tomson'", "thomson2009"]),
    "unknown population": (
        '"adult_ward"',
        '"adult_wart"',
        ["population", "'adult_wart'", "Did you mean 'adult_ward'?"],
    ),
    "unknown policy": ('"camera2"', '"camera3"', ["policies", "'camera3'", "Did you mean 'camera2'?"]),
    "a version below zero": (r"version = 1", "version = -1", ["version", ">= 0", "-1"]),
    "same key twice": (r"days = 7", "days = 7\ndays = 8", ["line"]),
    "no TOML": (r"days = 7", "days = = 7", ["line"]),
    "cut off": (r"(?s)\[levels\].*", "[levels", ["']'"]),
    "version as text": (r"version = 1", 'version = "1"', ["version", "int", "str"]),
}


def write(folder: Path, text: str) -> Path:
    file = folder / "mine.toml"
    file.write_text(text, encoding="utf-8")
    return file


@pytest.mark.parametrize(("old", "new", "named"), MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_is_answered_in_one_line(tmp_path: Path, old: str, new: str, named: list[str]) -> None:
    text, count = re.subn(old, lambda match: new, GOOD, count=1)
    assert count == 1
    file = write(tmp_path, text)
    with pytest.raises(ValueError, match=re.escape(str(file))) as error:
        scenario.load(str(file))
    line = str(error.value)
    assert "\n" not in line
    assert [word for word in named if word not in line.replace(str(file), "")] == []


def test_the_environment_gives_the_same_answer(tmp_path: Path) -> None:
    file = write(tmp_path, GOOD.replace("days = 7", "dayz = 7"))
    with pytest.raises(ValueError, match=r"dayz\. Did you mean 'days'"):
        gymnasium.make("dosing_env/Scenario-v0", scenario=str(file))


def test_a_file_that_is_no_text(tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ValueError, match=re.escape(str(file))):
        scenario.load(str(file))


@pytest.mark.parametrize("name", ["nowhere/mine.toml", ".toml", "scenarios"])
def test_a_file_that_is_not_there(name: str) -> None:
    with pytest.raises(ValueError, match=re.escape(name)):
        scenario.load(name)


def test_an_unknown_name_is_answered_with_the_nearest() -> None:
    with pytest.raises(
        ValueError, match=re.escape("unknown scenario 'vancomycin_wart'. Did you mean 'vancomycin_ward'?")
    ):
        scenario.load("vancomycin_wart")


@every_scenario
def test_a_users_copy_is_the_same_environment(name: str, tmp_path: Path) -> None:
    file = write(tmp_path, catalogue.find("scenarios", name).read_text(encoding="utf-8"))
    mine = gymnasium.make("dosing_env/Scenario-v0", scenario=str(file))
    own = gymnasium.make(identifier(name))
    assert np.array_equal(mine.reset(seed=1)[0], own.reset(seed=1)[0])
    action = share_of_most(DosingEnv(name), 0.25)
    assert mine.step(action)[1:] == own.step(action)[1:]


BROKEN = {
    "no TOML": b"version = = 1",
    "no version": b"title = 'x'",
    "version as text": b"version = 'one'",
    "no text": b"\xff\xfe\x00",
    "negative version": b"version = -1",
    "empty": b"",
}


@pytest.mark.parametrize("content", BROKEN.values(), ids=BROKEN)
def test_a_broken_file_among_the_scenarios_costs_only_its_own_id(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: bytes
) -> None:
    (tmp_path / "broken.toml").write_bytes(content)
    (tmp_path / "zebra_test.toml").write_text("version = 3\n", encoding="utf-8")
    monkeypatch.setattr(catalogue, "content", lambda kind: tmp_path)
    with pytest.warns(UserWarning, match="broken.toml"):
        registration.register()
    assert gymnasium.registry.pop("dosing_env/ZebraTest-v3").kwargs == {"scenario": "zebra_test"}
    assert not [found for found in gymnasium.registry if found.startswith("dosing_env/Broken")]


def test_a_broken_file_in_the_working_directory_never_breaks_the_import(tmp_path: Path, root: Path) -> None:
    (tmp_path / "scenarios").mkdir()
    (tmp_path / "scenarios" / "vancomycin_ward.toml").write_bytes(b"\xff broken = = ")
    program = "import dosing_env, gymnasium; print(gymnasium.make('dosing_env/VancomycinWard-v1').spec.id)"
    run = subprocess.run(
        [sys.executable, "-W", "error::UserWarning", "-c", program],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(root)},
        check=True,
        capture_output=True,
        text=True,
    )
    assert run.stdout.split() == ["dosing_env/VancomycinWard-v1"]


def test_what_an_agent_meets_does_not_depend_on_docstrings(monkeypatch: pytest.MonkeyPatch) -> None:
    ward = scenario.load("vancomycin_ward")
    before, source = scenario.parts(ward), catalogue.source("drugs", ward.drug)
    monkeypatch.setattr(catalogue, "source", lambda kind, name: source.replace("Intravenous", "Infused"))
    assert scenario.parts(ward)["drug"] == before["drug"]
    monkeypatch.setattr(catalogue, "source", lambda kind, name: source.replace("4.5 *", "4.6 *"))
    assert scenario.parts(ward)["drug"] != before["drug"]


@pytest.mark.parametrize(
    ("module", "old", "new", "changed"),
    [
        ("dosing_env.blocks.disposition", "(CL + Q) / V1", "(CL + 2 * Q) / V1", {"drug"}),
        ("dosing_env.blocks.disposition", "k10 * A", "2 * k10 * A", set()),  # another block of the same file
        ("dosing_env.blocks.disposition", "by clearances", "with clearances", set()),  # a docstring
        ("dosing_env.formulas", "(72 * SCR)", "(73 * SCR)", {"drug", "population"}),
        ("dosing_env.formulas", "ratio = SCR / k", "ratio = 2 * SCR / k", set()),
        ("dosing_env.populations._recipe", "r1 * z1", "2 * r1 * z1", {"population"}),
    ],
)
def test_what_an_agent_meets_depends_on_the_functions_its_drug_and_population_use(
    monkeypatch: pytest.MonkeyPatch, module: str, old: str, new: str, changed: set[str]
) -> None:
    ward, read = scenario.load("vancomycin_ward"), equations.source
    assert old in read(module)
    before = scenario.parts(ward)
    monkeypatch.setattr(
        equations, "source", lambda name: read(name).replace(old, new) if name == module else read(name)
    )
    assert {part for part, value in scenario.parts(ward).items() if value != before[part]} == changed


def test_what_an_agent_meets_depends_on_the_block_behind_a_block(monkeypatch: pytest.MonkeyPatch) -> None:
    text, read = Path(str(friberg.__file__)).read_text(encoding="utf-8"), equations.source
    before = equations.behind(text)
    monkeypatch.setattr(equations, "source", lambda name: read(name).replace("ktr * T3", "2 * ktr * T3"))
    assert equations.behind(text) != before
