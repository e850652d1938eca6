"""A patient's levels read by a model: whether they fit, what is particular to him, and what regimens would do.

For research and education only.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from dosing_env.catalogue import given
from dosing_env.inference.doubts import POPULATION, doubts, expected, learned, says_something
from dosing_env.inference.goals import Goal, chances, goal_of
from dosing_env.inference.history import History, read_history
from dosing_env.inference.posterior import Posterior, posterior, require_predictable
from dosing_env.inference.regimens import DAY, Regimen, candidates, expose, parse, records
from dosing_env.pharmacology import Drug, DrugLike, drug_of
from dosing_env.simulation.cells import Floats
from dosing_env.simulation.tables import simulate

Report = Callable[[int, int, str], None]
DISCLAIMER = "Research and education only; not for the care of real patients."
MOST_DAYS = 60
COVERAGE = (0.05, 0.5, 0.95)  # of predictions
_QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)
_GRID = 500  # times of a curve, besides doses and ends of infusions


@dataclass(frozen=True, kw_only=True)
class Outlook:
    """What a model makes of one patient.

    Attributes:
        name: of the model, or of its file, as it was given.
        drug: the model.
        history: what happened so far.
        known: the posterior, of this patient alone.
        levels: time (h), dv, blq, pred, ipred, iwres as `Estimates` has them; low, median, high: the middle 99 % of
            what would be measured in the model's population.
        parameters: a row per parameter: typical (with these covariates, the newest ones), individual (most probable),
            low, high (posterior 95 % interval).
        effects: a row per random effect: value (most probable), sd (of the population), in_sd, and how much the levels
            told of it (learned, 0 to 1, see `doubts.learned`).
        warnings: what does not fit, each in one line.
        goal: what is aimed at; None: nothing.
        at: h  when the next dose is given.
        day: which day after that is looked at: from `at` + 24 (day - 1) to `at` + 24 day h.
        tried: the regimens.
        regimens: a row for each: regimen, and of AUC24, trough and peak the median and the 90 % interval (auc24,
            auc24_low, auc24_high, ...); p_target, p_above, p_injury where there is a goal (see `goals`).

    Where hardly a particle explains the levels nothing is predicted: `tried` and `regimens` are empty, and intervals of
    parameters and `learned` are nan.
    """

    name: str
    drug: Drug
    history: History
    known: Posterior
    levels: pd.DataFrame
    parameters: pd.DataFrame
    effects: pd.DataFrame
    warnings: tuple[str, ...]
    goal: Goal | None
    at: float
    day: int
    tried: tuple[Regimen, ...]
    regimens: pd.DataFrame
    seed: int
    anonymous: bool = False  # what is written names no patient and no file, and no age but in whole years, to 90

    @property
    def best(self) -> int | None:
        """The row of the regimen that is drawn: most often in the target, then least above it; without one, amid."""
        if self.regimens.empty:
            return None
        if self.goal is None:
            return len(self.tried) // 2
        order = self.regimens.sort_values(["p_target", "p_above"], ascending=[False, True], kind="stable")
        return int(order.index[0])

    @property
    def drawn(self) -> Regimen:
        """The regimen in that row; none where there is no such row."""
        return Regimen(0.0, DAY) if self.best is None else self.tried[self.best]

    def curves(self) -> Curves:
        """Levels from time 0 to the end of the day looked at, under the regimen that is drawn."""
        regimen, end = self.drawn, self.at + DAY * self.day
        doses = records(self.history, regimen, self.at, end)
        times = _times(self.history, regimen, self.at, end)
        own = None
        if self.best is not None:
            some = replace(self.known, z=self.known.z[:, :: max(1, self.known.z.shape[1] // POPULATION)])
            level = some.predict(doses, times=times, covariates=self.history.covariates).level[0]
            own = np.quantile(level, _QUANTILES, axis=0)
        everybody = doses.drop(columns="ID", errors="ignore")
        table = simulate(
            self.drug,
            everybody,
            covariates=self.history.covariates,
            times=times,
            seed=self.seed,
            subjects=POPULATION,
            auc=False,
        )
        others = table["level"].to_numpy().reshape(POPULATION, -1)
        return Curves(times, own, np.quantile(others, _QUANTILES, axis=0))

    def picture(self, path: str | Path) -> Path:
        """Draw the levels so far and to come: .png, .svg or .pdf, whole or not at all."""
        from dosing_env.io.writing import write_whole
        from dosing_env.report.outlook_figure import drawn

        write_whole(Path(path), drawn(self, Path(path)))
        return Path(path)

    def save(self, path: str | Path) -> Path:
        """Write the regimens (.csv) or everything (.json), whole or not at all."""
        from dosing_env.io.writing import write_whole
        from dosing_env.report.outlook import written

        write_whole(Path(path), written(self, Path(path)))
        return Path(path)


class Curves(NamedTuple):
    """Levels over time."""

    times: Floats  # h
    own: Floats | None  # (5, times) quantiles 5, 25, 50, 75 and 95 % of the particles; None where they say nothing
    population: Floats  # the same of the model's patients with these covariates


def forecast(
    drug: DrugLike,
    data: Any,
    *,
    id: object = None,
    covariates: Any = None,
    regimens: Iterable[str] | None = None,
    target_auc24: tuple[float, float] | None = None,
    at: float | None = None,
    day: int = 2,
    particles: int = 1000,
    seed: int = 0,
    progress: Report | None = None,
) -> Outlook:
    """Fit a model to one patient's levels, say what does not fit, and predict what regimens would do.

    Args:
        drug: as for `map_estimate`, like `data` and `covariates`; covariates hold from their time on.
        data: see `drug`.
        id: the patient where `data` has several.
        covariates: see `drug`.
        regimens: such as "750 q12h", "750 mg q12h over 2h" or "none"; by default five doses, see
            `regimens.candidates`.
        target_auc24: lowest and highest, unit of the level times h; by default that of the drug (`goals.GOALS`).
        at: h  when the next dose is given; by default when it falls due at or after the last record.
        day: the day looked at, counted from 1 at `at`.
        particles: how many are drawn, at least 20.
        seed: of all draws.
        progress: called with (done, total, what).

    Raises:
        ValueError: input that cannot be used, in one line, see `map_estimate`; a drug that varies between occasions.
        RuntimeError: a solve failed.
    """
    model = drug_of(given(drug))
    report = progress or (lambda done, total, what: None)
    require_predictable(model)
    _require_hours(model)
    if not 1 <= day <= MOST_DAYS:
        raise ValueError(f"day: {day!r}: a day after the next dose, 1 to {MOST_DAYS}")
    goal = goal_of(model, target_auc24)
    asked = [parse(text, model) for text in regimens or ()]
    report(0, 4, "reading (compiles on first use)")
    history = read_history(model, data, covariates, id)
    at = history.next_dose(at)
    report(1, 4, "particles")
    known = posterior(model, history.rows, covariates=history.covariates, particles=particles, seed=seed)
    report(2, 4, "population")
    levels = expected(model, history, known.estimates.levels.drop(columns="ID", errors="ignore"), seed)
    report(3, 4, "regimens")
    tried = _tried(known, history, goal, asked, at, day)
    table = pd.DataFrame([_row(known, history, goal, regimen, at, day) for regimen in tried])
    report(4, 4, "forecast")
    return Outlook(
        name=drug.name if isinstance(drug, Drug) else str(drug),
        drug=model,
        history=history,
        known=known,
        levels=levels,
        parameters=_parameters(model, known, history),
        effects=_effects(model, known),
        warnings=tuple(doubts(model, known, levels)),
        goal=goal,
        at=at,
        day=day,
        tried=tuple(tried),
        regimens=table,
        seed=seed,
    )


def _tried(
    known: Posterior, history: History, goal: Goal | None, asked: list[Regimen], at: float, day: int
) -> list[Regimen]:
    """The regimens that were asked for, else five; none where the particles say nothing."""
    return (asked or candidates(known, history, goal, at, day)) if says_something(known) else []


def _require_hours(drug: Drug) -> None:
    if drug.time_unit not in ("h", "hour", "hours"):
        raise ValueError(f"{drug.name}: it counts time in {drug.time_unit!r}: a forecast is one of models in hours")


def _row(
    known: Posterior, history: History, goal: Goal | None, regimen: Regimen, at: float, day: int
) -> dict[str, Any]:
    """What a regimen would do."""
    exposure = expose(known, history, regimen, at, day)
    row: dict[str, Any] = {"regimen": regimen.named(known.estimates.drug.amount_unit)}
    for name, values in exposure._asdict().items():
        low, median, high = np.quantile(values, COVERAGE)
        row |= {name: median, f"{name}_low": low, f"{name}_high": high}
    return row | chances(goal, exposure.auc24)


def _parameters(drug: Drug, known: Posterior, history: History) -> pd.DataFrame:
    """Typical, most probable and probable parameters, with the newest covariates."""
    x, names = drug.Covariates(**history.now), drug.Eta._fields
    best = known.estimates.eta[[*names]].iloc[0].tolist()
    drawn = np.array([drug.individual(x, drug.Eta(*eta)) for eta in known.eta[0].tolist()], dtype=float)
    low, high = np.quantile(drawn, [0.025, 0.975], axis=0) if says_something(known) else (np.nan, np.nan)
    return pd.DataFrame(
        {
            "parameter": drug.Parameters._fields,
            "typical": np.array(drug.individual(x, drug.no_eta), dtype=float),
            "individual": np.array(drug.individual(x, drug.Eta(*best)), dtype=float),
            "low": low,
            "high": high,
        }
    )


def _effects(drug: Drug, known: Posterior) -> pd.DataFrame:
    """Most probable random effects, and how much the levels told of each."""
    names = drug.Eta._fields
    value = known.estimates.eta[[*names]].iloc[0].to_numpy(dtype=float)
    sd = np.sqrt([drug.omega[name] for name in names])
    table = pd.DataFrame({"effect": names, "value": value, "sd": sd})
    table["in_sd"] = np.divide(value, sd, out=np.zeros(len(sd)), where=sd > 0.0)
    told = learned(drug, known.eta[0]) if says_something(known) else np.nan
    return table.assign(learned=told)[sd > 0.0].reset_index(drop=True)


def _times(history: History, regimen: Regimen, at: float, end: float) -> Floats:
    """When to look for a curve without broken corners."""
    given = history.given
    hours = history.pattern.hours if regimen.hours is None else regimen.hours
    new = np.arange(at, end, regimen.interval) if regimen.amount > 0.0 else np.empty(0)
    corners = [given[:, 0], given[:, 0] + given[:, 2] + 1e-6, new, new + hours + 1e-6]
    times = np.unique(np.round(np.concatenate([np.linspace(0.0, end, _GRID), *corners]), 9))
    return times[times <= end]
