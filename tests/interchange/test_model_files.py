"""A model file of the user's own: a drug like any other, and a mistake is answered in one line."""

from __future__ import annotations

import math
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import gymnasium
import numpy as np
import pytest

from dosing_env import catalogue, scenario, simulate
from dosing_env.formulas import cockcroft_gault
from dosing_env.interchange.model_files import read_drug
from dosing_env.pharmacology import Drug, Patient

FILE = Path(__file__).resolve().parents[1] / "models" / "two_compartments.toml"
GOOD = FILE.read_text(encoding="utf-8")
MAN = Patient(AGE=60.0, WT=80.0, HT=175.0, SEX=1.0, SCR=1.2, DIAL=0.0, HAEM=0.0)
DOSES = [{"time": 0, "amt": 1000, "rate": 1000, "addl": 3, "ii": 12}]

ORAL = """
title = "Absorption, saturable elimination and an effect; the numbers are made up"
units = { time = "d", amount = "ug" }
dosed = "gut"
covariates = { SIZE = "" }
omega = { F = 0.5, LAG = 0.01 }
outputs = { C = "body/V", both = "effect + SIZE" }
assay = { proportional = 0.1, unit = "ug/L" }

[parameters]
KA = 1.5
LAG = "0.5 + eta_LAG"
F = "expit(logit(0.7) + eta_F)"
VM = 20
KM = 5
V = "30*SIZE"
E0 = "VM/KM"

[[compartments]]
name = "gut"
derivative = "-KA*gut"
bioavailability = "F"
lag = "LAG"

[[compartments]]
name = "body"
derivative = "KA*gut - VM*body/(KM*V + body)"
duration = "2*LAG"
infusion_rate = "VM"

[[compartments]]
name = "effect"
derivative = "E0 - effect*(1 + body/V)"
initial = "E0"
"""


def write(folder: Path, text: str) -> Path:
    file = folder / "mine.toml"
    file.write_text(text, encoding="utf-8")
    return file


def changed(folder: Path, old: str, new: str) -> Path:
    text, count = re.subn(old, lambda match: new, GOOD, count=1)
    assert count == 1
    return write(folder, text)


@pytest.fixture
def oral(tmp_path: Path) -> Drug:
    return read_drug(write(tmp_path, ORAL))


# --- the drug ---


def test_a_linear_drug_with_everything_of_the_file() -> None:
    drug = read_drug(FILE)
    assert (drug.name, drug.compartments, drug.linear) == ("two_compartments", ("central", "peripheral"), True)
    assert drug.title.startswith("Two compartments")
    assert drug.omega == {"CL": 0.09, "V1": 0.06}
    assert drug.covariance == {("CL", "V1"): pytest.approx(0.4 * math.sqrt(0.09 * 0.06))}
    assert drug.occasion == {"CL": 0.01}
    assert (drug.assay.proportional, drug.assay.additive, drug.assay.unit) == (0.15, 0.5, "mg/L")
    x = drug.covariates(MAN)
    assert x._asdict() == {"WT": 80.0, "CRCL": pytest.approx(cockcroft_gault(60.0, 80.0, 1.2, 1.0))}
    p = drug.individual(x, drug.Eta(CL=0.2, V1=-0.1))
    CL = 4.5 * (80 / 70) ** 0.75 * x.CRCL / 100 * math.exp(0.2)
    assert tuple(p) == pytest.approx((CL, 33 * 80 / 70 * math.exp(-0.1), 6.5, 40 * 80 / 70))
    rates = (1 - (p.CL + p.Q) / p.V1 * 300 + p.Q / p.V2 * 100, 2 + p.Q / p.V1 * 300 - p.Q / p.V2 * 100)
    assert drug.rates(0.0, (300.0, 100.0), p, (1.0, 2.0)) == pytest.approx(rates)
    assert {name: output((300.0, 100.0), p) for name, output in drug.outputs.items()} == pytest.approx(
        {"level": 300 / p.V1, "peripheral_level": 100 / p.V2}
    )


