"""How fast it is, as ratios of two things measured in one run. See README.md.

One thread for everything: the variables are read when NumPy, numba and torch are loaded, so they are set before.
"""

import os

THREADS = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "VECLIB_MAXIMUM_THREADS", "NUMBA_NUM_THREADS")
os.environ.update(dict.fromkeys(THREADS, "1"))
