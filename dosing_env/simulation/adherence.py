"""What of a prescription is really taken: doses missed in runs, late doses, inaccurate amounts.

All doses of a subject that are due at one time are one intake: missed, late and inaccurate together. An intake is

    missed      as a Markov chain of two states in its steady state: each with the probability `missed`, one after a
                missed one with `missed_again`, so one after a taken one with missed (1 - missed_again)/(1 - missed)
    late        by |N(0, late_sd^2)|, given that the next dose is not yet due (half-normal, truncated); with `early`
                by N(0, late_sd^2), given that it is nearer to its own time than to those of the doses around it
    inaccurate  amount times exp(s z - s^2/2), s^2 = ln(1 + dose_cv^2): log-normal with the prescribed amount as its
                mean; the rate of an infusion too, so that its duration stays

A reset (EVID 3, 4) and a steady state count as doses before and after. What is drawn is a function of the stream
"simulate", the seed, the purpose, the subject's number, and the number of the subject's intake, from 0.

Further doses (ADDL) become records of their own. A steady state (SS) is taken as prescribed, and with SS 1 ends the
further doses of earlier records. A dose taken when it is due keeps its place among the rows of that time; any other
comes after them, and so does a further dose.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from dosing_env.arithmetic import exp, log, sqrt
from dosing_env.catalogue import given
from dosing_env.pharmacology import DrugLike, drug_of
from dosing_env.simulation import subject
from dosing_env.simulation.cells import Floats, Mask
from dosing_env.simulation.chance import (
    AMOUNT,
    LATE,
    MISSED,
    ZERO,
    Key,
    normal,
    normal_quantile,
    uniforms,
    world,
)
from dosing_env.simulation.compiling import specialise
from dosing_env.simulation.course import SAME_TIME
from dosing_env.simulation.events import Events, for_each, read_events
from dosing_env.simulation.subjects import Names, Numbers, common, numbers_of

Rows = NDArray[np.intp]
_ROOT2 = math.sqrt(2.0)
_BELOW_1 = 1.0 - 2.0**-53


@dataclass(frozen=True, kw_only=True)
class Adherence:
    """How doses are taken; see the module."""

    missed: float = 0.0  # share of the doses that are missed
    missed_again: float | None = None  # probability that the dose after a missed one is missed too; None: `missed`
    late_sd: float = 0.0  # h (the drug's unit of time): SD of the normal whose positive half the delay has
    early: bool = False  # whether doses are as often early as late
    dose_cv: float = 0.0  # coefficient of variation of the amount

    def __post_init__(self) -> None:
        for name, most in (("missed", 1.0), ("missed_again", 1.0), ("late_sd", math.inf), ("dose_cv", math.inf)):
            value = getattr(self, name)
            if name == "missed_again" and value is None:
                continue
            if not (isinstance(value, int | float) and 0.0 <= value <= most and math.isfinite(value)):
                limits = "of at least 0" if most == math.inf else f"from 0 to {most:g}"
                raise ValueError(f"Adherence.{name}: {value!r} is not a finite number {limits}")
        if not isinstance(self.early, bool):
            raise ValueError(f"Adherence.early: {self.early!r} is not true or false")
        if self.after_taken > 1.0:
            raise ValueError(
                f"Adherence.missed_again: {self.missed_again!r}: must be at least {2.0 - 1.0 / self.missed:.3g} where "
                f"{self.missed:g} of the doses are missed"
            )

    @property
    def after_missed(self) -> float:
        """Probability that the dose after a missed one is missed."""
        return self.missed if self.missed_again is None else self.missed_again

    @property
    def after_taken(self) -> float:
        """Probability that the dose after a taken one is missed."""
        if self.missed == 1.0:
            return 1.0 if self.after_missed == 1.0 else math.inf
        return self.missed * (1.0 - self.after_missed) / (1.0 - self.missed)


def taken(
    drug: DrugLike,
    events: Any,
    adherence: Adherence,
    *,
    seed: int,
    subjects: int | range | None = None,
) -> pd.DataFrame:
    """The event table of what is really taken: what `simulate` with the same arguments gives the subjects.

    Every dose is a row, a missed one with the amount 0 at the time it was due. Covariates are left out: to simulate
    this table, give them in one of their own.

    Raises:
        ValueError: see `simulate`.
    """
    model = drug_of(given(drug))
    read = read_events(model, events)
    who = common({"events": read.subjects}, subjects)
    done = take(read, adherence, world(seed), who)
    _, _, amount, rate, interval, further, compartment = done.dose.T
    columns = {"TIME": done.time, "EVID": done.kind.astype(int), "AMT": amount, "RATE": rate, "II": interval}
    columns |= {"ADDL": further.astype(int), "SS": done.steady.astype(int), "CMT": compartment.astype(int) + 1}
    names = {} if who == [None] else {"ID": np.array(who, dtype=None)[done.codes]}
    return pd.DataFrame(names | columns)


def require(adherence: Any, key: Key | None) -> Key:
    """The key by which it is drawn what is taken.

    Raises:
        ValueError: not an `Adherence`, or no key: no seed was given.
    """
    if not isinstance(adherence, Adherence):
        raise ValueError(f"adherence: {adherence!r} is not an Adherence")
    if key is None:
        raise ValueError("adherence: which doses are missed or late is drawn: give a seed")
    return key


def take(events: Events, adherence: Adherence, key: Key | None, who: Names) -> Events:
    """The events with the doses that each subject really takes.

    Raises:
        ValueError: see `require`.
    """
    key = require(adherence, key)
    events = for_each(events, who)
    doses = _single_doses(events)
    intakes = _intakes(events, doses)
    happened = _draw(intakes, adherence, numbers_of(list(who)), key)
    return _arranged(events, doses, happened, intakes.of)


class Doses(NamedTuple):
    """Single doses as prescribed."""

    row: Rows  # of the events
    own: Mask  # whether it is the record's own dose, not a further one
    due: Floats


def _prescribed(events: Events) -> Mask:
    """The rows whose own dose may be missed: it is not part of a steady state."""
    return np.isin(events.kind, (1, 4)) & (events.steady == 0.0) & (events.dose[:, subject.AMT] > 0.0)


def _single_doses(events: Events) -> Doses:
    """Every dose due, further ones too, as far as no steady state ends them."""
    own, further = _prescribed(events), events.dose[:, subject.ADDL]
    counts = (own + further).astype(np.intp)
    row = np.repeat(np.arange(len(counts)), counts)
    k = np.arange(len(row)) - np.repeat(np.cumsum(counts) - counts, counts) + ~own[row]
    due = events.time[row] + k * events.dose[row, subject.II]
    kept = (k == 0) | (due < _next_setting(events)[row] - SAME_TIME)
    return Doses(row[kept], (k == 0)[kept], due[kept])


def _next_setting(events: Events) -> Floats:
    """For each row the time of the subject's next row with SS 1; inf without."""
    order = np.lexsort((np.arange(len(events.time)), events.codes))
    result = np.full(len(order), math.inf)
    setting = np.flatnonzero(events.steady[order] == 1.0)
    after = np.searchsorted(setting, np.arange(len(order)), side="right")
    found = after < len(setting)
    following = order[setting[after[found]]]
    same = events.codes[order[found]] == events.codes[following]
    result[order[found]] = np.where(same, events.time[following], math.inf)
    return result