def test_a_nonlinear_drug_with_all_that_doses_can_do(oral: Drug) -> None:
    assert (oral.linear, oral.driver, oral.dosed, oral.time_unit, oral.amount_unit) == (False, 1, 0, "d", "ug")
    p = oral.individual(oral.Covariates(SIZE=2.0), oral.Eta(F=0.4, LAG=0.1))
    F = 1 / (1 + math.exp(-math.log(0.7 / 0.3) - 0.4))
    assert p._asdict() == pytest.approx({"KA": 1.5, "LAG": 0.6, "F": F, "VM": 20, "KM": 5, "V": 60, "E0": 4, "SIZE": 2})
    assert oral.initial is not None
    assert oral.bioavailability is not None
    assert oral.lag is not None
    assert oral.duration is not None
    assert oral.infusion_rate is not None
    assert oral.initial(p) == (0, 0, 4)
    assert oral.bioavailability(p) == pytest.approx((F, 1, 1))
    assert oral.lag(p) == pytest.approx((0.6, 0, 0))
    assert oral.duration(p) == pytest.approx((0, 1.2, 0))
    assert oral.infusion_rate(p) == (0, 20, 0)
    assert oral.outputs["both"]((0.0, 0.0, 5.0), p) == 7.0


def test_a_model_without_parameters_covariates_effects_or_outputs(tmp_path: Path) -> None:
    text = "title='x'\nassay={}\n[[compartments]]\nname='a'\nderivative='-0.1*a'\n"
    file = write(tmp_path, text)
    table = simulate(file, [{"time": 0, "amt": 100}], times=[0.0, 10.0])
    assert table["level"].iloc[-1] == pytest.approx(100 * math.exp(-1), rel=1e-9)
    assert read_drug(file).omega == {"none": 0.0}
    assert environment(str(file)).step(np.array([750.0]))[0] is not None


def test_the_same_file_is_the_same_code(tmp_path: Path) -> None:
    assert read_drug(FILE).rates is read_drug(write(tmp_path, GOOD)).rates


# --- where a drug is named ---


def environment(drug: str) -> Any:
    env = gymnasium.make("dosing_env/Scenario-v0", scenario="vancomycin_ward", drug=drug)
    env.reset(seed=3)
    return env


def test_it_is_simulated_by_path() -> None:
    own = simulate(FILE, DOSES, covariates={"WT": 80, "CRCL": 60}, times=[6.0, 30.0])
    numeric = simulate(str(FILE), DOSES, covariates={"WT": 80, "CRCL": 60}, times=[6.0, 30.0], solver="scipy")
    assert own["level"].to_numpy() == pytest.approx(numeric["level"].to_numpy(), rel=1e-9)
    bedside = simulate(FILE, DOSES, covariates=MAN, times=[6.0])
    assert bedside["level"].gt(0).all()


def without_occasions(folder: Path, text: str = GOOD) -> Path:
    return write(folder, text.replace("[occasion]\nCL = 0.01\n", ""))


def test_an_environment_refuses_occasions() -> None:
    with pytest.raises(ValueError, match="two_compartments: occasion: an environment has no occasions yet"):
        environment(str(FILE))


def test_it_treats_patients_of_an_environment(tmp_path: Path) -> None:
    env = environment(str(without_occasions(tmp_path)))
    observation, *_ = env.step(np.array([1000.0]))
    assert np.all(np.isfinite(observation))
    assert env.unwrapped.task.drug.name == "mine"


def test_a_scenario_file_may_name_it(tmp_path: Path) -> None:
    ward = catalogue.find("scenarios", "vancomycin_ward").read_text(encoding="utf-8")
    model = without_occasions(tmp_path)
    text = ward.replace('drug = "vancomycin_goti2018"', f'drug = "{model.as_posix()}"')
    assert text != ward
    file = tmp_path / "ward.toml"
    file.write_text(text, encoding="utf-8")
    assert scenario.load(str(file)).load_drug().name == "mine"


def test_what_an_agent_meets_changes_with_the_model_but_not_with_its_comments(tmp_path: Path) -> None:
    ward = scenario.load("vancomycin_ward")
    before = hash_of(ward, without_occasions(tmp_path))
    assert hash_of(ward, without_occasions(tmp_path, "# a comment\n" + GOOD)) == before
    assert hash_of(ward, without_occasions(tmp_path, GOOD.replace("4.5", "4.6"))) != before


def hash_of(ward: scenario.Scenario, model: Path) -> str:
    return scenario.parts(ward.replace(drug=str(model)))["drug"]


def test_the_catalogue_knows_what_kind_of_file_it_is() -> None:
    assert catalogue.kind_of_file(str(FILE)) == "drugs"
    assert catalogue.source("drugs", str(FILE)) == GOOD


def test_an_environment_refuses_other_covariates_and_simulate_takes_them(tmp_path: Path) -> None:
    file = without_occasions(tmp_path, GOOD.replace("CRCL", "GFR"))
    with pytest.raises(ValueError, match=r"drug: mine: no patient of an environment has GFR: covariates there are AGE"):
        environment(str(file))
    own = simulate(file, DOSES, covariates={"WT": 80, "GFR": 60}, times=[6.0])
    assert (
        own["level"].iloc[0] == simulate(FILE, DOSES, covariates={"WT": 80, "CRCL": 60}, times=[6.0])["level"].iloc[0]
    )


