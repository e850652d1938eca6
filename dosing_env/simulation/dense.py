"""Linear equations of a few unknowns, compiled: a patient has as many as compartments."""

from __future__ import annotations


def factorise(matrix, pivots):  # type: ignore[no-untyped-def]
    """Factorise a square matrix into L U in place, with partial pivoting. Returns False where it is singular."""
    n = len(matrix)
    for k in range(n):
        pivot = k
        for i in range(k + 1, n):
            if abs(matrix[i, k]) > abs(matrix[pivot, k]):
                pivot = i
        pivots[k] = pivot
        if not abs(matrix[pivot, k]) > 0.0:
            return False
        for j in range(n):
            matrix[k, j], matrix[pivot, j] = matrix[pivot, j], matrix[k, j]
        for i in range(k + 1, n):
            matrix[i, k] /= matrix[k, k]
            for j in range(k + 1, n):
                matrix[i, j] -= matrix[i, k] * matrix[k, j]
    return True


def substitute(factors, pivots, b):  # type: ignore[no-untyped-def]
    """Solve for the right-hand side `b`, in place, with the factors of `factorise`."""
    n = len(factors)
    for k in range(n):
        pivot = int(pivots[k])
        b[k], b[pivot] = b[pivot], b[k]
    for i in range(n):
        for j in range(i):
            b[i] -= factors[i, j] * b[j]
    for i in range(n - 1, -1, -1):
        for j in range(i + 1, n):
            b[i] -= factors[i, j] * b[j]
        b[i] /= factors[i, i]
