"""Whom the tests try a drug on: of every kind of patient a usual one, very different ones, and what they are given."""

from __future__ import annotations

from typing import Any

import numpy as np

from dosing_env.patients import WarfarinPatient
from dosing_env.pharmacology import Drug, Patient

_ADULT = {"AGE": 57.0, "WT": 79.0, "HT": 172.0, "SEX": 1.0}
_NOTHING = dict.fromkeys(WarfarinPatient._fields, 0.0)
_INR = {"INR0": 1.0, "INR_LOW": 2.0, "INR_HIGH": 3.0}
USUAL: dict[Any, Any] = {
    Patient: Patient(**_ADULT, SCR=1.1, DIAL=0.0, HAEM=0.0),
    WarfarinPatient: WarfarinPatient(**_NOTHING | _INR | _ADULT),
}
GIVEN: dict[Any, dict[str, float]] = {
    Patient: {"TIME": 0.0, "AMT": 1500.0, "RATE": 1000.0, "II": 12.0, "ADDL": 3},
    WarfarinPatient: {"TIME": 0.0, "AMT": 5.0, "II": 24.0, "ADDL": 6},
}
SEEN: dict[Any, list[float]] = {Patient: [11.5, 25.0, 35.5], WarfarinPatient: [60.0, 108.0, 156.0]}  # h


def usual(drug: Drug) -> dict[str, float]:
    """Bedside values of a usual patient of the drug, by name."""
    return dict(USUAL[drug.Patient]._asdict())


def different(kind: Any, n: int, seed: int = 11) -> Any:
    """Bedside values of very different adults, as a record of arrays (n,)."""
    u = np.random.default_rng(seed).random((len(kind._fields), n))
    body = {
        "AGE": 18 + 77 * u[0],
        "WT": 40 + 120 * u[1],
        "HT": 150 + 45 * u[2],
        "SEX": 1.0 * (u[3] < 0.5),
    }
    if kind is Patient:
        return Patient(**body, SCR=0.4 * 15 ** u[4], DIAL=1.0 * (u[5] < 0.2), HAEM=1.0 * (u[6] < 0.2))
    rest = {name: 1.0 * (u[i] < 0.3) for i, name in enumerate(kind._fields) if name not in body}
    star3 = np.floor(3 * u[5])
    genes = {
        "CYP2C9_2": np.floor((3 - star3) * u[4]),  # both together at most 2
        "CYP2C9_3": star3,
        "VKORC1_A": np.floor(3 * u[6]),
        "CYP4F2_3": np.floor(3 * u[7]),
    }
    limits = {"INR0": 0.9 + 0.4 * u[-3], "INR_LOW": np.full(n, 2.0), "INR_HIGH": np.full(n, 3.0)}
    return kind(**rest | body | genes | limits)


def one(record: Any, i: int) -> Any:
    """Patient i of a record of arrays, in floats."""
    n = max(np.size(values) for values in record)
    return type(record)(*[float(np.broadcast_to(values, n)[i]) for values in record])
