"""All checks, in as many processes as wanted: a process compiles a model once for all of its cases."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import as_completed
from functools import partial
from pathlib import Path
from typing import Any

from dosing_env import catalogue
from dosing_env.processes import pool, starting
from dosing_env.verification import calibration, convergence, individuals, population, published, reference
from dosing_env.verification.check import Check
from dosing_env.verification.reference import read_cases

Work = Callable[[], list[Check]]
Report = Callable[[int, int, str], None]

_STEPPING = ("explicit", "stiff")


def verify(folder: Path | None = None, *, jobs: int = 1, progress: Report | None = None) -> list[Check]:
    """Check the simulation.

    Args:
        folder: tables of another engine's solutions, as described in tests/reference/README.md; by default the
            project's own copy.
        jobs: processes; the result is the same.
        progress: called after each piece of work with (done, total, what).

    Returns:
        The checks, in one order whatever the number of processes. A check that could not be carried out has failed.

    Raises:
        ValueError: a table is missing or not what it should be.
    """
    where = folder or catalogue.content("tests/reference")
    works = [*_works(where), *(_forecasts() if folder is None else [])]
    found: dict[int, list[Check]] = {}
    with pool(min(jobs, len(works))) as processes:
        with starting():
            running = {processes.submit(work): (number, name) for number, (name, work) in enumerate(works)}
        for done, finished in enumerate(as_completed(running), start=1):
            number, name = running[finished]
            found[number] = finished.result()
            if progress is not None:
                progress(done, len(works), name)
    return [check for number in sorted(found) for check in found[number]]


def _works(folder: Path) -> Iterator[tuple[str, Work]]:
    """Pieces of work by name: the cases of each model, the population, each drug."""
    _, cases = read_cases(folder)
    for model in dict.fromkeys(case.model for case in cases):
        yield model, partial(_model, folder, model)
    if (folder / "population_percentiles.csv").is_file():
        yield "population", partial(_all, population.check, folder)
    if (folder / individuals.MARK).is_file():
        yield "individuals", partial(_all, individuals.check, folder)
    for name in catalogue.names("drugs"):
        yield name, partial(_all, published.check, name)


def _forecasts() -> Iterator[tuple[str, Work]]:
    """Whether forecasts are as sure as they say: of the project's own models, whatever else is looked at."""
    for name in calibration.DRUGS:
        yield f"forecasts of {name}", partial(_all, calibration.check, name)


def _all(check: Callable[[Any], Iterator[Check]], what: Any) -> list[Check]:
    return list(check(what))


def _model(folder: Path, model: str) -> list[Check]:
    """Every case of a model with every solver that applies, and of a nonlinear one with growing precision."""
    drugs, cases = read_cases(folder)
    drug, mine = drugs[model], [case for case in cases if case.model == model]
    found = [
        check for case in mine for solver in reference.solvers_of(drug) for check in reference.check(drug, case, solver)
    ]
    if not drug.linear:
        found += [check for solver in _STEPPING for check in convergence.check(drug, mine, solver)]
    return found
