"""Charts of an anticoagulation clinic, written down or drawn at random."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, get_type_hints

import numpy as np

import dosing_env.protocols
from dosing_env.clinic.orders import ClinicChart, Order
from dosing_env.policy import Protocol

DAYS = 90

# A white man of 65 years without anything that changes the dose, both genes known and without variants.
PLAIN: dict[str, Any] = dict.fromkeys(ClinicChart._fields, 0.0) | {
    "AGE": 65.0,
    "WT": 80.0,
    "HT": 170.0,
    "SEX": 1.0,
    "CYP2C9_KNOWN": 1.0,
    "VKORC1_KNOWN": 1.0,
    "CYP4F2_KNOWN": 1.0,
    "INR_LOW": 2.0,
    "INR_HIGH": 3.0,
}
Days = Mapping[int, float]  # day of treatment -> a value
NOTHING: Days = MappingProxyType({})


def load(name: str) -> Protocol:
    return importlib.import_module(f"dosing_env.protocols.{name}").PROTOCOL


def is_of_a_clinic(name: str) -> bool:
    return ClinicChart in get_type_hints(load(name).dose).values()


FILES = [m.name for m in pkgutil.iter_modules(dosing_env.protocols.__path__) if not m.name.startswith("_")]
NAMES = [name for name in FILES if is_of_a_clinic(name)]


def along(values: Days) -> np.ndarray:
    """Values by the day of treatment as an array along the days."""
    array = np.zeros(DAYS)
    for day, value in values.items():
        array[day - 1] = value
    return array


def chart_on(day: int, inrs: Days = NOTHING, ordered: Days = NOTHING, **others: Any) -> ClinicChart:
    """The chart of a day with the INRs (none later than that) and the orders before it; tablets are as ordered."""
    assert max(inrs, default=0) <= day
    assert max(ordered, default=0) < day
    return ClinicChart(
        **PLAIN
        | {
            "day": float(day),
            "days_left": float(DAYS - day),
            "visit": float(day in inrs),
            "last_visit": float(max(inrs, default=0)),
            "ordered": along(ordered),
            "doses": along(ordered),
            "inrs": along(inrs),
            "outside": np.zeros(DAYS),
        }
        | others
    )


def daily(dose: float, until: int) -> dict[int, float]:
    """The same order on each day before `until`."""
    return dict.fromkeys(range(1, until), dose)


def course(name: str, inrs: Days, until: int, **patient: Any) -> tuple[Any, dict[int, float]]:
    """All orders of days 1 to `until`, and on days with an INR when the next one is wanted."""
    ordered: dict[int, float] = {}
    wanted: dict[int, float] = {}
    for day in range(1, until + 1):
        known = {d: value for d, value in inrs.items() if d <= day}
        order: Order = load(name).dose(chart_on(day, known, ordered, **patient))
        ordered[day] = float(order.dose)
        if day in inrs:
            wanted[day] = float(order.next)
    return list(ordered.values()), wanted


def random_chart(random: np.random.Generator) -> ClinicChart:
    """A chart nobody planned: any patient, any day, any INRs and orders before it."""
    day = int(random.integers(1, DAYS + 1))
    gap = random.integers(1, 15)
    tested = (np.arange(DAYS) < day) & (random.random(DAYS) < 1.0 / gap)
    before = np.arange(DAYS) < day - 1
    ordered = np.where(before & (random.random(DAYS) < 0.8), random.uniform(0.0, 15.0, DAYS), 0.0)
    days = np.flatnonzero(tested) + 1
    return ClinicChart(**PLAIN | random_patient(random))._replace(
        day=float(day),
        days_left=float(DAYS - day),
        visit=float(tested[day - 1]),
        last_visit=float(days.max(initial=0)),
        ordered=ordered,
        doses=np.where(before, np.round(2.0 * ordered) / 2.0, 0.0),
        inrs=np.where(tested, np.round(np.exp(random.normal(0.8, 0.5, DAYS)).clip(0.8, 12.0), 1), 0.0),
        outside=np.zeros(DAYS),
    )


def random_patient(random: np.random.Generator) -> dict[str, float]:
    star2 = int(random.integers(3))
    race = int(random.integers(4))
    known = [float(random.integers(2)) for _ in range(3)]
    low = float(random.choice([2.0, 2.5]))
    flags = ("SEX", "AMIODARONE", "INDUCER", "FLUVASTATIN", "SMOKER", "DIABETES", "VTE", "STROKE", "INTERACTING")
    return {flag: float(random.integers(2)) for flag in flags} | {
        "AGE": random.uniform(18.0, 100.0),
        "WT": random.uniform(33.0, 200.0),
        "HT": random.uniform(140.0, 205.0),
        "CYP2C9_KNOWN": known[0],
        "VKORC1_KNOWN": known[1],
        "CYP4F2_KNOWN": known[2],
        "CYP2C9_2": known[0] * star2,
        "CYP2C9_3": known[0] * float(random.integers(3 - star2)),
        "VKORC1_A": known[1] * float(random.integers(3)),
        "CYP4F2_3": known[2] * float(random.integers(3)),
        "BLACK": float(race == 1),
        "ASIAN": float(race == 2),
        "OTHER": float(race == 3),
        "INR_LOW": low,
        "INR_HIGH": low + 1.0,
    }


def random_charts(n: int, seed: int = 1) -> list[ClinicChart]:
    random = np.random.default_rng(seed)
    return [random_chart(random) for _ in range(n)]
