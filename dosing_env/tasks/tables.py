"""What became of patients, as tables: covariates and endpoints, what was given, true courses and measurements."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from dosing_env.care import Better, Endpoint
from dosing_env.tasks.parts import Named
from dosing_env.tasks.vocabulary import meaning

if TYPE_CHECKING:
    import pandas as pd


_AXES = (("day", 24.0), ("h", 1.0), ("min", 1.0 / 60.0), ("s", 0.0))  # of pictures: what has three of them


class Tables:
    """The tables of a task."""

    def __init__(self, task: Any) -> None:
        self.task, self.made = task, task.made

    @property
    def primary(self) -> str:
        """Column of the primary endpoint: what is judged first."""
        return self.endpoints()[0].name

    @property
    def within(self) -> str:
        """The primary endpoint, in words behind its number."""
        return self.endpoints()[0].title

    @property
    def covariates(self) -> tuple[str, ...]:
        """Columns of bedside values at admission."""
        return tuple(column_of(name, self.made.population.units) for name in self.made.population.Patient._fields)

    def endpoints(self) -> tuple[Endpoint, ...]:
        """What is counted in each patient; the first is the primary one."""
        terms = [_of_term(p, term.harm) for p, term in zip(self.made.judging, self.made.terms, strict=True)]
        own = [counted.endpoint for p in self.made.parts for counted in self._counted(p)]
        return (*(term for term in terms if term), *own)

    def _counted(self, p: Named) -> Any:
        return p.part.endpoints(p.section, self.made.settings[p.path])

    def said_of_target(self) -> dict[str, Any]:
        """For the provenance of a trial."""
        unit, output = self.made.drug.assay.unit, next(iter(self.made.outputs))
        given, number = next(pair for pair in zip(self.made.given, self.task.actions, strict=True) if _gives(pair[0]))
        time, time_h = next(pair for pair in _AXES if self.task.hours[-1] >= 3.0 * pair[1])
        shown = {
            "curve": f"{output}_{plain(unit)}",
            "measured": f"{output}_{plain(unit)}",
            "unit": unit,
            "band": self._band(),
            "dose": f"{given.name}_{plain(number.unit)}",
            "dose_unit": number.unit,
            "time": time,
            "time_h": time_h,
        }
        return {"target": self.endpoints()[0].title, "shown": shown}

    def _band(self) -> list[float] | None:
        """The target as values of the curve that is drawn; None: it is none of it."""
        first = self.made.judging[0]
        source, limits = self.made.source(first), [first.key("low"), first.key("high")]
        if not all(isinstance(value, float) and np.isfinite(value) for value in limits):
            return None
        if source.kind == "integral":  # as what it is on average
            return [value / source.section.window for value in limits]
        own = source.key("of") in ("", *list(self.made.outputs)[:1])
        return limits if source.kind in ("line", "extreme") and own else None

    def outcomes(self, cohort: Any, returns: dict[str, NDArray[np.float64]]) -> pd.DataFrame:
        """One row per patient: covariates, endpoints, return."""
        import pandas as pd

        columns: dict[str, Any] = {"patient": cohort.courses["number"]}
        for j, name in enumerate(self.made.population.Patient._fields):
            columns[column_of(name, self.made.population.units)] = cohort.courses["patient"][:, j]
        for n, (p, term) in enumerate(zip(self.made.judging, self.made.terms, strict=True)):
            endpoint = _of_term(p, term.harm)
            if endpoint:
                columns[endpoint.name] = (100.0 if endpoint.unit == "%" else 1.0) * cohort.courses["gained"][:, n]
        for p in self.made.parts:
            all = self.of_part(cohort, p)
            columns |= {counted.endpoint.name: counted.of(all) for counted in self._counted(p)}
        return pd.DataFrame(columns | returns)

    def of_part(self, cohort: Any, p: Named, slots: Any = slice(None)) -> SimpleNamespace:
        """What a part has of all patients: `now`, its records, and by name its series, (n, length)."""
        at = self.made.memory.rules["where"][0]
        series = {
            name: cohort.memory[slots, at[f"{p.id}_{name}_first"] : at[f"{p.id}_{name}_end"]]
            for name in self.made.memory.laid[p.path].series
        }
        return SimpleNamespace(now=cohort.courses[p.id][slots] if p.part.now else None, **series)

    def doses(self, cohort: Any, slots: Any = slice(None)) -> pd.DataFrame:
        """What was given: one row per patient and decision."""
        import pandas as pd

        n, numbers = self.task.decisions, cohort.courses["number"][slots]
        columns: dict[str, Any] = {
            "patient": np.repeat(numbers, n),
            "decision": np.tile(np.arange(n), len(numbers)),
            "time_h": np.tile(self.task.hours[:-1], len(numbers)),
        }
        for p, number in zip(self.made.given, self.task.actions, strict=True):
            own = self.of_part(cohort, p, slots)
            if hasattr(own, "given"):
                columns[f"{p.name}_{plain(number.unit)}"] = own.given.ravel()
        return pd.DataFrame(columns)

    def pictures(self, cohort: Any, patients: int, points: int) -> tuple[pd.DataFrame, pd.DataFrame]:
        """Curves (with `points` between two decisions) and measurements of the first patients."""
        import pandas as pd

        slots = np.flatnonzero(cohort.courses["number"] < patients)
        number = cohort.courses["number"][slots]
        times, curves = cohort.curve(slots, points)
        said = self.said_of_target()["shown"]
        shown = pd.DataFrame(
            {
                "patient": np.repeat(number, len(times)),
                "time_h": np.tile(times, len(slots)),
                said["curve"]: curves.ravel(),
            }
        )
        return shown, self.measured(cohort, slots, said["measured"])

    def measured(self, cohort: Any, slots: Any, column: str) -> pd.DataFrame:
        """What was measured of the patients in these slots, one row each, the values in a column of this name."""
        import pandas as pd

        number, rows = cohort.courses["number"][slots], []
        first = next(iter(self.made.outputs))
        for p in self.made.parts:
            if p.part.measurements is not None and p.key("of") in ("", first):  # as the curve beside it
                own = self.of_part(cohort, p, slots)
                times, values, below = p.part.measurements(p.section, self.made.settings[p.path], own)
                there = np.isfinite(values)
                who = np.broadcast_to(number[:, None], values.shape)[there]
                when = np.broadcast_to(self.task.unit_h * times, values.shape)[there]
                rows.append(
                    pd.DataFrame({"patient": who, "drawn_h": when, column: values[there], "below": below[there]})
                )
        empty = pd.DataFrame({"patient": [], "drawn_h": [], column: [], "below": []})
        return pd.concat(rows, ignore_index=True) if rows else empty


def _gives(p: Named) -> bool:
    """Whether it gives something, and does not only say when."""
    return p.has("enter")


def _of_term(p: Named, harm: bool) -> Endpoint | None:
    """The endpoint that the sum of a term is; none where the part counts something better."""
    if p.has("strike"):
        return None
    share = p.kind.startswith("share")
    title = p.key("title") or p.name.replace("_", " ")
    better: Better = "lower" if harm or not share else "higher"
    name, unit, most = (f"{p.name}_percent", "%", 100) if share else (f"{p.name}_count", "", None)
    return Endpoint(name, title[:1].upper() + title[1:], unit, better, 0, most, harm=harm)


def column_of(name: str, stated: Any) -> str:
    """The column of a bedside value, with its unit."""
    unit = meaning(name, stated).unit
    if unit in ("", "copies"):
        return name
    return {"1 male": "male", "1 yes": name.lower()}.get(unit, f"{name}_{plain(unit)}")


def plain(unit: str) -> str:
    """A unit in the name of a column: mg/dL as mg_dL."""
    return "".join(c if c.isalnum() else "_" for c in unit.replace("%", "percent")) or "value"
