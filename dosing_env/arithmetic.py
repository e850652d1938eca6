"""The few functions that code written for one patient may use.

They are NumPy's, so that the same line runs on floats, on arrays and compiled; where NumPy is absent (a browser page)
plain-float stand-ins take their place.
"""

__all__ = ["exp", "log", "log10", "maximum", "minimum", "sqrt", "where"]

try:
    from numpy import exp, log, log10, maximum, minimum, sqrt, where
except ImportError:  # pragma: no cover
    from math import exp, log, log10, sqrt  # type: ignore[assignment]

    maximum, minimum = max, min  # type: ignore[assignment]

    def where(condition: bool, yes: float, no: float) -> float:  # type: ignore[misc]
        """`yes` where the condition holds, else `no`."""
        return yes if condition else no
