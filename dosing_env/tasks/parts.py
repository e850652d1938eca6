"""The parts that a scenario names: found by their kind, their sections read and checked."""

from __future__ import annotations

import functools
import importlib
import inspect
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from dosing_env import formulas
from dosing_env.catalogue import unknown
from dosing_env.io.records import convert
from dosing_env.simulation import chance
from dosing_env.tasks import units
from dosing_env.tasks.part import Part
from dosing_env.tasks.units import Units

ROLES = ("given", "known", "measured", "happens", "watched", "judged", "harms")
_HERE = Path(__file__).resolve().parent

# Parts of these paths have drawn from these purposes, behind so many draws, since before tasks were made of parts.
_PURPOSES = {
    "known.WT": (chance.CHART, 0),
    "known.SCR": (chance.CHART, 1),
    "measured.level": (chance.LEVEL, 0),
    "happens.kidney": (chance.KIDNEY, 0),
    "harms.aki": (chance.AKI, 0),
    "measured.inr": (chance.INR, 0),
    "happens.missed": (chance.TAKEN, 0),
    "happens.vitamin_k": (chance.VITAMIN_K, 0),
    "happens.interaction": (chance.INTERACTION, 0),
    "known.CYP2C9": (chance.GENOTYPED, 0),
    "known.VKORC1": (chance.GENOTYPED, 1),
    "known.CYP4F2": (chance.GENOTYPED, 2),
}
_FREE = 1 << 24  # codes of purposes above this belong to the paths of parts


@dataclass(frozen=True, eq=False)
class Named:
    """A part of a scenario under its name."""

    role: str
    name: str
    kind: str
    part: Part
    section: Any

    @property
    def path(self) -> str:
        """Where it stands in the file: "given.dose"."""
        return f"{self.role}.{self.name}"

    @property
    def id(self) -> str:
        """Its name in code."""
        return f"{self.role}_{self.name}"

    def has(self, hook: str) -> bool:
        """Whether it has a hook."""
        return getattr(self.part, hook) is not None

    def key(self, name: str) -> Any:
        """What its section says under a key; None where it has no such key."""
        return getattr(self.section, name, None)


def kinds(role: str) -> list[str]:
    """The kinds of part of a role, by name."""
    return sorted(file.stem for file in (_HERE / role).glob("*.py") if not file.stem.startswith("_"))


@functools.cache
def part_of(role: str, kind: str) -> Part:
    """The part of a role and kind.

    Raises:
        ValueError: there is none.
    """
    if kind not in kinds(role):
        raise ValueError(f"is: {unknown(f'kind of part for {role!r}', kind, kinds(role))}")
    return importlib.import_module(f"dosing_env.tasks.{role}.{kind}").PART  # type: ignore[no-any-return]


def named(role: str, tables: Mapping[str, Any], measures: Units) -> Iterator[Named]:
    """The parts of a role that a scenario names.

    Raises:
        ValueError: one line with section, field, value and rule.
    """
    for name, table in tables.items():
        where = f"{role}.{name}"
        if not name.isidentifier():
            raise ValueError(f"{where}: a name has letters, digits and underscores")
        table = {"is": table} if isinstance(table, str) else table
        if not isinstance(table, Mapping) or not isinstance(table.get("is"), str):
            raise ValueError(f'{where}: says not what it is: is = "..." is missing. Known: {", ".join(kinds(role))}')
        kind = table["is"]
        if role == "known" and kind not in kinds(role) and callable(getattr(formulas, kind, None)):
            table, kind = {**table, "formula": kind}, "formula"
        try:
            part = part_of(role, kind)
            own = {key: value for key, value in table.items() if key != "is"}
            own, keys = units.in_units(own, part.Section, measures)
            try:
                section = convert(own, part.Section)
            except ValueError as error:
                raise ValueError(units.spelled(str(error), keys)) from None
        except ValueError as error:
            raise ValueError(f"{where}: {error}") from None
        yield Named(role, name, kind, part, section)


def code(path: str) -> tuple[np.uint64, int]:
    """What the chance of a part is for, see `chance.uniforms_of`, and how many draws come before it."""
    if path in _PURPOSES:
        purpose, first = _PURPOSES[path]
        return np.uint64(purpose) << np.uint64(16), first
    digest = int.from_bytes(_hash(path), "big")
    return np.uint64(_FREE + digest % ((1 << 28) - _FREE)), 0


def _hash(path: str) -> bytes:
    import hashlib

    return hashlib.sha256(path.encode()).digest()[:8]


def arguments(formula: str) -> tuple[str, ...]:
    """The bedside values that a formula takes."""
    return tuple(inspect.signature(getattr(formulas, formula)).parameters)
