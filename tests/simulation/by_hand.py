"""A course carried out step by step with SciPy, without the library's event code: the tests write out every event."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple, Self

import numpy as np
from scipy.integrate import solve_ivp

from dosing_env import simulate
from dosing_env.pharmacology import Drug, Patient

MAN = Patient(AGE=60.0, WT=80.0, HT=175.0, SEX=1.0, SCR=1.0, DIAL=0.0, HAEM=0.0)


class Seen(NamedTuple):
    time: float
    amounts: Any


class ByHand:
    """Amounts and inflow of one patient, moved on and changed by hand."""

    def __init__(self, drug: Drug, since: float = 0.0, **values: float) -> None:
        self.drug, self.t = drug, since
        self.inflow = np.zeros(len(drug.compartments))
        self.seen: list[Seen] = []
        self.x = drug.covariates(MAN)
        self.change(**values)
        self.reset()

    def change(self, **values: float) -> Self:
        """Other covariates from now on."""
        self.x = self.x._replace(**values)
        self.p = self.drug.individual(self.x, self.drug.no_eta)
        return self

    def reset(self) -> Self:
        """No drug, and nothing running."""
        self.inflow[:] = 0.0
        none = (0.0,) * len(self.inflow)
        self.amounts = np.array(self.drug.initial(self.p) if self.drug.initial else none, dtype=float)
        return self

    def to(self, time: float) -> Self:
        """Let time pass."""
        if time > self.t:
            size = max(np.abs(self.amounts).max(), np.abs(self.inflow).max(), 1e-3)
            inflow = tuple(self.inflow)
            solution = solve_ivp(
                lambda t, a: self.drug.rates(t, tuple(a), self.p, inflow),
                (self.t, time), self.amounts, method="DOP853", rtol=1e-12, atol=1e-15 * size,
            )  # fmt: skip
            assert solution.success
            self.amounts, self.t = solution.y[:, -1].copy(), time
        return self

    def bolus(self, compartment: int, amount: float) -> Self:
        self.amounts[compartment - 1] += amount
        return self

    def flow(self, compartment: int, change: float) -> Self:
        """More inflow from now on, or less."""
        self.inflow[compartment - 1] += change
        return self

    def infuse(self, compartment: int, rate: float, hours: float) -> Self:
        """A whole infusion from now on, while nothing else happens."""
        return self.flow(compartment, rate).to(self.t + hours).flow(compartment, -rate)

    def look(self, *times: float) -> Self:
        for time in times:
            self.to(time)
            self.seen.append(Seen(time, self.amounts.copy()))
        return self


def agree(hand: ByHand, events: Sequence[Any], relative: float = 1e-9, **arguments: Any) -> None:
    """The library sees the same amounts at the same times, with each solver given."""
    solvers = arguments.pop("solvers", ("exact", "scipy"))
    arguments = {"covariates": hand.x._asdict(), "times": [seen.time for seen in hand.seen]} | arguments
    expected = np.array([seen.amounts for seen in hand.seen])
    for solver in solvers:
        table = simulate(hand.drug, events, solver=solver, **arguments)
        own = table[[f"A_{name}" for name in hand.drug.compartments]].to_numpy()
        np.testing.assert_allclose(own, expected, rtol=relative, atol=1e-12 * np.abs(expected).max(), err_msg=solver)
