"""From the start of a process to the import, and to the first step of an environment: CPU-seconds.

The empty cache is that of numba's machine code; Python's own compiled files are there in every run.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from functools import partial

from benchmarks.measure import Figure, best, fresh, main, under

SPENT = "\nimport time; print(time.process_time())"
NUMPY_AND_GYMNASIUM = "import numpy, gymnasium"
IMPORT = "import dosing_env"
STEP = """
import gymnasium, dosing_env
env = gymnasium.make("dosing_env/VancomycinWard-v1")
env.reset(seed=0)
env.step([1000.0])
"""


def figures(small: bool = False) -> Iterator[Figure]:
    ours, other = best(1 if small else 9, partial(spent, IMPORT), partial(spent, NUMPY_AND_GYMNASIUM))
    yield under("import dosing_env", ours, other, "NumPy and Gymnasium alone", 0.5)
    first, later = map(min, zip(*(first_and_later(small) for _ in range(1 if small else 3)), strict=True))
    yield under("first step, nothing compiled yet", first, later, "next process", 3)
    yield under("first step, compiled by an earlier process", later, ours, "import alone", 1)


def first_and_later(small: bool) -> tuple[float, float]:
    """CPU-seconds to the first step with an empty cache, and in another process with the cache it left.

    The small setting takes the cache that is there.
    """
    with tempfile.TemporaryDirectory() as empty:
        cache = {} if small else {"NUMBA_CACHE_DIR": empty}
        return spent(STEP, **cache), spent(STEP, **cache)


def spent(code: str, **environment: str) -> float:
    return float(fresh(code + SPENT, **environment))


if __name__ == "__main__":
    main(figures)