def test_an_environment_refuses_other_units(tmp_path: Path) -> None:
    file = changed(tmp_path, r"\[covariates\]", '[units]\ntime = "d"\n\n[covariates]')
    with pytest.raises(ValueError, match="drug: mine: counts in d and mg, an environment in h and mg"):
        environment(str(file))


# --- mistakes ---

MISTAKES = {
    "unknown key": ("dosed", "dozed", "unknown key dozed. Did you mean 'dosed'?"),
    "unknown key of a compartment": (
        "derivative",
        "derivatve",
        "compartments[0].derivatve. Did you mean 'derivative'?",
    ),
    "a name of its own": ("dosed", 'name = "x"\ndosed', "unknown key name. It is known from the path"),
    "no title": (r"title = .*\n", "", "title"),
    "no error model": (r"(?s)\[assay\].*", "", "assay"),
    "no compartments": (r"(?s)\[\[compartments\]\].*(?=\[outputs\])", "compartments = []\n", "compartments"),
    "no TOML": ("Q = 6.5", "Q = = 6.5", "line"),
    "nested too deeply": ("Q = 6.5", f"Q = {'[' * 5000}", "brackets inside one another too deeply"),
    "negative error": ("additive = 0.5", "additive = -0.5", "assay.additive"),
    "error that is no number": ("additive = 0.5", "additive = inf", "assay.additive: inf is not finite"),
    "unknown compartment": (
        'dosed = "central"',
        'dosed = "centrum"',
        "dosed: unknown compartment 'centrum'. Did you m",
    ),
    "unknown name": (
        r"Q/V1\*central -",
        "Q/v1*central -",
        "compartments[1] (peripheral).derivative: 'Q/v1*central - Q/V2*peripheral', character 3: unknown name 'v1'. "
        "Did you mean 'V1'?",
    ),
    "unknown name in an output": (
        '"central/V1"',
        '"centre/V1"',
        "outputs.level: 'centre/V1', character 1: unknown name",
    ),
    "a parameter below": (r"Q = 6.5", 'Q = "V2/6"', "parameters.Q: 'V2/6', character 1: 'V2' stands further down"),
    "a parameter of itself": (r"Q = 6.5", 'Q = "Q/6"', "parameters.Q: 'Q/6', character 1: 'Q' stands further down"),
    "a compartment in a parameter": (r"Q = 6.5", 'Q = "central"', "parameters.Q: 'central', character 1: unknown name"),
    "a compartment in a lag": (
        'name = "central"',
        'name = "central"\nlag = "central"',
        "compartments[0] (central).lag: 'central', character 1: 'central' is a compartment: only parameters",
    ),
    "random effect without variance": (
        r"exp\(eta_V1\)",
        "exp(eta_V2)",
        "unknown name 'eta_V2'. Did you mean 'eta_V1'?",
    ),
    "variance without random effect": ("CL = 0.09", "CL = 0.09\nQ = 0.1", "omega.Q: no parameter contains eta_Q"),
    "negative variance": ("CL = 0.09", "CL = -0.09", "omega.CL: -0.09 is below 0"),
    "variance as text": ("CL = 0.09", 'CL = "0.09"', "omega.CL: '0.09' is no number"),
    "infinite number": ("Q = 6.5", "Q = inf", "parameters.Q: inf is not finite"),
    "huge number": ("Q = 6.5", f"Q = {'9' * 400}", "parameters.Q: inf is not finite"),
    "a truth value": ("Q = 6.5", "Q = true", "parameters.Q: True is no number"),
    "a list": ("Q = 6.5", "Q = [6.5]", "parameters.Q: [6.5] is no number"),
    "a list as derivative": (r'derivative = "Q.*"', "derivative = [1]", "compartments[1].derivative"),
    "occasion of nothing": (r"CL = 0.01", "KL = 0.01", "occasion.KL: unknown random effect 'KL'. Did you mean 'CL'?"),
    "covariance of nothing": (r'\["CL", "V1"\]', '["CL", "V2"]', "covariance[0].etas: unknown random effect 'V2'"),
    "covariance with itself": (r'\["CL", "V1"\]', '["CL", "CL"]', "covariance[0].etas: 'CL' and 'CL': two different"),
    "neither of both": ("correlation = 0.4", "", "covariance[0]: give either the covariance or the correlation"),
    "both": ("correlation = 0.4", "correlation = 0.4\ncovariance = 0.1", "covariance[0]: give either"),
    "correlation above one": ("correlation = 0.4", "correlation = 1.4", "covariance[0].correlation"),
    "covariance too large": ("correlation = 0.4", "covariance = 0.4", "covariance: 0.4 of CL and V1 is above the root"),
    "a name twice": ('name = "peripheral"', 'name = "V1"', "compartments[1].name: 'V1' stands in parameters already"),
    "a name that is none": (r"Q = 6.5", '"Q;x" = 6.5', "parameters: 'Q;x': a name is made of the letters"),
    "a name over two lines": (r"Q = 6.5", '"Q\\nx" = 6.5', r"parameters: 'Q\nx': a name is made of the letters"),
    "a word of Python": (r"Q = 6.5", "lambda = 6.5", "parameters: 'lambda': this word belongs to Python"),
    "a function": (r"Q = 6.5", "exp = 6.5", "parameters: 'exp': a function cannot be a name"),
    "an output that is none": ("peripheral_level", '"1"', "outputs: '1': a name is made of the letters"),
    "a random effect as parameter": (r"Q = 6.5", "eta_Q = 6.5", "parameters: 'eta_Q': names that begin with eta_"),
    "a heading as covariate": ('WT = "kg"', 'WT = "kg"\nTime = "h"', "covariates: 'Time' is the heading"),
    "code": (r"Q = 6.5", "Q = \"__import__('os').remove('x')\"", "character 1: '_' is not known"),
}