class Intakes(NamedTuple):
    """Doses of a subject due at one time, in their order."""

    of: Rows  # (doses,) the intake each dose belongs to
    subject: Rows  # (intakes,)
    ordinal: Rows  # (intakes,) number within the subject, from 0
    before: Floats  # (intakes,) h since the dose (or the start) before
    after: Floats  # (intakes,) h until the next; inf after the last


def _intakes(events: Events, doses: Doses) -> Intakes:
    marks = np.flatnonzero(np.isin(events.kind, (3, 4)) | (events.steady > 0.0))
    codes = np.concatenate([events.codes[doses.row], events.codes[marks]])
    times = np.concatenate([doses.due, events.time[marks]])
    order = np.lexsort((times, codes))
    code, time = codes[order], times[order]
    new = np.append(True, (np.diff(code) != 0) | (np.diff(time) > SAME_TIME))[: len(order)]
    first = np.flatnonzero(new)
    group = np.empty(len(order), dtype=np.intp)
    group[order] = np.cumsum(new) - 1
    code, time = code[first], time[first]
    same = np.diff(code) == 0
    after = np.append(np.where(same, np.diff(time), math.inf), math.inf)[: len(time)]
    before = np.append(time[:1], np.where(same, np.diff(time), time[1:]))
    taken, of = np.unique(group[: len(doses.row)], return_inverse=True)
    begin = np.searchsorted(code[taken], code[taken])
    return Intakes(of, code[taken], np.arange(len(taken)) - begin, before[taken], after[taken])


