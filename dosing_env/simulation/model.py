"""A drug with its solver as the few functions that `subject` calls.

They are compiled once per drug and solver and called by their address, so that `subject` itself, which is longer than
any drug, is compiled once for all of them. Parameters and what a solver derives from them travel as rows of numbers.
"""

from __future__ import annotations

import functools
from typing import Any, NamedTuple

from numba.np.unsafe.ndarray import to_fixed_tuple

from dosing_env.pharmacology import Drug
from dosing_env.simulation.addresses import functions_at
from dosing_env.simulation.compilable import HINT, compilable
from dosing_env.simulation.compiling import HOLE, addresses, interpreted
from dosing_env.simulation.course import proceed
from dosing_env.simulation.exact import Modes
from dosing_env.simulation.solvers import entering, filling

individual: Any = HOLE
initial: Any = HOLE
bioavailability: Any = HOLE
lag: Any = HOLE
duration: Any = HOLE
infusion_rate: Any = HOLE
decompose: Any = HOLE
output: Any = HOLE
outputs: Any = HOLE
X: Any = HOLE  # named tuple of covariates
Eta: Any = HOLE
P: Any = HOLE  # named tuple of parameters
NX: Any = HOLE
NE: Any = HOLE
NP: Any = HOLE
NO: Any = HOLE  # further outputs
N: Any = HOLE
M: Any = HOLE

F, LAG, DURATION, MODELLED_RATE = range(4)  # what `enter` gives
_HINT = f"{HINT}. solver='scipy' compiles nothing"
MODES = 10  # numbers that a solver derives from the parameters


class Model(NamedTuple):
    """The functions, or their addresses."""

    prepare: Any
    start: Any
    enter: Any
    stretch: Any
    write: Any

    @staticmethod
    @functools.cache
    def signatures() -> Model:
        """The types of the functions."""
        from numba import float64, int64, void

        row, table, samples = float64[::1], float64[:, ::1], float64[:]
        return Model(
            prepare=void(row, row, row, row, table),
            start=void(row, row),
            enter=void(row, int64, row),
            stretch=float64(
                row, row, row, float64, float64, table, int64, int64, samples, table, int64, float64, table, row
            ),
            write=void(row, row, float64, table, int64),
        )


def called(model):  # type: ignore[no-untyped-def]
    """The functions of a model that holds their addresses."""
    return functions_at(model)


def prepare(x, eta, p, modes, work):  # type: ignore[no-untyped-def]
    """Fill in the parameters `p` (NP,) and what the solver derives from them."""
    values = individual(X(*to_fixed_tuple(x, NX)), Eta(*to_fixed_tuple(eta, NE)))
    for i in range(NP):
        p[i] = values[i]
    _keep(decompose(_parameters(p), work), modes)


def start(p, a):  # type: ignore[no-untyped-def]
    """Fill in the amounts `a` (N,) of a patient without drug."""
    values = initial(_parameters(p))
    for i in range(N):
        a[i] = values[i]


def enter(p, compartment, how):  # type: ignore[no-untyped-def]
    """How a dose enters a compartment: bioavailability, lag (h), modelled duration (h) and rate (mg/h), into `how`."""
    q = _parameters(p)
    how[0], how[1] = bioavailability(q)[compartment], lag(q)[compartment]
    how[2], how[3] = duration(q)[compartment], infusion_rate(q)[compartment]


def stretch(a, p, modes, begin, end, doses, first, last, times, out, row, auc, work, inflow):  # type: ignore[no-untyped-def]
    """`course.proceed`; every sample is a row of the result. Returns the exposure."""
    seen = out, row, auc
    return proceed(a, _parameters(p), _kept(modes), begin, end, doses, first, last, times, seen, work, inflow)


def write(a, p, auc, out, row):  # type: ignore[no-untyped-def]
    """Write a row of the result."""
    _write(out, row, to_fixed_tuple(a, N), _parameters(p), auc)


def see(seen, j, a, p, exposure):  # type: ignore[no-untyped-def]
    """Write sample j of a stretch."""
    out, row, auc = seen
    _write(out, row + j, to_fixed_tuple(a, N), p, auc + exposure)


def _write(out, row, A, p, auc):  # type: ignore[no-untyped-def]
    for i in range(N):
        out[i, row] = A[i]
    out[N, row], out[N + 1, row] = output(A, p), auc
    further = outputs(A, p)
    for i in range(NO):
        out[N + 2 + i, row] = further[i]


def _parameters(p):  # type: ignore[no-untyped-def]
    return P(*to_fixed_tuple(p, NP))


def _keep(modes, row):  # type: ignore[no-untyped-def]
    """The modes as a row of numbers; a solver without any has none to keep."""
    if M > 0:
        for i in range(MODES):
            row[i] = modes[i]


def _kept(row):  # type: ignore[no-untyped-def]
    if M > 0:
        return Modes(*to_fixed_tuple(row, MODES))
    return 0.0


_TEMPLATES = Model(prepare, start, enter, stretch, write)


def model_of(drug: Drug, solver: str | None) -> tuple[Model, int]:
    """The functions of a drug, compiled or plain Python around SciPy; and the rows of workspace they need.

    Raises:
        ValueError: the drug cannot be compiled; line and reason are named.
    """
    fill = filling(drug, solver, repeated=True, look=see) | entering(drug)
    if solver == "scipy":
        return Model(*(interpreted(template, **fill) for template in _TEMPLATES)), fill["ROWS"]
    with compilable(drug.name, drug.Covariates, drug.Eta, drug.Parameters, hint=_HINT):
        return addresses(_TEMPLATES, **fill), fill["ROWS"]
