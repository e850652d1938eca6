"""MAP estimation: the most probable random effects of each patient, given doses, levels and covariates."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from dosing_env.inference import search
from dosing_env.inference.likelihood import standardised
from dosing_env.inference.objective import Seen
from dosing_env.inference.observations import Levels
from dosing_env.inference.problem import etas_of, laplace, posed, solve
from dosing_env.pharmacology import Drug, DrugLike
from dosing_env.residual import FORMS
from dosing_env.simulation.cells import Floats
from dosing_env.simulation.tables import Study

WHY = {
    search.CONVERGED: "converged",
    search.NOT_CONVERGED: "not converged: the steps did not become short",
    search.NO_MINIMUM: "not converged: no minimum was found (the Hessian is not positive)",
    search.NOT_SOLVED: "the model could not be solved",
    search.IMPOSSIBLE: "the typical patient makes the levels impossible",
}


@dataclass(frozen=True, kw_only=True)
class Estimates:
    """The most probable patients.

    Attributes:
        drug: the model.
        root: (etas, a) what makes etas of the first a of z.
        who: (subjects,) ID.
        eta: random effects between patients, a row per subject, with ID where the data have it: as `simulate` takes it.
        z: (random effects,) all of them as independent standard normals, one subject after the other.
        first_z: (subjects + 1,) where each subject's begin and end.
        hessian: per subject (n, n) second derivatives of the objective in z.
        objective: (subjects,) NONMEM's minus two log posterior with interaction, without constants.
        status: (subjects,) 0 where the search converged; see `why`.
        levels: ID, time, dv, blq, pred (level of the typical patient), ipred (of the most probable one), and iwres
            (what lies between dv and ipred, in SD of the residual error).
    """

    drug: Drug
    root: Floats
    who: list[Hashable]
    eta: pd.DataFrame
    z: Floats
    first_z: NDArray[np.intp]
    hessian: list[Floats]
    objective: Floats
    status: NDArray[np.intp]
    levels: pd.DataFrame

    @property
    def converged(self) -> NDArray[np.bool_]:
        """(subjects,) whether the estimate can be relied on."""
        return self.status == search.CONVERGED

    @property
    def why(self) -> list[str]:
        """How each subject's search ended."""
        return [WHY[int(status)] for status in self.status]

    def covariance(self) -> list[Floats]:
        """Per subject the covariance (etas, etas) of the etas given the data, nan where the search has not converged.

        Laplace's approximation: twice the inverse of the full Hessian of the objective at the estimate.
        """
        unknown = np.full((len(self.root),) * 2, np.nan)
        pairs = zip(self.hessian, self.converged, strict=True)
        return [laplace(self.root, hessian) if converged else unknown for hessian, converged in pairs]

    def standard_errors(self) -> pd.DataFrame:
        """Of the etas, a row per subject, with ID where the data have it."""
        errors = np.array([np.sqrt(np.diag(covariance)) for covariance in self.covariance()])
        table = pd.DataFrame(errors, columns=list(self.drug.Eta._fields))
        if "ID" in self.eta:
            table.insert(0, "ID", self.who)
        return table


def map_estimate(drug: DrugLike, data: Any, *, covariates: Any = None, carry: str = "locf") -> Estimates:
    """Estimate what is particular to each patient: NONMEM's POSTHOC, by its objective with interaction.

    Args:
        drug: the model, or its name or file. Its variances and its residual error are the prior.
        data: event table as for `simulate`, with DV (and BLQ or CENS) in the rows of observations.
        covariates: as for `simulate`.
        carry: as for `simulate`.

    Returns:
        Estimates of every patient. Where a search has not converged, `converged` is False and `why` says so.

    Raises:
        ValueError: data that cannot be used exactly as they stand; row, column, value and rule are named.
    """
    study, levels, problem = posed(drug, data, covariates, carry)
    return estimates_of(study, levels, problem.seen, solve(problem))


def estimates_of(study: Study, levels: Levels, seen: Seen, found: search.Found) -> Estimates:
    """The result of a search, as tables."""
    drug, who = study.drug, study.who
    eta = pd.DataFrame(etas_of(seen, found), columns=list(drug.Eta._fields))
    typical = study.table(0, len(who))
    table = pd.DataFrame({"time": levels.time, "dv": levels.level, "blq": levels.below.astype(int)})
    table["pred"], table["ipred"] = typical["level"].to_numpy(), found.predicted
    table["iwres"] = _iwres(drug, levels.level, found.predicted)
    if who != [None]:
        eta.insert(0, "ID", who)
        table.insert(0, "ID", np.repeat(np.array(who, dtype=object), np.diff(seen.first_look)))
    sizes = np.diff(seen.first_z)
    hessian = [found.hessian[first : first + size, :size] for first, size in zip(seen.first_z[:-1], sizes, strict=True)]
    return Estimates(
        drug=drug,
        root=seen.root,
        who=who,
        eta=eta,
        z=found.z,
        first_z=seen.first_z,
        hessian=hessian,
        objective=found.objective,
        status=found.status,
        levels=table,
    )


def _iwres(drug: Drug, level: Floats, predicted: Floats) -> Floats:
    """Individual weighted residuals; nan where nothing was measured, or where the logarithm of nothing is needed."""
    assay = drug.assay
    error = FORMS.index(assay.form), assay.proportional, assay.additive
    pairs = zip(predicted.tolist(), level.tolist(), strict=True)
    return np.array(
        [np.nan if assay.form == "log" and not f > 0.0 else standardised(*error, f, y)[0] for f, y in pairs]
    )
