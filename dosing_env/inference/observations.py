"""What of an event table was measured: DV of the observations, and which of them lie below the limit of quantification.

DV is the measured level. BLQ or CENS 1: the level lies below the limit, which stands in DV. MDV 1, an empty DV, and
EVID 2: nothing was measured.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from dosing_env.pharmacology import Drug
from dosing_env.residual import FORMS, LOG
from dosing_env.simulation import subject
from dosing_env.simulation.cells import Floats, Table
from dosing_env.simulation.events import COLUMNS, Events


class Levels(NamedTuple):
    """What was measured, in the order of the looks at the subjects."""

    time: Floats  # (looks,) h
    level: Floats  # (looks,) nan where nothing was measured
    below: Floats  # (looks,) 1: the level lies below what stands in `level`
    first: NDArray[np.intp]  # (subjects + 1,) looks of each subject: from one edge to the next

    def of(self, mine: NDArray[np.intp]) -> Levels:
        """Those of the subjects at these places."""
        counts = np.diff(self.first)[mine]
        edges = np.append(0, np.cumsum(counts))
        rows = np.arange(edges[-1]) + np.repeat(self.first[mine] - edges[:-1], counts)
        return Levels(self.time[rows], self.level[rows], self.below[rows], edges)


def read_levels(drug: Drug, data: Any, events: Events) -> Levels:
    """The measured levels of a table that was read as events before.

    Raises:
        ValueError: a level that cannot be; table, row, column, value and rule are named.
    """
    table = Table("data" if not isinstance(data, str) else data, data, COLUMNS)
    below = (table.numbers("BLQ", 0.0) != 0.0) | (table.numbers("CENS", 0.0) != 0.0)
    for column in ("BLQ", "CENS", "MDV"):
        table.require(np.isin(table.numbers(column, 0.0), (0.0, 1.0)), column, "must be 0 or 1")
    taken = (events.kind == 0.0) & ~table.empty("DV") & (table.numbers("MDV", 0.0) == 0.0)
    level = np.where(taken, table.numbers("DV", 0.0), np.nan)
    _check(drug, table, events, level, below)
    look = np.isin(events.kind, (0.0, 2.0))
    order = np.argsort(events.codes[look], kind="stable")
    edges = np.searchsorted(events.codes[look][order], np.arange(len(events.subjects) + 1))
    return Levels(events.time[look][order], level[look][order], (below & taken)[look][order].astype(float), edges)


def _check(drug: Drug, table: Table, events: Events, level: Floats, below: NDArray[np.bool_]) -> None:
    missing = np.isnan(level)
    unit = drug.assay.unit
    table.require(missing | (level >= 0.0), "DV", f"a level is not negative (its unit is {unit})")
    if FORMS.index(drug.assay.form) == LOG or drug.assay.additive == 0.0:
        rule = f"a level of 0 is below the limit of quantification: give the limit ({unit}) and BLQ 1"
        table.require(missing | (level > 0.0), "DV", rule)
    table.require(
        ~below | ~missing | (events.kind != 0.0),
        "DV",
        "below the limit of quantification (BLQ, CENS 1): give the limit",
    )
    if drug.initial is None:
        began = np.full(len(events.subjects), np.inf)
        given = events.dose[:, subject.AMT] + events.dose[:, subject.RATE] > 0.0
        np.minimum.at(began, events.codes[given], events.time[given])
        before = events.time <= began[events.codes]
        rule = "a level at or before the first dose: there is no drug yet"
        table.require(missing | below | (level == 0.0) | ~before, "DV", rule)
