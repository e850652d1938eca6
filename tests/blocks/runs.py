"""What the tests of the blocks share: every block of the room, and courses solved with SciPy."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Callable
from types import FunctionType, ModuleType
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.integrate import solve_ivp

import dosing_env.blocks
from dosing_env.pharmacology import Drug, Patient

Floats = NDArray[np.float64]
MAN = Patient(AGE=60.0, WT=80.0, HT=175.0, SEX=1.0, SCR=1.0, DIAL=0.0, HAEM=0.0)


def families() -> list[ModuleType]:
    """The files of the room."""
    names = [module.name for module in pkgutil.iter_modules(dosing_env.blocks.__path__)]
    return [importlib.import_module(f"dosing_env.blocks.{name}") for name in names]


def blocks_of(family: ModuleType) -> list[FunctionType]:
    """The functions a file defines, in the order of the file."""
    functions = [f for f in vars(family).values() if inspect.isfunction(f) and f.__module__ == family.__name__]
    return sorted(functions, key=lambda f: f.__code__.co_firstlineno)


BLOCKS = {f"{f.__module__.rpartition('.')[2]}.{f.__name__}": f for family in families() for f in blocks_of(family)}


def solved(derivative: Callable[[float, Any], Any], begin: Any, times: Any, relative: float = 1e-10) -> Floats:
    """(states, times): a course from time 0."""
    solution = solve_ivp(
        derivative,
        (0.0, times[-1]),
        begin,
        t_eval=times,
        method="LSODA",
        rtol=relative,
        atol=1e-12 * max(1.0, *map(abs, begin)),
    )
    assert solution.success, solution.message
    return solution.y


def parameters(drug: Drug, **changed: float) -> Any:
    """The usual parameters of a test drug, some of them changed."""
    return drug.individual(drug.covariates(MAN)._replace(**changed), drug.no_eta)


def course(drug: Drug, p: Any, times: Any, inflow: dict[str, float] | None = None, bolus: Any = None) -> Any:
    """Compartment -> its course from the drug's initial state, a bolus and a constant inflow, (times,)."""
    start = np.array(drug.initial(p) if drug.initial else [0.0] * len(drug.compartments))
    start = start + [(bolus or {}).get(name, 0.0) for name in drug.compartments]
    R = tuple((inflow or {}).get(name, 0.0) for name in drug.compartments)
    states = solved(lambda t, A: drug.rates(t, tuple(A), p, R), [*start], times)
    return dict(zip(drug.compartments, states, strict=True))
