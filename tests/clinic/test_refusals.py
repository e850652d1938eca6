"""What a clinic does not have yet, or never, is said in a line."""

from __future__ import annotations

from pathlib import Path

import gymnasium
import pytest

import dosing_env
from dosing_env import catalogue, scenario


@pytest.mark.parametrize("planner", ["ceiling", "posterior_optimal", "mpc"])
def test_planners_of_a_posterior_read_the_charts_of_a_ward(planner: str) -> None:
    fault = f"{planner}: reads the charts of a ward, warfarin_initiation has those of a clinic"
    with pytest.raises(ValueError, match=fault):
        dosing_env.evaluate("warfarin_initiation", [planner], patients=2, rivals=False)


def test_map_dosing_believes_a_model_of_warfarin() -> None:
    with pytest.raises(ValueError, match="vancomycin_goti2018: its patients are of the kind Patient: map_dosing"):
        dosing_env.evaluate("warfarin_initiation", ["map_dosing:vancomycin_goti2018"], patients=2, rivals=False)


def test_beliefs_are_of_a_ward() -> None:
    with pytest.raises(ValueError, match="belief: reads the charts of a ward"):
        gymnasium.make("dosing_env/WarfarinInitiation-v1", belief="warfarin_hamberg2007")


@pytest.mark.parametrize(
    ("case", "protocol", "fault"),
    [
        ("warfarin_initiation", "guideline_2020", "guideline_2020: reads a Chart, the clinic has a ClinicChart"),
        ("vancomycin_ward", "eu_pact_genetic", "eu_pact_genetic: reads a ClinicChart, the ward has a Chart"),
    ],
)
def test_a_protocol_of_another_kind_of_care(case: str, protocol: str, fault: str) -> None:
    with pytest.raises(ValueError, match=fault):
        dosing_env.evaluate(case, [protocol], patients=2, rivals=False)


def test_on_a_ward_no_dose_is_held() -> None:
    with pytest.raises(ValueError, match="vancomycin_ward: hold: a ward has no visits between which a dose"):
        gymnasium.make("dosing_env/VancomycinWard-v1", hold=True)


@pytest.mark.parametrize(
    ("changed", "fault"),
    [
        ({"course": {"days": 90, "first_day": 91, "lead_in": "warfarin_5mg_rely"}}, "course.first_day: 91 is after"),
        ({"course": {"days": 90, "first_day": 8}}, "course.lead_in: is missing, a policy is first asked on day 8"),
        ({"course": {"days": 90, "lead_in": "warfarin_5mg_rely"}}, "would dose nobody"),
        ({"course": {"days": 90, "counted_from_day": 90}}, "course.counted_from_day: 90 is not between"),
        ({"drug": "vancomycin_goti2018"}, "a clinic knows only the kind WarfarinPatient"),
        ({"population": "adult_ward"}, "a clinic knows only the kind WarfarinPatient"),
    ],
)
def test_a_scenario_that_cannot_be(changed: dict[str, object], fault: str) -> None:
    with pytest.raises(ValueError, match=fault):
        scenario.load("warfarin_initiation").replace(**changed)


def test_an_unknown_kind_of_care(tmp_path: Path) -> None:
    text = catalogue.find("scenarios", "warfarin_initiation").read_text(encoding="utf-8")
    file = tmp_path / "mine.toml"
    file.write_text(text.replace('care = "clinic"', 'care = "clinics"'), encoding="utf-8")
    with pytest.raises(ValueError, match=r"mine.toml: care: .*'clinics'.*clinic"):
        scenario.load(str(file))
