"""Who doses before a policy is asked, what counts, and the line between INRs, worked out by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from dosing_env import catalogue
from dosing_env.clinic.chart import read
from dosing_env.clinic.tables import PRIMARY, outcomes
from dosing_env.cohort import Cohort
from tests.clinic.clinics import CALM, admitted, clinic, constant, followed, irregular, treated
from tests.environment.rollouts import changed

SIZE, FIRST = 8, 6
LEAD_IN = catalogue.load("protocols", "warfarin_5mg_wilson").dose
LIMIT = "max_dose_mg"


def behind_lead_in(counted: int = FIRST) -> Cohort:
    """Patients whom the protocol treated before a policy is asked."""
    task = replace(clinic(first_day=FIRST, counted=counted, decisions=30), lead_in=LEAD_IN)
    return admitted(task, SIZE)


def test_before_the_first_day_the_protocol_doses_and_calls() -> None:
    cohort, alone = behind_lead_in(), admitted(clinic(decisions=30), SIZE)
    for _ in range(FIRST):
        charts = [read(row.astype(np.float64), alone.task.rules) for row in alone.observation]
        followed(alone, [[tuple(LEAD_IN(chart)) for chart in charts]])
    assert (cohort.courses["decision"] == FIRST).all()
    for field in ("ordered", "doses", "taken", "measured", "inr", "next_visit"):
        assert np.array_equal(cohort.courses[field], alone.courses[field]), field
    assert np.array_equal(cohort.observation[:, 2:], alone.observation[:, 2:])


@pytest.mark.parametrize("counted", [FIRST, 14])
def test_days_before_the_first_that_counts_earn_nothing(counted: int) -> None:
    cohort = behind_lead_in(counted)
    terms = followed(cohort, irregular(30 - FIRST, SIZE))
    assert not terms[: counted - FIRST].any()
    table, course = outcomes(cohort, {}), cohort.courses
    assert table["visits_count"].tolist() == (course["measured"][:, counted:30] > 0.0).sum(axis=1).tolist()
    assert table["mean_dose_mg"].to_numpy() == pytest.approx(course["doses"][:, counted:].mean(axis=1))
    assert table["true_in_range_percent"].to_numpy() == pytest.approx(100.0 * terms[:, :, 0].sum(axis=0))


def test_a_dose_above_the_largest_is_lowered_and_told() -> None:
    cohort = admitted(clinic(), 3)
    most = cohort.task.rules.max_dose
    paid = cohort.treat(np.array([[most, 7.0], [most + 0.1, 7.0], [1e6, 7.0]]), np.ones(3, dtype=bool))
    assert [cohort.task.care.limits[limit] for limit in paid.limit] == ["", LIMIT, LIMIT]
    assert (cohort.courses["ordered"][:, 0] == most).all()


LINES = {  # first counted day, INRs by day (0-based; 90: the end) -> % of the time within 2 to 3, by hand
    "from the first day on": (0, {0: 1.0, 10: 3.0, 30: 3.0, 50: 2.0, 90: 2.0}, (5 + 20 + 20 + 40) / 90),
    "a gap of 57 days is not known": (0, {0: 2.0, 10: 2.0, 67: 2.0, 90: 4.3}, (10 + 10) / 33),
    "a gap of 56 days is": (0, {0: 2.0, 10: 2.0, 66: 2.0, 90: 4.4}, (10 + 56 + 10) / 90),
    "counted from a visit on": (40, {0: 9.0, 40: 2.0, 90: 4.0}, 25 / 50),
}


@pytest.mark.parametrize(("counted", "inrs", "share"), LINES.values(), ids=LINES)
def test_time_in_range_by_hand(counted: int, inrs: dict[int, float], share: float) -> None:
    cohort, _ = treated(clinic(counted=counted, **CALM), constant(5.0, 30.0), 1)
    cohort.courses["measured"] = 0.0
    cohort.courses["measured"][0, list(inrs)] = list(inrs.values())
    assert outcomes(cohort, {})[PRIMARY].to_numpy() == pytest.approx(100.0 * share)


def test_nobody_may_stay_away_for_longer_than_the_line_is_drawn() -> None:
    assert changed("warfarin_initiation", dosing={"longest_interval_days": 56})
    with pytest.raises(ValueError, match=r"dosing\.longest_interval_days: 57 is above 56"):
        changed("warfarin_initiation", dosing={"longest_interval_days": 57})
