"""What a policy sees of a clinic that remembers the last INRs only.

The chart has the newest INRs side by side, with the doses between them (`recent_inr_1`, ..., see `chart`). Of these the
newest stay; the older ones, and everything that stands day by day, go.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from dosing_env.care import Frames, require_frames
from dosing_env.clinic import chart
from dosing_env.clinic.rules import ClinicRules


def frames(rules: ClinicRules, count: int) -> Frames:
    """What shows of charts the present and the newest `count` INRs.

    Raises:
        ValueError: the chart has not so many INRs side by side.
    """
    require_frames(count, chart.RECENT, "the INRs that a clinic's chart has side by side")
    features = chart.features(rules)
    older = {f"recent_{what}_{j}" for what in ("inr", "days", "dose") for j in range(count + 1, chart.RECENT + 1)}
    names = [feature.name for feature in features]
    columns = np.array([i for i, name in enumerate(names[: names.index("ordered_1")]) if name not in older])

    def show(observation: NDArray[np.float32]) -> NDArray[np.float32]:
        return observation[:, columns]

    return Frames(tuple(features[i] for i in columns), show)
