"""Exact propagation of a linear drug under constant inflow.

With dA/dt = K A + r the amounts after h hours, and their integral, are

    A(h)     = e(K) A + f(K) r          e(s) = exp(s h)
    int A dt = f(K) A + g(K) r          f(s) = (exp(s h) - 1)/s,   g(s) = (exp(s h) - 1 - s h)/s^2

K v is `rates` at v without inflow. Up to three compartments a function of K is its Newton interpolation at the
eigenvalues (Higham, Functions of Matrices, 2008, section 1.2.2),

    e(K) v = e[l1] v + e[l1,l2] (K - l1) v + e[l1,l2,l3] (K - l2)(K - l1) v,

which needs no eigenvectors. Where two eigenvalues are too close for the divided differences e[l1,l2] (ka = ke, or a
very short step), where they are complex, and above three compartments, the functions are summed as Taylor series over
short steps (the action of the matrix exponential, Al-Mohy and Higham, SIAM J Sci Comput 2011;33:488-511).
"""

from __future__ import annotations

import math
from typing import Any

from numba.np.unsafe.ndarray import to_fixed_tuple

from dosing_env.arithmetic import exp, sqrt
from dosing_env.simulation.compiling import HOLE

rates: Any = HOLE
output: Any = HOLE
N: Any = HOLE  # number of compartments
NOTHING: Any = HOLE  # N zeros: no inflow

ROWS = 6  # rows of workspace, each one state long
_TERMS = 14  # of the Taylor series: with |K| h <= 0.5 the first one left out is below 1e-16
_CLOSE = 1e-3  # eigenvalues closer than this (times h) are left to the series


def decompose(p, work):  # type: ignore[no-untyped-def]
    """Eigenvalues of K (1/h; nan where there is no closed form) and its largest absolute row sum."""
    for j in range(N):
        unit = work[N]
        unit[:] = 0.0
        unit[j] = 1.0
        _store(work[j], rates(0.0, to_fixed_tuple(unit, N), p, NOTHING))  # row j: column j of K
    norm = 0.0
    for i in range(N):
        row = 0.0
        for j in range(N):
            row += abs(work[j, i])
        norm = max(norm, row)
    l1, l2, l3 = _eigenvalues(work)
    return l1, l2, l3, norm


def _eigenvalues(k):  # type: ignore[no-untyped-def]
    if N == 1:
        return k[0, 0], math.nan, math.nan
    if N == 2:
        l1, l2 = _two_roots(k[0, 0] + k[1, 1], k[0, 0] * k[1, 1] - k[0, 1] * k[1, 0])
        return l1, l2, math.nan
    if N == 3:
        return _three_roots(k)
    return math.nan, math.nan, math.nan


def _two_roots(total, product):  # type: ignore[no-untyped-def]
    """Roots of s^2 - total s + product, larger magnitude first; nan where complex."""
    inside = total * total - 4.0 * product
    if inside < 0.0:
        return math.nan, math.nan
    large = 0.5 * (total - sqrt(inside) if total < 0.0 else total + sqrt(inside))
    return large, (product / large if large != 0.0 else 0.0)


def _three_roots(k):  # type: ignore[no-untyped-def]
    """Roots of the characteristic polynomial s^3 - a s^2 + b s - c: the leftmost by Newton, then a quadratic."""
    a = k[0, 0] + k[1, 1] + k[2, 2]
    b = (
        k[0, 0] * k[1, 1] - k[0, 1] * k[1, 0]
        + k[0, 0] * k[2, 2] - k[0, 2] * k[2, 0]
        + k[1, 1] * k[2, 2] - k[1, 2] * k[2, 1]
    )  # fmt: skip
    c = (
        k[0, 0] * (k[1, 1] * k[2, 2] - k[1, 2] * k[2, 1])
        - k[0, 1] * (k[1, 0] * k[2, 2] - k[1, 2] * k[2, 0])
        + k[0, 2] * (k[1, 0] * k[2, 1] - k[1, 1] * k[2, 0])
    )
    s = -(abs(a) + sqrt(abs(b)) + abs(c) ** (1.0 / 3.0))  # left of every real root: Newton descends to the leftmost
    for _ in range(100):
        step = (((s - a) * s + b) * s - c) / ((3.0 * s - 2.0 * a) * s + b)
        s -= step
        if abs(step) <= 1e-15 * abs(s):
            break
    if s == 0.0 or not s < 0.0:
        return math.nan, math.nan, math.nan
    l2, l3 = _two_roots(a - s, c / s)
    return s, l2, l3


