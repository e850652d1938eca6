"""The few functions that code written for one patient may use.

They are NumPy's, so that the same line runs on floats, on arrays and compiled; where NumPy is absent (a browser page)
plain-float stand-ins take their place.
"""

from collections.abc import Callable
from typing import Any

__all__ = ["exp", "log", "log10", "maximum", "minimum", "power", "sqrt", "where"]


def _choose(condition: Any, yes: Any, no: Any) -> Any:
    """`yes` where the condition holds, else `no`."""
    return yes if condition else no


exp: Callable[[Any], Any]
log: Callable[[Any], Any]
log10: Callable[[Any], Any]
sqrt: Callable[[Any], Any]
maximum: Callable[[Any, Any], Any]
minimum: Callable[[Any, Any], Any]
where: Callable[[Any, Any, Any], Any]

try:
    import numpy as _functions

    maximum, minimum, where = _functions.maximum, _functions.minimum, _functions.where
except ImportError:  # pragma: no cover
    import math as _functions  # type: ignore[no-redef]

    maximum, minimum, where = max, min, _choose

exp, log, log10, sqrt = _functions.exp, _functions.log, _functions.log10, _functions.sqrt


def power(a: Any, b: Any) -> Any:
    """a to the b. A negative base without such a power (b not whole) is a rounding error below 0 and taken as 0."""
    return where((a < 0.0) & (b % 1.0 != 0.0), 0.0, a) ** b
