"""What a policy sees of a ward that remembers the last decisions only.

First come the numbers of the chart that are of now. Then, newest first, what happened from each of the last decisions
to the next: creatinine as charted on its day (`recent_creatinine_1`, ...), the dose given (`recent_dose_1`, ...) and
the results that became known, first drawn first (`recent_level_1_1`, `recent_level_1_2`, ..., `recent_resulted_1_1`,
..., `recent_below_1_1`, ...): room for as many as ever come between two decisions. What there was not is 0. When blood
was drawn follows from the time: the plan of levels is the same for everybody.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from dosing_env.care import Feature, Frames, require_frames
from dosing_env.ward import chart
from dosing_env.ward.rules import Rules, rules_record

_RESULT = ("level", "resulted", "below")  # what the chart has of each


def frames(rules: Rules, count: int) -> Frames:
    """What shows of charts the present and the last `count` decisions.

    Raises:
        ValueError: the course has not so many decisions.
    """
    require_frames(count, rules.decisions, "the decisions of the course")
    columns = _columns(rules, count)
    there = (columns >= 0).astype(np.float32)

    def show(observation: NDArray[np.float32]) -> NDArray[np.float32]:
        decision = np.rint(observation[:, 0] / rules.interval).astype(np.intp)
        return np.take_along_axis(observation, columns[decision], axis=1) * there[decision]

    return Frames(_features(rules, count), show)


def _features(rules: Rules, count: int) -> tuple[Feature, ...]:
    """Number by number, with the bounds that they have in the chart."""
    charted = chart.features(rules)
    of_chart = {feature.name: feature for feature in charted}

    def recent(kind: str, *numbers: int) -> Feature:
        return of_chart[f"{kind}_1"]._replace(name="_".join(["recent", kind, *map(str, numbers)]))

    ago, results = range(1, count + 1), range(1, _results(rules) + 1)
    return (
        *charted[: _at(rules)["creatinine"]],
        *(recent(kind, j) for kind in ("creatinine", "dose") for j in ago),
        *(recent(kind, j, number) for kind in _RESULT for j in ago for number in results),
    )


def _columns(rules: Rules, count: int) -> NDArray[np.intp]:
    """(decisions + 1, features): where in the chart each number stands at each decision; -1: there is none."""
    at, known_by = _at(rules), rules_record(rules)["known_by"][0]
    decision = np.arange(rules.decisions + 1)[:, None]
    shown = decision - np.arange(1, count + 1)  # (decisions + 1, count); below 0: before the course
    there, of = shown >= 0, np.maximum(shown, 0)
    day = np.minimum(of * rules.interval // 24.0, rules.days - 1).astype(np.intp)  # as `chart.observe` has it
    level = known_by[of][..., None] + np.arange(_results(rules))  # (decisions + 1, count, results)
    known = there[..., None] & (level < known_by[of + 1][..., None])
    return np.hstack(
        [
            np.broadcast_to(np.arange(at["creatinine"]), (len(decision), at["creatinine"])),
            np.where(there, at["creatinine"] + day, -1),
            np.where(there, at["dose"] + of, -1),
            *(np.where(known, at[kind] + level, -1).reshape(len(decision), -1) for kind in _RESULT if kind in at),
        ]
    )


def _at(rules: Rules) -> dict[str, int]:
    """Where the first of each kind of numbers stands in the chart."""
    numbered = ((i, feature.name) for i, feature in enumerate(chart.features(rules)))
    return {name.removesuffix("_1"): i for i, name in numbered if name.endswith("_1")}


def _results(rules: Rules) -> int:
    """The largest number of results that become known between two decisions."""
    return int(np.diff(rules_record(rules)["known_by"][0]).max())
