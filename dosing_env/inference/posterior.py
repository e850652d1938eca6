"""The posterior of each patient as particles, and what they predict."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from dosing_env.inference.estimates import Estimates, estimates_of
from dosing_env.inference.particles import replicated, sample
from dosing_env.inference.problem import posed, solve, spelt_out
from dosing_env.pharmacology import Drug, DrugLike
from dosing_env.residual import FORMS, measured
from dosing_env.simulation.batch import How, follow
from dosing_env.simulation.cells import Floats
from dosing_env.simulation.chance import PARTICLE, Key, normals, world
from dosing_env.simulation.compiling import specialise
from dosing_env.simulation.control import USUAL
from dosing_env.simulation.effects import Drawn
from dosing_env.simulation.subjects import numbers_of
from dosing_env.simulation.tables import Study, study_of

_HOW = How(None, USUAL, auc=True)
LEAST = 20  # particles that say anything about a tail


@dataclass(frozen=True, kw_only=True)
class Forecast:
    """What the particles predict.

    Attributes:
        who: (subjects,) ID.
        times: (times,) h.
        level: (subjects, particles, times) true levels.
        auc: (subjects, particles, times) integral of the level since time 0.
        dv: (subjects, particles, times) levels as they would be measured, with their residual error.
        outputs: the drug's further outputs, each (subjects, particles, times).
    """

    who: list[Hashable]
    times: Floats
    level: Floats
    auc: Floats
    dv: Floats
    outputs: dict[str, Floats]

    def interval(self, coverage: float, what: str = "level") -> pd.DataFrame:
        """The middle `coverage` (0 to 1) of the particles, equal tails, and their median: ID, time, low, median, high.

        what: "level", "auc", "dv" or a further output.

        Raises:
            ValueError: a coverage that is none, or no such prediction.
        """
        if not 0.0 < coverage < 1.0:
            raise ValueError(f"coverage: {coverage!r} is not between 0 and 1")
        known = {"level": self.level, "auc": self.auc, "dv": self.dv} | self.outputs
        if what not in known:
            raise ValueError(f"what: {what!r} is not one of {', '.join(known)}")
        tail = 0.5 * (1.0 - coverage)
        low, median, high = np.quantile(known[what], [tail, 0.5, 1.0 - tail], axis=1)
        table = pd.DataFrame({"time": np.tile(self.times, len(self.who))})
        table["low"], table["median"], table["high"] = low.ravel(), median.ravel(), high.ravel()
        if self.who != [None]:
            table.insert(0, "ID", np.repeat(np.array(self.who, dtype=object), len(self.times)))
        return table


@dataclass(frozen=True, kw_only=True)
class Posterior:
    """What is known of each patient after the levels, as particles of equal weight.

    Attributes:
        estimates: the most probable patients.
        z: (subjects, particles, most random effects) as `Estimates` has them.
        size: (subjects,) effective sample size of the importance weights, at most the number of particles. 0: no
            particle explains the levels, and they are the prior.
        moved: (subjects,) share of the moves that were accepted afterwards: near 1 where Laplace's shape is right.
        key: the random world of the residual errors of predictions.
    """

    estimates: Estimates
    z: Floats
    size: Floats
    moved: Floats
    key: Key

    @property
    def eta(self) -> NDArray[np.float64]:
        """(subjects, particles, etas) random effects between patients."""
        return spelt_out(self.estimates.root, self.z)

    def predict(self, doses: Any, *, times: Iterable[float], covariates: Any = None, carry: str = "locf") -> Forecast:
        """What the particles predict under these doses.

        Args:
            doses: event table as for `simulate`, from time 0 on, past and planned doses.
            times: h, ascending.
            covariates: as for `simulate`.
            carry: as for `simulate`.

        Raises:
            ValueError: a table that cannot be used; other subjects than those of the estimates; a drug with variability
                between occasions, whose future occasions nobody knows.
            RuntimeError: a solve failed.
        """
        drug = self.estimates.drug
        require_predictable(drug)
        study = study_of(drug, doses, covariates, times, None, _HOW, carry, None, None, None)
        if study.who != self.estimates.who:
            raise ValueError(f"doses: they are of the subjects {study.who}, the estimates of {self.estimates.who}")
        whole = _followed(study, self.eta)
        compartments = len(drug.compartments)
        level = whole[compartments]
        return Forecast(
            who=study.who,
            times=study.times,
            level=level,
            auc=whole[compartments + 1],
            dv=_measured(drug, self.key, study.who, level),
            outputs={name: whole[compartments + 2 + i] for i, name in enumerate(drug.outputs)},
        )


def posterior(
    drug: DrugLike,
    data: Any,
    *,
    covariates: Any = None,
    carry: str = "locf",
    particles: int = 500,
    seed: int = 0,
) -> Posterior:
    """Draw from what is known of each patient after doses and levels.

    Args:
        drug: as for `map_estimate`, like `data`, `covariates` and `carry`.
        data: see `drug`.
        covariates: see `drug`.
        carry: see `drug`.
        particles: how many of each patient, at least 20.
        seed: of the draws; a subject has the same ones in any company.

    Raises:
        ValueError: see `map_estimate`.
    """
    if particles < LEAST:
        raise ValueError(f"particles: {particles!r}: fewer than {LEAST} say nothing")
    study, levels, problem = posed(drug, data, covariates, carry)
    key = world(seed)
    found = solve(problem)
    cloud = sample(problem, found, particles, key, numbers_of(study.who))
    estimates = estimates_of(study, levels, problem.seen, found)
    return Posterior(estimates=estimates, z=cloud.z, size=cloud.size, moved=cloud.moved, key=key)


def require_predictable(drug: Drug) -> None:
    """Refuse a drug of whose future nothing can be said."""
    if any(drug.occasion.values()):
        raise ValueError(f"{drug.name}: it varies between occasions: of those to come nothing is predicted")


def _followed(study: Study, etas: Floats) -> Floats:
    """What is seen of every particle: (columns, subjects, particles, times). `etas`: (subjects, particles, etas)."""
    (n, particles, _), times = etas.shape, len(study.times)
    records, mine = study.records(0, n)
    if (records.looks[mine] != times).any():
        raise ValueError("doses: there are observations (EVID 0 or 2) among them: say in `times` when to look")
    each = np.arange(n * particles)
    drawn = Drawn(np.ascontiguousarray(etas.reshape(n * particles, -1)), each[:n], 0)
    plan = replicated(study.plan(0, n, records, mine, drawn, each[:n]), n, particles, times)
    out = np.empty((len(study.drug.compartments) + 2 + len(study.drug.outputs), len(each) * times))
    follow(study.drug, plan, np.tile(study.times, len(each)), out, _HOW, range(len(each)))
    return out.reshape(len(out), n, particles, times)


def _measured(drug: Drug, key: Key, who: list[Hashable], level: Floats) -> Floats:
    assay, dv = drug.assay, np.empty_like(level)
    error = FORMS.index(assay.form), float(assay.proportional), float(assay.additive)
    specialise(_measure)(dv, level, key, numbers_of(who), error)
    return dv


def _measure(dv, level, key, numbers, error):  # type: ignore[no-untyped-def]
    form, proportional, additive = error
    n, particles, looks = level.shape
    for s in range(n):
        for i in range(particles):
            for j in range(looks):
                z = normals(key, PARTICLE, numbers[s], i, 2_000 + j)[0]
                dv[s, i, j] = measured(form, proportional, additive, level[s, i, j], z)
