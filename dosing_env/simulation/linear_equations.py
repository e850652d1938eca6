"""Small dense linear equations: LU decomposition with partial pivoting, in place, and nothing from outside.

Golub and Van Loan, Matrix Computations, 4th edition, algorithm 3.4.1.
"""

from __future__ import annotations

from dosing_env.simulation.compiling import apart


@apart
def factor(w, order, n):  # type: ignore[no-untyped-def]
    """Decompose the leading (n, n) of `w` in place. `order` (n,) is filled with the row chosen as each pivot.

    A singular matrix gives numbers that are not finite.
    """
    for k in range(n):
        pivot = k
        for i in range(k + 1, n):
            if abs(w[i, k]) > abs(w[pivot, k]):
                pivot = i
        order[k] = pivot
        if pivot != k:
            for j in range(n):
                w[k, j], w[pivot, j] = w[pivot, j], w[k, j]
        for i in range(k + 1, n):
            w[i, k] /= w[k, k]
            for j in range(k + 1, n):
                w[i, j] -= w[i, k] * w[k, j]


@apart
def substitute(w, order, x, n):  # type: ignore[no-untyped-def]
    """Solve W x = b for the W that `factor` decomposed; `x` (n,) holds b before and the solution afterwards."""
    for k in range(n):
        pivot = int(order[k])
        x[k], x[pivot] = x[pivot], x[k]
    for i in range(n):
        for j in range(i):
            x[i] -= w[i, j] * x[j]
    for i in range(n - 1, -1, -1):
        for j in range(i + 1, n):
            x[i] -= w[i, j] * x[j]
        x[i] /= w[i, i]
