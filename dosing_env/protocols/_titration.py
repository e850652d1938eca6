"""What the protocols of an anticoagulation clinic share: reading the chart, and carrying an answer to the next INR.

A nomogram answers the newest INR with a `Step`: what to take at once, what to take from then on, when to come again,
all relative to a reference dose. Nothing is remembered between days: what holds today follows from the newest INR, the
days since, and what was ordered before it.

The reference dose is the last non-zero daily dose ordered before the day of the newest INR (SINGLE: Intermountain).
What is ordered on the day of an INR may be a double or a half dose, so days with an INR are passed over, unless there
is nothing else (DERIVED; it matters only where somebody comes again on the next day). Orders are not yet rounded to
tablets.

"After a hold": nothing was ordered since the INR before the newest (DERIVED).

Where a source does not say when to come in the first week: INRs on days 3, 5 and 7 (MEMORY: practice), or every second
day from the first one on. Tables made for maintenance do not raise the dose before day 7 (DERIVED: the factors that
warfarin lowers last take a week to fall, so that a low INR says nothing yet; the source of one such table, CoumaGen-I,
used it after day 7); they do lower it.

INRs are rounded to 0.1 where a table is stated so, halves up. INR 1 or more is assumed to stand in every chart of a
visit; an INR of the first day, before treatment, changes nothing.
"""

from typing import NamedTuple

from dosing_env.clinic.orders import ClinicChart, Order

SMALLEST = 0.5  # mg    DERIVED  reference dose of somebody for whom nothing was ever ordered: the least tablet
SETTLED = 7.0  # day   DERIVED  from here on a low INR counts
EARLY = 2.0  # days  MEMORY   between the INRs of the first week
UNTIL_SEEN = 1000.0  # days  DERIVED  longer than any course: a hold that only the next INR ends


class Step(NamedTuple):
    """The answer of a nomogram to an INR."""

    at_once: float  # times the reference dose, on the first `days` days
    days: float
    factor: float  # times the reference dose, from then on
    next: float  # days until the next INR


def change(factor: float, after: float) -> Step:
    """The reference dose times a factor; INR again after so many days."""
    return Step(factor, 0.0, factor, after)


def once(at_once: float, factor: float, after: float) -> Step:
    """Another dose today, then the reference dose times a factor."""
    return Step(at_once, 1.0, factor, after)


def hold(days: float, factor: float, after: float) -> Step:
    """Nothing for so many days, then the reference dose times a factor."""
    return Step(0.0, days, factor, after)


def hold_until_seen(after: float) -> Step:
    """Nothing until the next INR."""
    return Step(0.0, UNTIL_SEEN, 0.0, after)


# --- reading the chart ---


def inr_on(chart: ClinicChart, day: float) -> float:
    """The INR of a day, 0 where there is none."""
    return chart.inrs[int(day) - 1] if day >= 1.0 else 0.0  # type: ignore[no-any-return]


def newest_inr(chart: ClinicChart) -> float:
    """The newest INR, 0 before the first."""
    return inr_on(chart, chart.last_visit)


def day_of_inr_before(chart: ClinicChart, day: float) -> float:
    """The newest day before `day` that has an INR, 0 where there is none."""
    earlier = day - 1.0
    while earlier >= 1.0 and inr_on(chart, earlier) <= 0.0:
        earlier -= 1.0
    return max(earlier, 0.0)


def started(chart: ClinicChart) -> bool:
    """Whether there is an INR after the first day."""
    return chart.last_visit > 1.0


def days_since(chart: ClinicChart) -> float:
    """Days since the newest INR, 0 on its own day."""
    return chart.day - chart.last_visit


def taken(chart: ClinicChart, day: float) -> float:
    """mg in tablets for a day, 0 before treatment."""
    return chart.doses[int(day) - 1] if day >= 1.0 else 0.0  # type: ignore[no-any-return]


def tenths(INR: float) -> float:
    """The INR as tables print it."""
    return float(int(INR * 10.0 + 0.5)) / 10.0  # DERIVED  to 0.1


def reference_dose(chart: ClinicChart) -> float:
    """The daily dose that an answer to the newest INR starts from, mg."""
    fallback = 0.0
    for k in range(int(chart.last_visit) - 2, -1, -1):
        if chart.ordered[k] > 0.0:
            if chart.inrs[k] <= 0.0:
                return chart.ordered[k]  # type: ignore[no-any-return]
            fallback = fallback if fallback > 0.0 else chart.ordered[k]
    return fallback if fallback > 0.0 else SMALLEST


def held(chart: ClinicChart) -> bool:
    """Whether nothing was ordered from the INR before the newest on."""
    before = day_of_inr_before(chart, chart.last_visit)
    if before < 1.0:
        return False
    total = 0.0
    for k in range(int(before) - 1, int(chart.last_visit) - 1):
        total += chart.ordered[k]
    return total <= 0.0


# --- ordering ---


def ask(chart: ClinicChart, dose: float, after: float) -> Order:
    """A dose, mg; on the day of an INR also after how many days the next one is wanted."""
    return Order(dose, after if chart.visit > 0.5 else 0.0)  # DERIVED  a flag


def begin(chart: ClinicChart, dose: float, day: float) -> Order:
    """A dose, mg, of the days before the first INR that counts, wanted on `day`."""
    return ask(chart, dose, max(day - chart.day, 1.0))


def settled(chart: ClinicChart, step: Step) -> Step:
    """The step, but before day 7 nothing is raised, and the next INR comes soon."""
    if chart.last_visit >= SETTLED:
        return step
    if step.factor > 1.0:
        return change(1.0, EARLY)
    return Step(step.at_once, step.days, step.factor, min(step.next, max(EARLY, step.days + 1.0)))


def follow(chart: ClinicChart, step: Step) -> Order:
    """What a step means today."""
    factor = step.at_once if days_since(chart) < step.days else step.factor
    return ask(chart, factor * reference_dose(chart), step.next)
