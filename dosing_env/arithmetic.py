"""The few functions that code written for one patient may use.

They are NumPy's, so that the same line runs on floats, on arrays and compiled; where NumPy is absent (a browser page)
plain-float stand-ins take their place.
"""

from typing import Any

__all__ = ["exp", "log", "log10", "maximum", "minimum", "sqrt", "where"]

# Typed as what they return for one patient: NumPy's own signatures promise arrays.
exp: Any
log: Any
log10: Any
maximum: Any
minimum: Any
sqrt: Any
where: Any

try:
    from numpy import exp, log, log10, maximum, minimum, sqrt, where
except ImportError:  # pragma: no cover
    from math import exp, log, log10, sqrt

    maximum, minimum = max, min

    def _choose(condition: bool, yes: float, no: float) -> float:
        return yes if condition else no

    where = _choose
