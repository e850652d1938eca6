"""Daily doses of warfarin as people write tablets: "7.5", "5 + 2.5 mg", "2x5 + 2.5 mg", "1/2 x 5".

Between plus signs stands the strength of a tablet, mg, and before it, with an x, how many of them: a whole number, or
1/2.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Sequence

STRENGTHS = (0.5, 1.0, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 7.5, 10.0)  # mg  MEMORY: on the market in the UK and the US
_MOST = 100.0  # mg  a day that is written as tablets: bounds the search
_MCG = 1000  # to the mg: doses are compared in whole micrograms
_NUMBER = r"-?[0-9]+(?:\.[0-9]+)?"
_PART = re.compile(rf"(?:(-?[0-9]+|1/2)\s*x\s*)?({_NUMBER})\s*(?:mg)?", re.IGNORECASE)
_EXAMPLES = "such as 5 + 2.5 mg or 2x2.5"


def read_dose(text: str, strengths: Sequence[float] = STRENGTHS) -> float:
    """The daily dose that is written so, mg.

    Raises:
        ValueError: it is nothing, no dose, negative, or of a tablet that there is not; the nearest one is named.
    """
    if not text.strip():
        raise ValueError(f"{text!r}: no dose; it is written as tablets, {_EXAMPLES}")
    try:
        return math.fsum(_read_part(part.strip(), strengths) for part in text.split("+"))
    except ValueError as error:
        raise ValueError(f"{text!r}: {error}") from None


def as_tablets(mg: float, strengths: Sequence[float] = STRENGTHS) -> str:
    """A daily dose as the fewest whole tablets, the largest first: 12.5 is "10 + 2.5 mg".

    Raises:
        ValueError: the tablets do not make it, the nearest dose that they make is named; or it is 0, or above 100 mg.
    """
    if not 0.0 < mg <= _MOST:
        raise ValueError(f"{mg:g} mg: a daily dose in tablets is above 0 and at most {_MOST:g} mg")
    tablets = sorted((round(_MCG * strength) for strength in strengths), reverse=True)
    wanted = round(_MCG * mg)
    made = _makes(wanted + tablets[0], tablets)
    if wanted not in made:
        nearest = _written(made[min(made.keys() - {0}, key=lambda dose: abs(dose - wanted))])
        raise ValueError(f"{mg:g} mg: tablets of {_all(strengths)} mg do not make it. Nearest: {nearest}")
    return _written(made[wanted])


def _read_part(part: str, strengths: Sequence[float]) -> float:
    """So many tablets of a strength, mg."""
    found = _PART.fullmatch(part)
    if found is None:
        raise ValueError(f"{part!r} is not how many tablets of which mg, {_EXAMPLES}")
    count, mg = 0.5 if found[1] == "1/2" else float(found[1] or 1), float(found[2])
    if min(count, mg) < 0.0:
        raise ValueError(f"{part!r} is negative. Nearest: {part.replace('-', '')!r}")
    if count == 0.0:
        raise ValueError(f"{part!r} is no tablet. Nearest: '1x{found[2]}'")
    if mg not in strengths:
        raise ValueError(f"no tablet has {mg:g} mg. Nearest: {_instead(mg, strengths)}")
    return count * mg


def _instead(mg: float, strengths: Sequence[float]) -> str:
    """The nearest strength and, where tablets make the dose together, these."""
    nearest = min(strengths, key=lambda strength: abs(strength - mg))
    try:
        return f"{nearest:g} mg; or in several {as_tablets(mg, strengths)}"
    except ValueError:
        return f"{nearest:g} mg (there are {_all(strengths)})"


def _makes(most: int, tablets: Sequence[int]) -> dict[int, tuple[int, ...]]:
    """Every dose up to the most that whole tablets make, and the fewest of them, all in micrograms."""
    fewest: dict[int, tuple[int, ...]] = {0: ()}
    doses = [0]
    for dose in doses:  # grows: breadth first
        for tablet in tablets:
            if dose + tablet <= most and dose + tablet not in fewest:
                fewest[dose + tablet] = (*fewest[dose], tablet)
                doses.append(dose + tablet)
    return fewest


def _written(tablets: Sequence[int]) -> str:
    """Tablets of micrograms: "2x5 + 2.5 mg"."""
    parts = [f"{count}x" * (count > 1) + f"{mcg / _MCG:g}" for mcg, count in Counter(tablets).items()]
    return f"{' + '.join(parts)} mg"


def _all(strengths: Sequence[float]) -> str:
    return ", ".join(f"{strength:g}" for strength in strengths)
