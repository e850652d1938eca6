"""Doses written as tablets, and a fixed one as a policy."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

import dosing_env
from dosing_env.clinic.tablets import as_tablets, read_dose
from dosing_env.policies import policy_of


@pytest.mark.parametrize(
    ("text", "mg"),
    [
        ("7.5", 7.5),
        ("5+2.5 mg", 7.5),
        ("2x2.5", 5.0),
        ("2 X 5mg + 1/2 x 5", 12.5),
        (" 10 mg + 0.5 ", 10.5),
        ("3x1", 3.0),
    ],
)
def test_tablets_are_added_up(text: str, mg: float) -> None:
    assert read_dose(text) == mg


@pytest.mark.parametrize(("mg", "tablets"), [(7.5, 1), (12.5, 2), (20.0, 2), (0.5, 1), (8.0, 2), (14.5, 3)])
def test_fewest_tablets(mg: float, tablets: int) -> None:
    parts = as_tablets(mg).removesuffix(" mg").split(" + ")
    assert sum(int(part.split("x")[0]) if "x" in part else 1 for part in parts) == tablets


@given(st.integers(1, 30))
def test_what_is_written_is_read_again(halves: int) -> None:
    assert read_dose(as_tablets(halves / 2)) == halves / 2


def test_few_strengths_do_not_make_everything() -> None:
    with pytest.raises(ValueError, match=r"7 mg: tablets of 3, 5 mg do not make it. Nearest: (5 \+ 3|2x3) mg"):
        as_tablets(7.0, (3.0, 5.0))


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", "no dose; it is written as tablets"),
        ("5 + 7", r"'5 \+ 7': no tablet has 7 mg. Nearest: "),
        ("5 + ", "'' is not how many tablets of which mg"),
        ("five", r"'five' is not how many tablets of which mg, such as 5 \+ 2.5 mg"),
        ("-5", "'-5' is negative. Nearest: '5'"),
        ("0x5", "'0x5' is no tablet. Nearest: '1x5'"),
        ("1e3", "'1e3' is not how many"),
        ("nan", "'nan' is not how many"),
    ],
)
def test_what_is_no_dose_is_said_in_a_line(text: str, fault: str) -> None:
    with pytest.raises(ValueError, match=fault):
        read_dose(text)


@pytest.mark.parametrize(
    ("scenario", "policy", "fault"),
    [
        (
            "warfarin_initiation",
            "tablets:2x10",
            "20 mg a day is above max_dose_mg, 15, of warfarin_initiation",
        ),
        ("warfarin_initiation", "tablets:1/2x0.5", "0.25 mg a day is no multiple of step_mg, 0.5, of"),
        ("warfarin_initiation", "tablets:7", "tablets: '7': no tablet has 7 mg"),
        (
            "warfarin_initiation",
            "tablets",
            "'tablets': by itself it is no policy, behind a colon it takes a daily",
        ),
        ("warfarin_initiation", "tablets:", "behind the colon stands nothing"),
        ("vancomycin_ward", "tablets:5", "tablets:5: a daily dose is of a clinic"),
    ],
)
def test_a_policy_that_cannot_be(scenario: str, policy: str, fault: str) -> None:
    with pytest.raises(ValueError, match=fault):
        dosing_env.evaluate(scenario, [policy], patients=2, rivals=False)


def test_everybody_takes_the_dose_every_day() -> None:
    trial = dosing_env.evaluate("warfarin_initiation", ["tablets:2x2.5"], patients=3, rivals=False)
    table = trial.patients("tablets:2x2.5")
    assert (table["mean_dose_mg"] == 5.0).all()
    assert (table["visits_count"] == 4).all()  # days 1, 29, 57 and 85
    assert policy_of("tablets:2x2.5").title == "Tablets, 5 mg a day"