@pytest.mark.parametrize(("old", "new", "answer"), MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_is_answered_in_one_line(tmp_path: Path, old: str, new: str, answer: str) -> None:
    file = changed(tmp_path, old, new)
    with pytest.raises(ValueError, match=re.escape(f"{file}: ")) as error:
        catalogue.load("drugs", str(file))
    assert answer in str(error.value)
    assert len(str(error.value).splitlines()) == 1


def test_covariances_that_contradict_each_other(tmp_path: Path) -> None:
    pairs = "".join(
        f'[[covariance]]\netas = ["{a}", "{b}"]\ncorrelation = {r}\n'
        for a, b, r in (("F", "LAG", 0.9), ("F", "KA", 0.9), ("LAG", "KA", -0.9))
    )
    text = ORAL.replace("KA = 1.5", 'KA = "1.5*exp(eta_KA)"').replace("omega = {", "omega = { KA = 0.1,") + pairs
    with pytest.raises(ValueError, match="KA, F, LAG cannot all be true together"):
        read_drug(write(tmp_path, text))


def test_a_file_that_is_not_there() -> None:
    with pytest.raises(ValueError, match=r"^nowhere\.toml: no such file"):
        catalogue.load("drugs", "nowhere.toml")


# --- the page about it ---


def test_the_page_shows_this_file_and_what_it_really_gives(root: Path, tmp_path: Path) -> None:
    page = (root / "docs" / "models.md").read_text(encoding="utf-8")
    (model,) = re.findall(r"```toml\n(.*?)```", page, re.DOTALL)
    (program,) = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    shown, mistakes = re.findall(r"```text\n(.*?)```", page, re.DOTALL)
    assert model == GOOD
    (tmp_path / "two_compartments.toml").write_text(model, encoding="utf-8")
    command = [sys.executable, "-c", program]
    here = os.environ | {"PYTHONPATH": str(root)}
    run = subprocess.run(command, cwd=tmp_path, env=here, capture_output=True, text=True, check=True)
    assert run.stdout == shown
    answers = [re.escape(line.removeprefix("mine.toml: ")) for line in mistakes.splitlines()]
    made = [("V1\\*central -", "v1*central -"), (r"\[omega\]", "[omgea]"), (r"pow\(WT/70, 0.75\)", "(WT/70)^0.75")]
    for (old, new), answer in zip([*made, ("correlation = 0.4", "correlation = 4")], answers, strict=True):
        with pytest.raises(ValueError, match=answer):
            read_drug(changed(tmp_path, old, new))


def test_a_huge_model_is_refused_at_once(tmp_path: Path) -> None:
    """Each expression is allowed, all of them together are not."""
    long = "1" + " + 1" * 900
    parameters = "".join(f'p{i} = "{long}"\n' for i in range(20))
    path = tmp_path / "x.toml"
    path.write_text(
        f'title = "x"\n[parameters]\n{parameters}[outputs]\nlevel = "a"\n[assay]\n'
        '[[compartments]]\nname = "a"\nderivative = "-a"\n'
    )
    with pytest.raises(ValueError, match=r"its expressions have 72,0.. characters; .* at most 50,000"):
        read_drug(path)
