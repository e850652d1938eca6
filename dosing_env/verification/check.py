"""The result of one check."""

from __future__ import annotations

import math
from typing import NamedTuple


class Check(NamedTuple):
    """A figure and the limit it has to keep."""

    kind: str  # what is held against what
    subject: str  # which case, drug or model
    way: str  # which solver or statistic
    figure: float  # what was found; nan where nothing could be computed
    limit: float  # what may be found at most
    note: str = ""

    @property
    def passed(self) -> bool:
        """Whether the limit is kept; nan keeps none."""
        return math.isfinite(self.figure) and self.figure <= self.limit


def failed(kind: str, subject: str, way: str, limit: float, error: Exception) -> Check:
    """A check whose figure could not be computed, and why."""
    return Check(kind, subject, way, math.nan, limit, " ".join(str(error).split()))
