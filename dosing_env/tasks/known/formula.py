"""What follows by a formula (of `formulas`) from bedside values as they stand in the chart."""

from __future__ import annotations

from typing import Any

from msgspec import Struct

from dosing_env.tasks.known.exact import columns
from dosing_env.tasks.part import Part, Setting
from dosing_env.tasks.vocabulary import meaning


class Section(Struct, frozen=True, forbid_unknown_fields=True):
    """Which one; its arguments are bedside values by their names."""

    formula: str


def numbers(section: Section, setting: Setting) -> dict[str, Any]:
    return {"highest": meaning(setting.name, setting.bedside).high}


PART = Part(Section=Section, numbers=numbers, columns=columns)