def move(a, p, modes, inflow, t, h, work):  # type: ignore[no-untyped-def]
    """Advance the amounts `a` (N,) by h hours in place. Returns the integral of the output over those hours."""
    if _separate(modes, h):
        return _newton(a, p, modes, inflow, h, work)
    exposure = 0.0
    steps = max(1, math.ceil(2.0 * modes[3] * h))
    for _ in range(steps):
        exposure += _series(a, p, inflow, h / steps, work)
    return exposure


def _separate(modes, h):  # type: ignore[no-untyped-def]
    l1, l2, l3, _ = modes
    if N == 1:
        return True
    if N == 2:
        return abs(l1 - l2) * h > _CLOSE
    if N == 3:
        return min(abs(l1 - l2), abs(l2 - l3), abs(l1 - l3)) * h > 10.0 * _CLOSE
    return False


def _newton(a, p, modes, inflow, h, work):  # type: ignore[no-untyped-def]
    e1, f1, g1 = _functions(modes[0], h)
    new, total, v, w = work[0], work[1], work[2], work[3]
    _store(w, rates(0.0, NOTHING, p, to_fixed_tuple(inflow, N)))
    for i in range(N):
        v[i] = a[i]
        new[i] = e1 * v[i] + f1 * w[i]
        total[i] = f1 * v[i] + g1 * w[i]
    if N >= 2:
        e2, f2, g2 = _functions(modes[1], h)
        gap = 1.0 / (modes[1] - modes[0])
        e12, f12, g12 = (e2 - e1) * gap, (f2 - f1) * gap, (g2 - g1) * gap
        _deflate(v, p, modes[0])
        _deflate(w, p, modes[0])
        for i in range(N):
            new[i] += e12 * v[i] + f12 * w[i]
            total[i] += f12 * v[i] + g12 * w[i]
    if N >= 3:
        e3, f3, g3 = _functions(modes[2], h)
        gap, wide = 1.0 / (modes[2] - modes[1]), 1.0 / (modes[2] - modes[0])
        e, f, g = ((e3 - e2) * gap - e12) * wide, ((f3 - f2) * gap - f12) * wide, ((g3 - g2) * gap - g12) * wide
        _deflate(v, p, modes[1])
        _deflate(w, p, modes[1])
        for i in range(N):
            new[i] += e * v[i] + f * w[i]
            total[i] += f * v[i] + g * w[i]
    for i in range(N):
        a[i] = new[i]
    return output(to_fixed_tuple(total, N), p)


def _functions(s, h):  # type: ignore[no-untyped-def]
    """e, f and g of the docstring at the eigenvalue s, for a step of h hours."""
    z = s * h
    if abs(z) < 1e-2:  # six terms: below 1e-16
        g = h * h * (0.5 + z / 6.0 * (1.0 + z / 4.0 * (1.0 + z / 5.0 * (1.0 + z / 6.0 * (1.0 + z / 7.0)))))
        f = h + s * g
        return 1.0 + s * f, f, g
    e = exp(z)
    f = (e - 1.0) / s if z < -0.5 else math.expm1(z) / s
    return e, f, (f - h) / s


def _deflate(v, p, s):  # type: ignore[no-untyped-def]
    """v <- (K - s) v."""
    image = rates(0.0, to_fixed_tuple(v, N), p, NOTHING)
    for i in range(N):
        v[i] = image[i] - s * v[i]


def _series(a, p, inflow, h, work):  # type: ignore[no-untyped-def]
    new, total, term = work[0], work[1], work[2]
    _store(term, rates(0.0, to_fixed_tuple(a, N), p, to_fixed_tuple(inflow, N)))  # first derivative
    scale = h
    for i in range(N):
        new[i] = a[i] + h * term[i]
        total[i] = h * a[i] + 0.5 * h * h * term[i]
    for k in range(2, _TERMS):
        scale *= h / k
        _deflate(term, p, 0.0)
        for i in range(N):
            new[i] += scale * term[i]
            total[i] += scale * h / (k + 1) * term[i]
    for i in range(N):
        a[i] = new[i]
    return output(to_fixed_tuple(total, N), p)


def _store(row, values):  # type: ignore[no-untyped-def]
    for i in range(N):
        row[i] = values[i]
