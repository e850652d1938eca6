"""A scenario's parts, drug and population put together: numbers, records, chart, and the text between the parts."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dosing_env.care import Feature, Term
from dosing_env.interchange.generated import module
from dosing_env.pharmacology import Drug, Population
from dosing_env.simulation import daily
from dosing_env.simulation.solvers import entering, filling, together, workspace
from dosing_env.tasks import follow, records, story
from dosing_env.tasks.part import Column, Setting
from dosing_env.tasks.parts import Named, arguments
from dosing_env.tasks.story import Story
from dosing_env.tasks.timeline import Timeline, timeline
from dosing_env.tasks.vocabulary import FOLLOWING

LAGGED = 8  # doses that can still be on their way, of each part


@dataclass(frozen=True, kw_only=True, eq=False)
class Composition:
    """A task, put together.

    Args:
        title: of the task.
        drug, population: of its patients.
        parts: in the order of roles and of the file.
        at: (decisions + 1,) decision points and the end of the course, in the drug's unit of time.
        asked: (decisions,) 1: a policy may be asked.
        day: a day, in that unit.
        prices: of the terms, by name.
        counted: the chart counts days from 1, instead of time.
        imagined: of patients behind charts, see `Story`.
    """

    title: str
    drug: Drug
    population: Population
    parts: tuple[Named, ...]
    at: NDArray[np.float64]
    asked: NDArray[np.int64]
    day: float
    prices: Mapping[str, float]
    counted: bool = False
    imagined: bool = False

    @functools.cached_property
    def timeline(self) -> Timeline:
        """When what happens."""
        return timeline(
            self.at, self.asked, self.drug.time_unit, self.day, self.parts, self.drug, self.population.units
        )

    @functools.cached_property
    def outputs(self) -> dict[str, Any]:
        """What can be seen of the drug, by name; the first is what is measured."""
        measured = self.drug.output
        first = next((name for name, f in self.drug.outputs.items() if f is measured), "level")
        others = {name: f for name, f in self.drug.outputs.items() if name not in (first, "level")}
        return {first: measured} | others

    @functools.cached_property
    def settings(self) -> dict[str, Setting]:
        """Path of a part -> where it stands."""
        clock = self.timeline.clock
        sections = {p.path: p.section for p in self.parts}
        own = {p.path: Setting(p.name, clock, self.drug, sections, self.population.units) for p in self.parts}
        for p in self.parts:
            if p.role in ("judged", "harms"):
                source = self._draft.source(p)
                counted = source.part.windows(source.section, own[source.path]) if source.part.windows else 0
                own[p.path] = own[p.path]._replace(windows=counted)
        return own

    @functools.cached_property
    def columns(self) -> tuple[tuple[str, Column], ...]:
        """The chart: where each column is kept in `rules.where`, and what it is."""
        clock = self.timeline.clock
        end = clock.decisions + 1.0 if self.counted else clock.length
        names = (
            {"day": "day", "days_left": "days"} if self.counted else dict.fromkeys(("time", "time_left"), clock.unit)
        )
        out = [(f"course_column_{n}", Column(name, unit, 0.0, end)) for n, (name, unit) in enumerate(names.items())]
        for role in story.SHOWN:
            for p in self.parts:
                if p.role == role:
                    own = p.part.columns(p.section, self.settings[p.path])
                    out += [(f"{p.id}_column_{n}", column) for n, column in enumerate(own)]
        return tuple(out)

    @functools.cached_property
    def places(self) -> tuple[dict[str, int], int]:
        """Where each column begins, and how many numbers a chart has."""
        return records.places(self.columns)

    @functools.cached_property
    def features(self) -> tuple[Feature, ...]:
        """The chart, number by number."""
        at, width = self.places
        out: list[Any] = [None] * width
        for key, column in self.columns:
            names = [f"{column.name}_{j + 1}" for j in range(column.length)] or [column.name]
            for j, name in enumerate(names):
                out[at[key] + j] = Feature(name, column.unit, column.low, column.high)
        return tuple(out)

    @functools.cached_property
    def memory(self) -> records.Memory:
        """Numbers, lists, and where the series of a patient lie."""
        return self._memory(self.timeline)

    def _memory(self, time: Timeline) -> records.Memory:
        lists = time.arrays() | {"prices": [self.prices[p.name] for p in self._draft.terms]}
        course = {"interval": float(self.at[1] - self.at[0])}
        wanted = {f"course_wanted_{n}": len(self.at) - 1 for n in range(len(self.given))}
        wanted["course_events"] = 4 * self.most_events
        return records.Memory(self.parts, self.settings, course, lists, wanted, self.places[0])

    @functools.cached_property
    def most_events(self) -> int:
        """How many doses can go on at once."""
        own = [p.part.events(p.section, self.settings[p.path]) for p in self.parts if p.part.events]
        return max(sum(own), 1) + (LAGGED * len(own) if self.drug.lag else 0)

    @property
    def given(self) -> list[Named]:
        """What can be decided."""
        return [p for p in self.parts if p.role == "given"]

    @functools.cached_property
    def driven(self) -> bool:
        """Whether the drug goes through whole days, see `daily`."""
        clock = self.timeline.clock
        whole = np.allclose(clock.end - clock.begin, daily.DAY, rtol=0, atol=1e-9) and self.drug.time_unit == "h"
        return daily.is_driven(self.drug) and whole and not len(self.timeline.look_at)

    @functools.cached_property
    def course_type(self) -> np.dtype[np.void]:
        """One patient's record."""
        drug = self.drug
        sizes = {
            "patient": len(self.population.Patient._fields),
            "eta": len(drug.Eta._fields),
            "parameters": len(drug.Parameters._fields),
            "amounts": len(drug.compartments),
            **({"eta_now": len(drug.Eta._fields)} if any(p.has("varied") for p in self.parts) else {}),
            "days": daily.memory(drug) if self.driven else 1,
            **({"misfit": 1} if self.imagined else {}),
        }
        return records.course_type(self.parts, sizes, len(self._draft.changing), len(self._draft.terms))

    @property
    def terms(self) -> tuple[Term, ...]:
        """What adds to the reward."""
        return tuple(Term(p.name, p.role == "harms" or bool(p.key("harm"))) for p in self._draft.terms)

    @property
    def judging(self) -> list[Named]:
        """The parts behind the terms."""
        return self._draft.terms

    def source(self, term: Named) -> Named:
        """What a term is judged by."""
        return self._draft.source(term)

    @property
    def _draft(self) -> Story:
        return self._story({}, {}, {})

    def sampled(self, times: NDArray[np.float64]) -> records.Rules:
        """Numbers and lists with looks of nobody's own at these times, ascending, behind 0."""
        return self._memory(self.timeline.also(times)).all

    def _story(self, laid: Any, lists: Any, columns: Any) -> Story:
        return Story(
            title=self.title,
            parts=self.parts,
            laid=laid,
            bedside=self.population.Patient._fields,
            wanted=self.wanted,
            by_name=self.drug.Covariates._fields if self.drug.by_name else None,
            outputs=tuple(self.outputs),
            lists=lists,
            columns=columns,
            counted=self.counted,
            driven=bool(columns) and self.driven,
            imagined=self.imagined,
        )

    @property
    def wanted(self) -> tuple[str, ...]:
        """The bedside values that the drug reads."""
        if not self.drug.by_name:
            return self.drug.Patient._fields  # type: ignore[no-any-return]
        known = self.population.Patient._fields
        read = (
            arguments(FOLLOWING[v]) if v in FOLLOWING and v not in known else (v,) for v in self.drug.Covariates._fields
        )
        return tuple(dict.fromkeys(v for names in read for v in names))

    @functools.cached_property
    def text(self) -> str:
        """What is done between the parts."""
        counts = {p.path: len(p.part.columns(p.section, self.settings[p.path])) for p in self.parts}
        return self._story(self.memory.laid, self.memory.lists, counts).text()

    @functools.cached_property
    def module(self) -> ModuleType:
        """The same, to be called."""
        return module(self.text)

    def holes(self, solver: str | None = None, quiet: int = 0) -> dict[str, Any]:
        """What the holes of `follow` hold; quiet: nothing happens by chance."""
        drug, population, made = self.drug, self.population, vars(self.module)
        return {
            **filling(drug, solver, look=follow.look),
            **daily.holes(drug, solver),
            **{name: entering(drug)[name] for name in ("lag", "bioavailability", "ALL")},
            "Draws": population.Draws,
            "sample": population.sample,
            "keep": population.keep,
            "covariates": drug.covariates,
            "individual": drug.individual,
            "Covariates": drug.Covariates,
            "Eta": drug.Eta,
            "Parameters": drug.Parameters,
            "Patient": drug.Patient,
            "DOSED": drug.dosed,
            "NZ": len(population.Draws._fields),
            "NX": len(population.Patient._fields),
            "NE": len(drug.Eta._fields),
            "NP": len(drug.Parameters._fields),
            "outputs": together(tuple(self.outputs.values())),
            "QUIET": quiet,
            "go": follow.by_days if self.driven and daily.is_driven(drug, solver) else follow.by_events,
            **{name: made[name] for name in story.MADE},
        }

    def bench(self, rows: int, draws: int = 1, extra: int = 0, solver: str | None = None) -> follow.Bench:
        """Scratch space of the compiled loop; extra: looks that are no part's, see `sampled`."""
        drug, n = self.drug, len(self.drug.compartments)
        exposed = any(p.has("passed") for p in self.parts)
        solving: dict[str, Any] = {} if exposed else {"relative": 1e-6, "exposed": False}
        kind = [
            ("work", "f8", (rows, n + 1)),
            ("inflow", "f8", (n,)),
            ("z", "f8", (draws + draws % 2,)),  # normals come in pairs
            *(daily.scratch(drug) if self.driven else []),
        ]
        record = np.zeros(1, kind)
        record["work"] = workspace(drug, solver, rows, **solving)
        looks = int(np.diff(self.timeline.first_look).max(initial=1)) + extra
        return follow.Bench(
            record=record,
            events=np.zeros((self.most_events + 1, 4)),
            seen=np.zeros((max(looks, 1), len(self.outputs))),
            chart=np.zeros(self.places[1]),
            action=np.zeros(len(self.given)),
            gained=np.zeros(len(self.terms)),
            looked=np.full(extra, np.nan),
            ended=np.zeros(1),
        )