class Happened(NamedTuple):
    """What became of each intake."""

    missed: Mask
    shift: Floats  # h
    factor: Floats  # of the amount


def _draw(intakes: Intakes, adherence: Adherence, numbers: Numbers, key: Key) -> Happened:
    n = len(intakes.ordinal)
    result = Happened(np.zeros(n, dtype=bool), np.zeros(n), np.ones(n))
    chain = (float(adherence.missed), float(adherence.after_missed), float(adherence.after_taken))
    widths = (float(adherence.late_sd), float(adherence.dose_cv))
    specialise(_draw_all)(*result, *intakes[2:], numbers[intakes.subject], key, chain, widths, adherence.early)
    return result


def _draw_all(missed, shift, factor, ordinal, before, after, numbers, key, chain, widths, early):  # type: ignore[no-untyped-def]
    late_sd, dose_cv = widths
    s = sqrt(log(1.0 + dose_cv * dose_cv))
    for i in range(len(ordinal)):
        p = chain[0] if ordinal[i] == 0 else (chain[1] if missed[i - 1] else chain[2])
        missed[i] = uniforms(key, MISSED, numbers[i], ordinal[i], ZERO)[0] < p
        if late_sd > 0.0:
            low, high = (-0.5 * before[i], 0.5 * after[i]) if early else (0.0, after[i])
            u = uniforms(key, LATE, numbers[i], ordinal[i], ZERO)[0]
            shift[i] = late_sd * _truncated(u, low / late_sd, high / late_sd)
        if dose_cv > 0.0:
            factor[i] = exp(s * normal(key, AMOUNT, numbers[i], ordinal[i]) - 0.5 * s * s)


def _truncated(u, low, high):  # type: ignore[no-untyped-def]
    """The quantile u of a standard normal known to lie between low and high."""
    a, b = _below(low), _below(high)
    return min(max(normal_quantile(min(a + u * (b - a), _BELOW_1)), low), high)


def _below(x):  # type: ignore[no-untyped-def]
    return 0.5 * math.erfc(-x / _ROOT2)


def _arranged(events: Events, doses: Doses, happened: Happened, of: Rows) -> Events:
    """The rows that are no doses, and the doses taken, in order of time."""
    missed, shift = happened.missed[of], np.where(happened.missed[of], 0.0, happened.shift[of])
    factor = np.where(missed, 0.0, happened.factor[of])
    dose = events.dose[doses.row]
    dose[:, subject.TIME] = doses.due + shift
    dose[:, subject.AMT] *= factor
    dose[:, subject.RATE] *= np.where((dose[:, subject.RATE] > 0.0) | missed, factor, 1.0)
    dose[:, subject.II] = dose[:, subject.ADDL] = 0.0
    rest, reset = _without_doses(events)
    place = np.where(doses.own & (shift == 0.0), doses.row + 0.5, len(events.time) + np.arange(len(doses.row)))
    time = np.concatenate([events.time[rest], dose[:, subject.TIME]])
    codes = np.concatenate([events.codes[rest], events.codes[doses.row]])
    order = np.lexsort((np.concatenate([rest, place]), time, codes))
    return events._replace(
        codes=codes[order],
        time=time[order],
        kind=np.concatenate([np.where(reset, 3.0, events.kind)[rest], np.ones(len(dose))])[order],
        dose=np.concatenate([_as_they_are(events)[rest], dose])[order],
        steady=np.concatenate([events.steady[rest], np.zeros(len(dose))])[order],
    )


def _without_doses(events: Events) -> tuple[Rows, Mask]:
    """The rows that stay, and which of all rows lose their dose but stay a reset."""
    own = _prescribed(events)
    return np.flatnonzero(~own | (events.kind == 4.0)), own & (events.kind == 4.0)


def _as_they_are(events: Events) -> Floats:
    """The rows without further doses, and without their own dose where that has become another row."""
    dose = events.dose.copy()
    dose[_prescribed(events), subject.AMT : subject.CMT] = 0.0
    dose[:, subject.ADDL] = 0.0
    dose[events.steady == 0.0, subject.II] = 0.0
    return dose
